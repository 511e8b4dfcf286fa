#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/metrics.hpp"
#include "server/room.hpp"
#include "tick/record.hpp"
#include "tick/record_writer.hpp"
#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// Of the states that a recording holds, from which it can be taken up (server/resumed_match.hpp).
struct RecordStates {
    std::size_t size_max = 0;   // Of one; 0: the games cannot be saved.
    std::uint32_t seconds = 0;  // Of play from one of a room's to the next; 0: none on the way.
    std::uint64_t tick = 0;     // The match began at the end of that one, long ago; 0: it begins.
};

// --record: all that the games are told, on its way into a file. The tick only copies it into
// memory; the ring writes it, and makes it durable twice a second, beside the loop.
//
//     rooms --> writer: [ filling ]  [ sealed ] --write, sync--> file
//                            ^____________|  when both are done
//
// Policy at the bound: if the disk refuses, or has not taken one block when the other is full, the
// recording ends, and the game goes on. What the file has then can be replayed. If it is one of
// several rooms that is told more than its disk takes, only of that room no more is recorded.
class Recording {
public:
    explicit Recording(Ring& ring) : ring_(ring) {}
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    // Creates the file, or takes an empty one, and writes what it begins with. Allocates.
    [[nodiscard]] Result<void> open(const std::string& path,
                                    const RecordHeader& header,
                                    std::size_t block_size,
                                    const RecordStates& states = {});
    // Before the first tick: as if states.tick had been this. Who says it does not wait for the
    // disk.
    void begin_at(std::uint64_t tick);
    // The states of the rooms that the match begins with, if it begins with some. Before the first
    // tick; waits for the disk.
    [[nodiscard]] Result<void> write_states(std::span<const std::unique_ptr<Room>> rooms);
    // Takes back what was written, before the first tick: whoever tries again may use the name.
    void discard();
    bool is_open() const { return file_ >= 0; }
    RecordWriter& writer() { return *writer_; }

    // Behind the step of every room.
    void on_tick(std::uint64_t tick, std::span<const std::unique_ptr<Room>> rooms);
    // Once a turn.
    void write_if_due(Nanoseconds now);
    void on_completion(const Completion& completion);

    // Nothing more is recorded. What is there is written, and the mark that this was all.
    void finish();
    bool finished() const { return !is_open() || state_ == State::closed; }

    const RecordStats& stats() const { return stats_; }
    std::size_t memory() const {
        return writer_ == nullptr ? 0 : writer_->memory() + states_.size_max;
    }

private:
    //   filling --a block is sealed--> writing --both completions--> filling
    //      |                              |
    //      +--finish(), nothing left--> closed <--failure--+
    enum class State : std::uint8_t { filling, writing, closed };

    [[nodiscard]] Result<void> write_head(const RecordHeader& header);
    [[nodiscard]] Result<void> write_now(std::span<const std::byte> bytes);
    void save_state(std::uint32_t room, const Game& game);
    void write_rest();
    void say_which_rooms_ended();
    void on_both_done();
    void fail(const char* reason, const char* remedy);
    void fail(int error);

    Ring& ring_;
    int file_ = -1;
    bool file_made_ = false;  // It was not there before.
    std::string path_;
    std::unique_ptr<RecordWriter> writer_;
    std::uint32_t rate_hz_ = 0;
    std::uint64_t ticks_ = 0;
    RecordStates states_;
    bool waits_for_disk_ = true;
    std::unique_ptr<std::byte[]> scratch_;  // Of one state.

    State state_ = State::filling;
    bool finishing_ = false;
    Nanoseconds due_at_{};
    std::span<const std::byte> rest_;  // Of the sealed block: not written yet.
    std::uint64_t offset_ = 0;         // Where it goes.
    std::uint32_t pending_ = 0;        // Completions to come.
    std::int32_t written_ = 0;         // The results.
    std::int32_t synced_ = 0;
    std::uint64_t tick_safe_ = 0;  // The last that is in the file.
    RecordStats stats_;
};

}  // namespace ringtick
