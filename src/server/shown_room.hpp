#pragma once

#include "server/recorded_match.hpp"
#include "server/room.hpp"
#include "tick/playback.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// A room of a recorded match, on show (--replay FILE --serve): its game is told what it was told
// then, a tick at a time, and who connects does not play but sees through the eyes of one of those
// who did. Each has a player to itself, whom nobody else watches, because a game may tell a player
// only what has changed; who finds none left waits for one.
//
//     connection --takes a seat--> [ waits ] --a player is there--> [ watches ] --sent away-->
//                                                                       when the player leaves, or
//                                                                       the match begins anew
//
// Who is sent away comes again by itself, as a page does, and is then told everything anew.
class ShownRoom final : public Room {
public:
    ShownRoom(const RecordedMatch& match,
              std::uint32_t number,
              const RoomLimits& limits,
              Connections& connections);

    // Shows the match from this tick on. To go back is to play it again up to there, a part of that
    // in each tick, so that the loop goes on meanwhile.
    void seek(std::uint64_t tick);

    struct Position {
        std::uint64_t tick = 0;
        bool seeking = false;
        bool as_recorded = true;  // Each state that was recorded, so far.
        std::size_t bytes = 0;    // Of the file: what has been played, and all.
        std::size_t bytes_all = 0;
    };
    Position position() const;

    void send(PlayerId player, std::span<const std::byte> message) override;
    void close(PlayerId) override {}  // That was then. Who watches is sent away as it leaves.
    void tell_rate(PlayerId seat, std::uint32_t divisor) override;
    void tell_refused(PlayerId seat) override;
    std::span<const Viewer> viewers() const override { return shown_; }

private:
    static constexpr std::uint16_t nobody = 0xFFFF;

    void tell_join(PlayerId seat) override;
    void tell_leave(PlayerId seat) override;
    void play(std::uint64_t tick, std::span<const Command> commands) override;

    Playback from_the_start();
    void begin_anew();
    void advance();
    void go_on_seeking();
    bool play_tick();
    void warn_of_divergence();
    void seat_those_who_wait();
    std::optional<PlayerId> player_for(PlayerId seat);
    void release(PlayerId seat);
    void send_away(PlayerId seat, std::string_view why);
    void send_all_away(std::string_view why);

    const RecordedMatch& match_;
    std::uint32_t number_;
    Playback playback_;
    std::uint64_t target_ = 0;  // While seeking: the tick.
    bool seeking_ = false;
    bool diverged_ = false;                 // And said so.
    std::vector<std::uint16_t> player_of_;  // By seat.
    std::vector<std::uint16_t> seat_of_;    // By player.
    std::vector<PlayerId> waiting_;         // Seats.
    std::vector<Viewer> shown_;             // By player, with the connection that sees it.
};

}  // namespace ringtick
