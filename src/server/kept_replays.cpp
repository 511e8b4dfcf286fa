#include "server/kept_replays.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "http/response.hpp"
#include "server/log.hpp"
#include "server/page_answer.hpp"
#include "server/query.hpp"
#include "server/room.hpp"
#include "server/text_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ringtick {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::string_view unsavable = "Nothing is kept: the state of this game cannot be saved.";

}  // namespace

Result<void> KeptReplays::open(const KeepOptions& options,
                               const RecordHeader& header,
                               std::uint32_t rooms_max,
                               const Game& largest) {
    ASSERT(rooms_.empty());
    const std::size_t state_size = largest.state_size_max();
    is_unsavable_ = state_size == 0;
    if (options.seconds == 0 || is_unsavable_) return {};
    options_ = options;
    header_ = header;
    auto opened = rooms_memory_.open(rooms_max, options.memory);
    if (opened) opened = scratch_.open(1, state_size);
    if (opened) {
        const auto copies = static_cast<std::uint32_t>(copies_.size());
        opened = copies_memory_.open(copies, LastSeconds::file_size_max(options.memory));
    }
    if (!opened) return std::unexpected(Error{"keep", opened.error().error_number});
    rooms_.resize(rooms_max);
    warn_if_too_small(largest);
    return {};
}

void KeptReplays::keep(Room& room) {
    if (rooms_.empty()) return;
    const std::uint32_t place = room.setup().number - 1;
    ASSERT(rooms_[place] == nullptr);
    const LastSeconds::Limits limits{
        .rate_hz = header_.rate_hz, .seconds = options_.seconds, .room = place};
    rooms_[place] = std::make_unique<Kept>(
        room.setup(), LastSeconds(rooms_memory_.of(place), scratch_.of(0), limits));
    room.keep_in(rooms_[place]->seconds);
}

// A download of it that is on its way goes on.
void KeptReplays::forget(std::uint32_t number) {
    if (rooms_.empty()) return;
    rooms_[number - 1].reset();
    rooms_memory_.release(number - 1);
    for (Copy& copy : copies_) {
        if (copy.room == number) copy.room = 0;
    }
}

std::uint32_t KeptReplays::number_of(std::string_view name) const {
    for (const auto& kept : rooms_) {
        if (kept && kept->setup.name.text() == name) return kept->setup.number;
    }
    return 0;
}

// Of a room with nobody in it, which has the smallest state.
void KeptReplays::warn_if_too_small(const Game& game) {
    const std::size_t size = game.save_state(scratch_.of(0));
    if (size <= LastSeconds::state_size_max(options_.memory)) return;
    log_warning(
        fmt::format("the last seconds are not kept: the state of an empty room is {} KiB, and "
                    "--keep-memory has room for one of {} KiB: raise it",
                    size / 1'024, LastSeconds::state_size_max(options_.memory) / 1'024));
}

HttpAnswer KeptReplays::answer(const http::Request& request, std::span<std::byte> out) {
    if (rooms_.empty() && !is_unsavable_) return {};
    const http::Status verdict = options_.shared ? http::Status::ok : parts_.owner.judge(request);
    if (verdict == http::Status::not_found || request.method == http::Method::post) return {};
    if (verdict != http::Status::ok) {
        return refuse_request(out, verdict,
                              "It shows where everyone was: an operator may have it (see /ops), or "
                              "anybody with --share-replays.",
                              request);
    }
    if (rooms_.empty()) {
        return refuse_request(out, http::Status::not_found, unsavable, request);
    }
    const std::uint32_t asked = number_of(room_in(request.query));
    if (asked == 0) {
        return refuse_request(out, http::Status::bad_request,
                              "Give a room that there is: /replay/last?room=1.", request);
    }
    if (const auto reason = why_nothing(asked); !reason.empty()) {
        return refuse_request(out, http::Status::service_unavailable, reason, request);
    }
    const Copy* const copy = copy_of(asked);
    if (copy == nullptr) {
        busy_ += 1;
        return refuse_request(out, http::Status::service_unavailable,
                              "Others are being sent theirs: ask again in a moment.", request);
    }
    return send(*copy, request, out);
}

std::string_view KeptReplays::why_nothing(std::uint32_t room) const {
    const LastSeconds& kept = of(room);
    if (kept.size() > 0) return {};
    return kept.is_too_small() ? "Nothing is kept: the game's state is too large for --keep-memory."
                               : "Nothing is kept yet.";
}

KeptReplays::Taken KeptReplays::take(std::uint32_t room,
                                     std::optional<std::uint64_t> tick,
                                     std::span<std::byte> out) {
    ASSERT(out.size() >= file_size_max());
    const auto copy = std::ranges::find_if(copies_, [&](const Copy& each) {
        const bool has_it = tick >= each.first_tick && tick <= each.tick;
        return each.room == room && each.size > 0 && tick && has_it;
    });
    if (copy != copies_.end()) {
        return {.size = copy_bytes(out, memory_of(*copy).first(copy->size)),
                .first_tick = copy->first_tick,
                .tick = copy->tick};
    }
    const LastSeconds& kept = of(room);
    const std::uint64_t first_tick = kept.tick() - kept.ticks();
    if (tick && (*tick < first_tick || *tick > kept.tick())) return {};
    return {.size = write_file(room, out), .first_tick = first_tick, .tick = kept.tick()};
}

std::span<std::byte> KeptReplays::memory_of(const Copy& copy) const {
    return copies_memory_.of(static_cast<std::uint32_t>(&copy - copies_.data()));
}

bool KeptReplays::is_young(const Copy& copy) const {
    return copy.size > 0 && parts_.loop.now_ns - copy.made_ns < second_ns;
}

// Of now, or nearly; none: both have to stay as they are.
KeptReplays::Copy* KeptReplays::copy_of(std::uint32_t room) {
    const auto made = std::ranges::find_if(
        copies_, [&](const Copy& copy) { return copy.room == room && is_young(copy); });
    if (made != copies_.end()) return made;
    const auto free = std::ranges::find_if(copies_, [&](const Copy& copy) {
        return !is_young(copy) && !parts_.connections.is_sending(memory_of(copy));
    });
    if (free == copies_.end()) return nullptr;
    make(*free, room);
    return free;
}

void KeptReplays::make(Copy& copy, std::uint32_t room) {
    const LastSeconds& kept = of(room);
    copy = {.room = room,
            .first_tick = kept.tick() - kept.ticks(),
            .tick = kept.tick(),
            .made_ns = parts_.loop.now_ns,
            .size = write_file(room, memory_of(copy))};
    ASSERT(copy.size > 0);
}

std::size_t KeptReplays::write_file(std::uint32_t room, std::span<std::byte> out) {
    Kept& kept = *rooms_[room - 1];
    RecordHeader header = header_;
    header.rooms = 1;
    header.seed = kept.setup.seed;
    header.players_max = kept.setup.players_max;
    header.bots = kept.setup.bots;
    return kept.seconds.write_file(header, out);
}

HttpAnswer KeptReplays::send(const Copy& copy,
                             const http::Request& request,
                             std::span<std::byte> out) {
    std::array<char, 512> memory;
    TextWriter extra(memory);
    extra.add(
        "Cache-Control: no-store\r\nContent-Disposition: attachment; "
        "filename=\"{}-{}.replay\"\r\n",
        header_.game, copy.tick);
    if (offers_to_keep_ && parts_.owner.judge(request) == http::Status::ok) {
        extra.add("Ringtick-Keep: /ops/moment?room={}\r\n",
                  rooms_[copy.room - 1]->setup.name.text());
    }
    const std::size_t head_size =
        http::write_response_head(out, {.content_type = "application/octet-stream",
                                        .content_length = copy.size,
                                        .keep_alive = request.keep_alive,
                                        .extra = {memory.data(), extra.size()}});
    if (head_size == 0 || request.method == http::Method::head) return {.head_size = head_size};
    downloads_ += 1;
    return {.head_size = head_size, .body = memory_of(copy).first(copy.size)};
}

std::size_t KeptReplays::memory_reserved() const {
    return rooms_memory_.reserved() + scratch_.reserved() + copies_memory_.reserved();
}

KeptStats KeptReplays::stats() const {
    KeptStats stats{.downloads = downloads_, .busy = busy_};
    if (rooms_.empty()) return stats;
    std::optional<std::uint64_t> ticks;
    for (const auto& room : rooms_) {
        if (!room) continue;
        stats.bytes += room->seconds.size();
        ticks = std::min(ticks.value_or(room->seconds.ticks()), room->seconds.ticks());
    }
    stats.seconds = ticks.value_or(0) / header_.rate_hz;
    return stats;
}

}  // namespace ringtick
