#pragma once

#include "server/recorded_match.hpp"
#include "server/room.hpp"
#include "tick/playback.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

// A room of a recorded match, on show (--replay FILE --serve): its game is told what it was told
// then, a tick at a time, and who connects is its guest, looking at whom it likes. What is said to
// those who played then is lost, as are they.
//
// When the match goes on elsewhere, everybody is sent away: what they were told does not fit what
// comes. They come again by themselves, as a page does, and are told everything anew.
class ShownRoom final : public Room {
public:
    static constexpr std::uint32_t guests_max = 1'000;  // Of a room.

    ShownRoom(const RecordedMatch& match,
              const RoomSetup& setup,
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

    // That was then.
    bool order(std::span<const std::byte>) override { return false; }
    void send(PlayerId player, std::span<const std::byte> message) override;
    void close(PlayerId player) override;
    void tell_rate(PlayerId seat, std::uint32_t divisor) override;
    void tell_refused(PlayerId seat) override;
    std::span<const Viewer> viewers() const override { return shown_; }
    PlayerId known_as(PlayerId seat) const override { return guest_in(seat); }

private:
    void tell_join(PlayerId seat) override;
    void tell_leave(PlayerId seat) override;
    void play(std::uint64_t tick, std::span<const Command> commands) override;

    Playback from_the_start();
    void begin_anew();
    void advance();
    void go_on_seeking();
    bool play_tick();
    void warn_of_divergence();
    bool is_guest(PlayerId player) const { return player.slot >= first_guest_; }
    PlayerId guest_in(PlayerId seat) const;
    PlayerId seat_of(PlayerId guest) const;
    void send_all_away(std::string_view why);

    const RecordedMatch& match_;
    std::uint32_t number_;
    Playback playback_;
    std::uint64_t target_ = 0;  // While seeking: the tick.
    bool seeking_ = false;
    bool diverged_ = false;      // And said so.
    std::uint16_t first_guest_;  // Slots below it were players'.
    std::vector<Viewer> shown_;  // Guests.
};

}  // namespace ringtick
