#include "server/shown_room.hpp"

#include "base/assert.hpp"
#include "server/clock.hpp"
#include "server/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ringtick {

namespace {

// Of a tick, while seeking: the rest is for those who wait for an answer.
constexpr Nanoseconds seek_time_max = std::chrono::milliseconds(10);

}  // namespace

ShownRoom::ShownRoom(const RecordedMatch& match,
                     const RoomSetup& setup,
                     const RoomLimits& limits,
                     Connections& connections)
    : Room(match.make_game(setup.number - 1, limits.players_max), limits, connections, setup),
      match_(match),
      number_(setup.number - 1),
      playback_(from_the_start()),
      first_guest_(static_cast<std::uint16_t>(match.reader().header().players_max)) {
    shown_.reserve(limits.players_max);
}

Playback ShownRoom::from_the_start() {
    return {match_.reader(), number_, {.game = &game(), .outbox = this}};
}

void ShownRoom::begin_anew() {
    send_all_away("the recording begins anew");
    replace_game(match_.make_game(number_, static_cast<std::uint32_t>(players_max())));
    playback_ = from_the_start();
}

void ShownRoom::seek(std::uint64_t tick) {
    if (tick < playback_.tick()) begin_anew();
    send_all_away("the recording goes on elsewhere");
    target_ = tick;
    seeking_ = true;
}

ShownRoom::Position ShownRoom::position() const {
    return {.tick = playback_.tick(),
            .seeking = seeking_,
            .as_recorded = !diverged_,
            .bytes = playback_.reader().block_offset(),
            .bytes_all = playback_.reader().file_size()};
}

PlayerId ShownRoom::guest_in(PlayerId seat) const {
    return {static_cast<std::uint16_t>(first_guest_ + seat.slot)};
}

PlayerId ShownRoom::seat_of(PlayerId guest) const {
    ASSERT(is_guest(guest));
    return {static_cast<std::uint16_t>(guest.slot - first_guest_)};
}

void ShownRoom::send(PlayerId player, std::span<const std::byte> message) {
    if (is_guest(player)) Room::send(seat_of(player), message);
}

void ShownRoom::close(PlayerId player) {
    if (is_guest(player)) Room::close(seat_of(player));
}

void ShownRoom::tell_rate(PlayerId seat, std::uint32_t divisor) {
    game().on_rate(guest_in(seat), divisor, *this);
}

void ShownRoom::tell_refused(PlayerId seat) {
    game().on_snapshot_refused(guest_in(seat));
}

void ShownRoom::tell_join(PlayerId seat) {
    const PlayerId guest = guest_in(seat);
    const Handle connection = connection_of(seat);
    if (game().on_guest(guest)) {
        shown_.push_back({.player = guest, .connection = connection});
        return;
    }
    connections().close(connection, CloseCode::policy_violation,
                        "this game shows its recordings to nobody", CloseReason::shutdown);
}

void ShownRoom::tell_leave(PlayerId seat) {
    const PlayerId guest = guest_in(seat);
    game().on_guest_leave(guest);
    std::erase_if(shown_, [&](const Viewer& viewer) { return viewer.player == guest; });
}

void ShownRoom::play(std::uint64_t, std::span<const Command> commands) {
    if (seeking_) return go_on_seeking();
    advance();
    for (const Command& command : commands) {
        game().on_guest_message(guest_in(command.player), command.bytes, *this);
    }
}

void ShownRoom::advance() {
    if (!play_tick() && playback_.ticks_played() > 0) {
        begin_anew();
        play_tick();
    }
}

void ShownRoom::go_on_seeking() {
    const Nanoseconds enough_at = monotonic_now() + seek_time_max;
    while (playback_.tick() < target_) {
        if (monotonic_now() >= enough_at) return;
        if (!play_tick()) break;  // It has no such tick: its last is shown, and then the first.
    }
    seeking_ = false;
}

// False at the end.
bool ShownRoom::play_tick() {
    while (true) {
        const Playback::State state = playback_.advance();
        if (state != Playback::State::diverged) return state == Playback::State::playing;
        warn_of_divergence();
    }
}

void ShownRoom::warn_of_divergence() {
    if (std::exchange(diverged_, true)) return;
    log_warning(fmt::format(
        "tick {} of room {} is not as it was recorded: what is shown from there on is another "
        "match",
        playback_.tick(), number_ + 1));
}

void ShownRoom::send_all_away(std::string_view why) {
    for (const Viewer& viewer : shown_) {
        connections().close(viewer.connection, CloseCode::service_restart, why,
                            CloseReason::shutdown);
    }
    shown_.clear();
}

}  // namespace ringtick
