#include "server/ops.hpp"

#include "base/bytes.hpp"
#include "http/assets.hpp"
#include "http/response.hpp"
#include "server/log.hpp"
#include "server/moments.hpp"
#include "server/page_answer.hpp"
#include "server/query.hpp"
#include "server/text_writer.hpp"
#include "tick/room_order.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ringtick {

// Made by src/http/embed.py of the files in src/server/ops.
std::span<const http::Asset> ops_assets();

namespace {

using WriteJson = std::size_t (*)(std::span<char>, const OpsParts&, const http::Request&);

struct Question {
    std::string_view path;
    WriteJson write;
};

constexpr std::array<Question, 4> questions{{
    {"/ops/now", write_ops_now},
    {"/ops/minutes", write_ops_minutes},
    {"/ops/clients", write_ops_clients},
    {"/ops/log", write_ops_log},
}};

constexpr std::uint64_t drain_seconds_max = 86'400;
constexpr std::uint64_t stall_ms_max = 10'000;
constexpr std::uint64_t bytes_per_s_min = 100;
constexpr std::uint64_t bytes_per_s_max = 100'000'000;

// What an order has come to.
HttpAnswer tell(std::span<std::byte> out, std::string_view sentence, const http::Request& request) {
    const std::size_t head_size =
        http::write_response_head(out, {.content_type = "text/plain; charset=utf-8",
                                        .content_length = sentence.size() + 1,
                                        .keep_alive = request.keep_alive,
                                        .extra = "Cache-Control: no-store\r\n"});
    ByteWriter body(out.subspan(head_size));
    body.put(as_bytes(sentence));
    body.put(as_bytes("\n"));
    return {.head_size = head_size == 0 || body.overflowed() ? 0 : head_size + body.size()};
}

std::string_view reason_for(http::Status refusal) {
    return refusal == http::Status::unauthorized
               ? "The operator's token is missing, or it is another one."
               : "An operator asks from this server's own page, and without a token on the "
                 "machine itself, by a name of loopback and through no proxy.";
}

std::optional<Handle> handle_in(std::string_view query) {
    const auto slot = number_in(query, "slot");
    const auto generation = number_in(query, "generation");
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    if (!slot || !generation || *slot > most || *generation > most) return std::nullopt;
    return Handle{.slot = static_cast<std::uint32_t>(*slot),
                  .generation = static_cast<std::uint32_t>(*generation)};
}

// What is to become of a player's path.
struct PathOrder {
    std::string_view room;
    std::uint64_t player = 0;
    std::optional<std::uint32_t> stall_ms;
    std::optional<std::uint32_t> bytes_per_s;
};

// Nothing if anything in it is missing, or is no number within its bounds.
std::optional<PathOrder> path_order_in(std::string_view query) {
    const bool stalls = text_in(query, "stall_ms").has_value();
    const bool narrows = text_in(query, "bytes_per_s").has_value();
    const auto player = number_in(query, "player");
    PathOrder order{.room = room_in(query)};
    if (!player || !(stalls || narrows)) return std::nullopt;
    order.player = *player;
    if (stalls) {
        const auto ms = number_in(query, "stall_ms");
        if (!ms || *ms > stall_ms_max) return std::nullopt;
        order.stall_ms = static_cast<std::uint32_t>(*ms);
    }
    if (narrows) {
        const auto bytes = number_in(query, "bytes_per_s");
        if (!bytes || *bytes > bytes_per_s_max) return std::nullopt;
        if (*bytes > 0 && *bytes < bytes_per_s_min) return std::nullopt;
        order.bytes_per_s = static_cast<std::uint32_t>(*bytes);
    }
    return order;
}

// Without a heap: the loop does this.
template <class... Args>
void log_order(fmt::format_string<Args...> format, Args&&... args) {
    std::array<char, 128> memory;
    TextWriter text(memory);
    text.add(format, std::forward<Args>(args)...);
    log_warning({memory.data(), text.size()});
}

}  // namespace

bool Ops::is_asked(const http::Request& request) {
    return request.path == "/ops" || request.path.starts_with("/ops/");
}

bool Ops::is_about_a_room(const http::Request& request) {
    return request.path == "/ops/bots" || request.path == "/ops/path" ||
           request.path == "/ops/moment";
}

HttpAnswer Ops::answer(const http::Request& request, std::span<std::byte> out) {
    const http::Asset* const asset = http::find_asset(ops_assets(), request.path);
    const http::Status verdict =
        asset != nullptr ? parts_.owner.judge_visit(request) : parts_.owner.judge(request);
    if (verdict == http::Status::not_found) return {};  // As if there were no such page at all.
    if (verdict != http::Status::ok) {
        return refuse_request(out, verdict, reason_for(verdict), request);
    }
    if (asset == nullptr) return answer_operator(request, out);
    if (request.method == http::Method::post) return {};
    const auto response = http::write_asset_response(out, *asset, request);
    return {.head_size = response.head_size, .body = response.body};
}

HttpAnswer Ops::answer_operator(const http::Request& request, std::span<std::byte> out) {
    if (request.method == http::Method::post) return obey(request, out);
    for (const Question& question : questions) {
        if (request.path != question.path) continue;
        return answer_page(
            out, http::Status::ok, "application/json", request,
            [&](std::span<char> body) { return question.write(body, parts_, request); });
    }
    return {};
}

HttpAnswer Ops::obey(const http::Request& request, std::span<std::byte> out) {
    if (request.path == "/ops/kick") return kick(request, out);
    if (request.path == "/ops/bots") return set_bots(request, out);
    if (request.path == "/ops/path") return worsen_path(request, out);
    if (request.path == "/ops/moment") return parts_.moments.order(request, out);
    if (request.path == "/ops/drain") return begin_drain(request, out);
    if (request.path == "/ops/undrain") return end_drain(request, out);
    return {};
}

HttpAnswer Ops::kick(const http::Request& request, std::span<std::byte> out) {
    const auto connection = handle_in(request.query);
    // Each thread counts its connections for itself.
    const bool is_told_where =
        parts_.rooms.place().count == 1 || number_in(request.query, "shard").has_value();
    if (!connection || !is_told_where) {
        return refuse_request(
            out, http::Status::bad_request,
            "Say who: /ops/kick?slot=3&generation=1&shard=0, as /ops/clients has them.", request);
    }
    if (!parts_.connections.is_open(*connection)) {
        return refuse_request(out, http::Status::not_found,
                              "That connection is not there any more.", request);
    }
    log_order("the operator kicks connection {}, generation {}", connection->slot,
              connection->generation);
    parts_.connections.close(*connection, CloseCode::policy_violation, "kicked by the operator",
                             CloseReason::kicked);
    return tell(out, "kicked", request);
}

HttpAnswer Ops::set_bots(const http::Request& request, std::span<std::byte> out) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    const auto count = number_in(request.query, "count");
    const std::string_view name = room_in(request.query);
    if (!count || *count > most) {
        return refuse_request(out, http::Status::bad_request,
                              "Say how many, and where: /ops/bots?count=100&room=1.", request);
    }
    Room* const found = parts_.rooms.find(name);
    if (found == nullptr) {
        return refuse_request(out, http::Status::not_found, "There is no such room.", request);
    }
    const RoomOrder order{.kind = RoomOrder::Kind::bots,
                          .number = static_cast<std::uint32_t>(*count)};
    Room& room = *found;
    if (!room.game().obeys(order.encoded())) {
        return refuse_request(out, http::Status::bad_request,
                              "That is more than this room takes: see --bots-max.", request);
    }
    if (!room.order(order.encoded())) {
        return refuse_request(out, http::Status::service_unavailable,
                              "The room shows what was recorded, or is told too much just now.",
                              request);
    }
    log_order("the operator wants {} bots in room {}", order.number, name);
    return tell(out, "ordered", request);
}

HttpAnswer Ops::worsen_path(const http::Request& request, std::span<std::byte> out) {
    const auto order = path_order_in(request.query);
    if (!order) {
        return refuse_request(out, http::Status::bad_request,
                              "Say whose, and how: /ops/path?room=1&player=3&stall_ms=2000, up to "
                              "10000, or &bytes_per_s=1000, from 100 on, 0 for no limit.",
                              request);
    }
    const Room* const room = parts_.rooms.find(order->room);
    if (room == nullptr) {
        return refuse_request(out, http::Status::not_found, "There is no such room.", request);
    }
    const bool possible = order->player <= std::numeric_limits<std::uint16_t>::max();
    const PlayerId player{static_cast<std::uint16_t>(order->player)};
    const auto connection = possible ? room->connection_of_viewer(player) : std::nullopt;
    if (!connection) {
        return refuse_request(out, http::Status::not_found,
                              "There is no such player in that room: /ops/clients has them.",
                              request);
    }
    const std::uint32_t rate_hz = parts_.rate_hz;
    if (order->stall_ms) {
        log_order("the operator stalls player {} of room {} for {} ms", order->player, order->room,
                  *order->stall_ms);
        const std::uint32_t ticks = (*order->stall_ms * rate_hz + 999) / 1'000;
        parts_.connections.stall_snapshots(*connection, ticks);
    }
    if (order->bytes_per_s) {
        log_order("the operator limits player {} of room {} to {} B/s (0: not at all)",
                  order->player, order->room, *order->bytes_per_s);
        parts_.connections.narrow_snapshots(*connection, *order->bytes_per_s, rate_hz);
    }
    return tell(out, "ordered", request);
}

HttpAnswer Ops::begin_drain(const http::Request& request, std::span<std::byte> out) {
    if (request.query.empty()) {
        log_warning("the operator drains the server: newcomers are refused");
        parts_.drain.begin(Drain::never);
        parts_.siblings.tell(ShardMessage::drain, Siblings::for_ever);
        return tell(out, "draining", request);
    }
    const auto seconds = number_in(request.query, "seconds");
    if (!seconds || *seconds > drain_seconds_max) {
        return refuse_request(out, http::Status::bad_request,
                              "Say for how long those who are here may stay, a day at most: "
                              "/ops/drain?seconds=60.",
                              request);
    }
    log_order("the operator drains the server: newcomers are refused, the others closed in {} s",
              *seconds);
    const Nanoseconds now(parts_.loop.now_ns);
    parts_.drain.begin(now + std::chrono::seconds(*seconds));
    parts_.siblings.tell(ShardMessage::drain, static_cast<std::uint32_t>(*seconds));
    return tell(out, "draining", request);
}

HttpAnswer Ops::end_drain(const http::Request& request, std::span<std::byte> out) {
    log_warning("the operator lets newcomers in again");
    parts_.drain.end();
    parts_.siblings.tell(ShardMessage::undrain);
    return tell(out, "open", request);
}

}  // namespace ringtick
