#pragma once

#include "base/varint.hpp"
#include "tick/block_writer.hpp"
#include "tick/game.hpp"
#include "tick/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// What a room was told in the last seconds, in memory of fixed size: at any moment, between two
// ticks, a recording that begins with a state of the game and ends now. Pure.
//
//     [state|told since     ][state|told since     ] ... [state|told sin              ]
//      oldest part                                        newest part  ^ now
//
// The memory is divided into parts, each begun with a state when the one before is old enough or
// three quarters full, in the place of the oldest. What is kept is always whole parts, so somewhat
// more than was asked for.
//
// Policy at the bound: memory that is full sooner keeps a shorter time. A tick that brings more
// than the rest of a part, a quarter of it at least, is not kept, and nothing before it: what is
// kept begins anew behind it. A state that does not fit into three quarters of a part is tried
// again when that part would be old enough, and meanwhile nothing is kept.
class LastSeconds {
    static constexpr std::size_t parts_count = 8;
    static constexpr std::size_t state_head_size_max = block_head_size + 2 * varint_size_max;

public:
    struct Limits {
        std::uint32_t rate_hz = 0;
        std::uint32_t seconds = 0;
        std::uint32_t room = 0;  // Its number: rooms do not all take their time in the same tick.
    };

    // Both live as long. `scratch` has room for any state of the game, and may be everybody's.
    LastSeconds(std::span<std::byte> memory, std::span<std::byte> scratch, const Limits& limits);

    static constexpr std::size_t memory_min = 65'536;

    // What the game is told, in that order, as RecordWriter is told it.
    void join(PlayerId player, const ResumeToken& digest);
    void leave(PlayerId player);
    void command(const Command& command);
    // The game has taken the step of this number.
    void tick(std::uint64_t tick, const Game& game);

    // Between two ticks: a whole file, for a room that `header` describes. Returns the bytes used
    // of `out`, which has room for file_size_max(); 0: nothing is kept now.
    std::size_t write_file(const RecordHeader& header, std::span<std::byte> out);
    static constexpr std::size_t file_size_max(std::size_t memory) {
        return file_head_size_max + memory + 64;
    }

    // The largest state that can be kept in so much memory.
    static constexpr std::size_t state_size_max(std::size_t memory) {
        const std::size_t part = memory / parts_count;
        return part - part / 4 - state_head_size_max;
    }

    std::uint64_t tick() const { return tick_; }  // The last.
    std::uint64_t ticks() const;                  // That are kept.
    std::size_t size() const;                     // Of what is kept, in bytes.
    // The last state did not fit: nothing is kept.
    bool is_too_small() const { return is_too_small_; }

private:
    struct Part {
        std::uint64_t tick = 0;      // Of the state.
        std::size_t state_size = 0;  // Of its block.
        std::size_t size = 0;        // Of all whole blocks.
    };

    std::span<std::byte> memory_of(std::size_t part) const {
        return memory_.subspan(part * part_size_, part_size_);
    }
    std::size_t oldest() const { return (newest_ + parts_count + 1 - count_) % parts_count; }
    bool is_part_over() const;
    void begin_part(const Game& game);
    void write_state(std::span<const std::byte> state);
    void forget();
    void settle_ticks();
    void end_block();
    void put(const RecordHead& head, std::span<const std::byte> bytes = {});

    std::span<std::byte> memory_;
    std::span<std::byte> scratch_;
    Limits limits_;
    std::uint64_t part_ticks_;
    std::size_t part_size_;

    std::array<Part, parts_count> parts_;
    std::size_t newest_ = 0;
    std::size_t count_ = 0;  // Of parts that are kept. 0: nobody listens.
    BlockWriter block_;      // In the newest.

    std::uint64_t tick_ = 0;
    std::uint64_t ticks_unsaid_ = 0;  // The last ones, with nothing behind them.
    std::uint64_t try_again_at_ = 0;
    bool is_too_small_ = false;
};

}  // namespace ringtick
