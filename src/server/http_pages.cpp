#include "server/http_pages.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "server/board.hpp"
#include "server/kept_replays.hpp"
#include "server/moments.hpp"
#include "server/ops.hpp"
#include "server/page_answer.hpp"
#include "server/query.hpp"
#include "server/shown_room.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace ringtick {

namespace {

using WriteText = std::size_t (*)(std::span<char>, const Report&);

// Tells who spreads players over servers whether this one takes any.
std::size_t write_health(std::span<char> out, const Report& report) {
    const std::string_view health = report.total->draining ? "draining\n" : "ok\n";
    return copy_bytes(std::as_writable_bytes(out), as_bytes(health));
}

struct Page {
    std::string_view path;
    std::string_view content_type;
    WriteText write;
};

constexpr std::string_view directory_path = "/rooms";

constexpr std::array<Page, 4> pages{{
    {"/healthz", "text/plain; charset=utf-8", write_health},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", write_prometheus},
    {"/stats.json", "application/json", write_stats_json},
    {directory_path, "application/json", write_rooms_json},
}};

// Only of a recorded match on show.
constexpr Page replay_page{"/replay", "application/json", write_replay_json};

HttpAnswer show(const Page& page,
                const Report& report,
                const http::Request& request,
                std::span<std::byte> out) {
    const bool unwell = page.write == write_health && report.total->draining;
    const http::Status status = unwell ? http::Status::service_unavailable : http::Status::ok;
    return answer_page(out, status, page.content_type, request,
                       [&](std::span<char> body) { return page.write(body, report); });
}

// Says where the match is, or goes there: /replay?tick=N.
HttpAnswer answer_replay(const Report& report,
                         const http::Request& request,
                         std::span<std::byte> out) {
    if (!request.query.empty() && request.method == http::Method::get) {
        const auto tick = number_in(request.query, "tick");
        if (!tick) {
            return refuse_request(out, http::Status::bad_request, "Give a tick: /replay?tick=900.",
                                  request);
        }
        for (ShownRoom* const room : report.shown_rooms) room->seek(*tick);
    }
    return show(replay_page, report, request, out);
}

}  // namespace

std::string_view HttpPages::room_in(const http::Request& request) const {
    if (const std::string_view name = room_listed(request); !name.empty()) return name;
    // What is asked of all is best known to the thread of the room that the asker has in mind.
    const bool about_one = Ops::is_about_a_room(request) || KeptReplays::is_asked(request) ||
                           request.path == "/stats.json";
    return about_one ? ringtick::room_in(request.query) : std::string_view();
}

std::string_view HttpPages::room_listed(const http::Request& request) {
    if (request.path != directory_path) return {};
    return text_in(request.query, "room").value_or("");
}

// What is about a connection is for whoever has it: /ops/clients says who that is.
std::optional<std::uint32_t> HttpPages::shard_for(const http::Request& request,
                                                  const ShardPlace& place) const {
    if (!Ops::is_asked(request)) return std::nullopt;
    const auto shard = number_in(request.query, "shard");
    if (!shard || *shard >= place.count) return std::nullopt;
    return static_cast<std::uint32_t>(*shard);
}

HttpAnswer HttpPages::answer(const http::Request& request, std::span<std::byte> out) const {
    ASSERT(reporter_ != nullptr);
    if (ops_ != nullptr && Ops::is_asked(request)) return ops_->answer(request, out);
    if (kept_ != nullptr && KeptReplays::is_asked(request)) return kept_->answer(request, out);
    if (moments_ != nullptr && Moments::is_asked(request)) return moments_->answer(request, out);
    if (request.method == http::Method::post) return {};
    for (const Page& page : pages) {
        if (request.path == page.path) return show(page, reporter_->report(), request, out);
    }
    if (request.path == replay_page.path && reporter_->shows_rooms()) {
        return answer_replay(reporter_->report(), request, out);
    }
    const http::Asset* const asset = http::find_asset(assets_, request.path);
    if (asset == nullptr) return {};
    const auto response = http::write_asset_response(out, *asset, request);
    return {.head_size = response.head_size, .body = response.body};
}

}  // namespace ringtick
