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
                     std::uint32_t number,
                     const RoomLimits& limits,
                     Connections& connections)
    : Room(match.make_game(number), limits, connections),
      match_(match),
      number_(number),
      playback_(from_the_start()),
      player_of_(limits.players_max, nobody),
      seat_of_(match.reader().header().players_max, nobody) {
}

Playback ShownRoom::from_the_start() {
    return {match_.reader(), number_, {.game = &game(), .outbox = this}};
}

void ShownRoom::begin_anew() {
    send_all_away("the recording begins anew");
    replace_game(match_.make_game(number_));
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

// What a game tells somebody whom nobody watches is lost, as it was not said.
void ShownRoom::send(PlayerId player, std::span<const std::byte> message) {
    ASSERT(player.slot < seat_of_.size());
    if (seat_of_[player.slot] != nobody) Room::send({seat_of_[player.slot]}, message);
}

void ShownRoom::tell_rate(PlayerId seat, std::uint32_t divisor) {
    const std::uint16_t player = player_of_[seat.slot];
    if (player != nobody) game().on_rate({player}, divisor, *this);
}

void ShownRoom::tell_refused(PlayerId seat) {
    const std::uint16_t player = player_of_[seat.slot];
    if (player != nobody) game().on_snapshot_refused({player});
}

void ShownRoom::tell_join(PlayerId seat) {
    waiting_.push_back(seat);
}

void ShownRoom::tell_leave(PlayerId seat) {
    std::erase(waiting_, seat);
    release(seat);
}

void ShownRoom::play(std::uint64_t, std::span<const Command> commands) {
    if (seeking_) return go_on_seeking();
    advance();
    for (const Command& command : commands) {
        const std::uint16_t player = player_of_[command.player.slot];
        if (player != nobody) game().on_watch_message({player}, command.bytes, *this);
    }
    seat_those_who_wait();
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
        for (const PlayerId player : playback_.left()) {
            if (seat_of_[player.slot] == nobody) continue;
            send_away({seat_of_[player.slot]}, "the player who was watched has left");
        }
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

void ShownRoom::seat_those_who_wait() {
    std::erase_if(waiting_, [this](PlayerId seat) {
        const std::optional<PlayerId> player = player_for(seat);
        if (!player) return false;
        player_of_[seat.slot] = player->slot;
        seat_of_[player->slot] = seat.slot;
        shown_.push_back({.player = *player, .connection = connection_of(seat)});
        game().on_watch(*player, *this);
        return true;
    });
}

// The first that nobody watches. Where all see the same, nobody has to be there for it.
std::optional<PlayerId> ShownRoom::player_for(PlayerId seat) {
    if (seat.slot < seat_of_.size() && game().snapshot_key(seat) == SnapshotKey::everyones) {
        return seat;
    }
    for (std::size_t slot = 0; slot < seat_of_.size(); ++slot) {
        const PlayerId player{static_cast<std::uint16_t>(slot)};
        if (seat_of_[slot] == nobody && playback_.is_present(player)) return player;
    }
    return std::nullopt;
}

void ShownRoom::release(PlayerId seat) {
    const std::uint16_t player = std::exchange(player_of_[seat.slot], nobody);
    if (player == nobody) return;
    seat_of_[player] = nobody;
    std::erase_if(shown_, [&](const Viewer& viewer) { return viewer.player.slot == player; });
}

// What it has been told does not fit what comes, and there is no way to say so but to begin anew.
void ShownRoom::send_away(PlayerId seat, std::string_view why) {
    const Handle connection = connection_of(seat);
    release(seat);
    connections().close(connection, CloseCode::service_restart, why, CloseReason::shutdown);
}

void ShownRoom::send_all_away(std::string_view why) {
    while (!shown_.empty()) send_away({seat_of_[shown_.back().player.slot]}, why);
}

}  // namespace ringtick
