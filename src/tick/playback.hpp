#pragma once

#include "tick/game.hpp"
#include "tick/record_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {

// A recorded match, played again: games made as the recording's header says are told what they were
// told then, as fast as the caller likes, and every state that was written down is held against
// theirs. What players are told goes wherever the caller lets it. Where the recording begins with a
// state, the game goes on from that from the first moment on.
class Playback {
public:
    // One room's game, and where its messages go.
    struct Stage {
        Game* game = nullptr;
        Outbox* outbox = nullptr;
    };

    enum class State : std::uint8_t {
        playing,
        over,     // The file has no more of it; tail() says how it ends.
        diverged  // A game is not in the state that was written down; see divergence().
    };

    struct Divergence {
        std::uint32_t room = 0;
        std::uint64_t recorded = 0;
        std::uint64_t played = 0;
    };

    // `reader` has been opened; `stages` are as many as its rooms, with games that nobody played.
    Playback(const RecordReader& reader, std::span<const Stage> stages);
    // Of one room alone.
    Playback(const RecordReader& reader, std::uint32_t room, const Stage& stage);
    // Of one room alone, from the state on that `reader` comes to next, which is that room's.
    static Playback from_state(const RecordReader& reader, std::uint32_t room, const Stage& stage);

    // Plays one tick of every room. If not `playing`, no tick was played.
    State advance();

    std::uint64_t tick() const { return tick_; }  // The last one's number.
    // Behind which the recording begins; 0: at the match's beginning.
    std::uint64_t first_tick() const { return first_tick_; }
    // The state that it begins with is none of the game's. Nothing is played, and the game is good
    // for nothing.
    bool is_state_refused() const { return is_state_refused_; }
    std::uint64_t ticks_played() const { return ticks_played_; }
    std::uint64_t hashes_verified() const { return hashes_verified_; }
    // Of those rooms nothing more was written down from some tick on: they were not played further.
    std::size_t rooms_over() const;
    const RecordReader& reader() const { return reader_; }
    RecordReader::State tail() const { return tail_; }
    const Divergence& divergence() const { return divergence_; }

private:
    struct Room {
        Stage stage;                // Without a game: it is not played.
        std::vector<bool> present;  // By slot.
        std::vector<Command> commands;
        bool has_state = false;  // It began with one.
        bool is_over = false;    // Before the others.

        // Who was there when it began, only a game can say.
        bool knows_who_is_there() const { return stage.game != nullptr || !has_state; }
    };

    struct Alone {
        std::uint32_t room = 0;
        Stage stage;
    };

    Playback(const RecordReader& reader, const Alone& alone);
    void add_room(const Stage& stage);
    void begin();
    State apply(const Record& record);
    void begin_in_state(const Record& record);
    State join_or_leave(const Record& record);
    State take_command(const Record& record);
    State verify(const Record& record);
    State end_room();
    State damaged();
    void play_tick();

    RecordReader reader_;
    std::vector<Room> rooms_;
    std::size_t room_ = 0;   // That the records are about.
    std::size_t alone_ = 0;  // That is played, if it is one.
    bool is_alone_ = false;
    std::uint64_t tick_ = 0;
    std::uint64_t first_tick_ = 0;
    bool is_state_refused_ = false;
    std::uint64_t ticks_left_ = 0;  // Said and not yet played.
    std::uint64_t ticks_played_ = 0;
    std::uint64_t hashes_verified_ = 0;
    RecordReader::State tail_ = RecordReader::State::record;
    Divergence divergence_;
};

}  // namespace ringtick
