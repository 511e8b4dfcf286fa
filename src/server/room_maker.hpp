#pragma once

#include "server/room.hpp"
#include "server/room_setup.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ringtick {

class Connections;
class KeptReplays;
class RecordedMatch;
class ResumedMatch;
class ShownRoom;
struct Options;
struct Program;

// Makes rooms as the options say: with a game that begins, or one that is taken up, or a match that
// is shown.
//
// Threading: of the thread that has the rooms. Allocates, and so is nothing for a tick.
class RoomMaker {
public:
    struct Parts {
        const Options& options;
        const Program& program;
        Connections& connections;
        KeptReplays& kept;
        const RecordedMatch* show = nullptr;  // Nobody plays; this match is shown.
        ResumedMatch* resume = nullptr;       // This match is played on.
    };
    explicit RoomMaker(const Parts& parts) : parts_(parts) {}

    std::unique_ptr<Room> make(const RoomSetup& setup);
    // One that is about to end.
    void forget(const RoomSetup& setup);
    // A game like any that a room may have, of the most players and bots.
    std::unique_ptr<Game> make_largest_game() const;

    RoomLimits limits_of(std::uint32_t players_max) const;
    // Players of a room, where nothing says otherwise.
    std::uint32_t players_max() const;
    static std::uint32_t players_max(const Options& options);
    // Those rooms that show a recorded match.
    std::span<ShownRoom* const> shown_rooms() const { return shown_rooms_; }

private:
    Parts parts_;
    std::vector<ShownRoom*> shown_rooms_;
};

}  // namespace ringtick
