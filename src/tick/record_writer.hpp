#pragma once

#include "tick/block_writer.hpp"
#include "tick/game.hpp"
#include "tick/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ringtick {

// Writes down what happens in a match, into two blocks of fixed size: one fills while the other is
// on its way to the disk. Pure: whoever has the disk takes sealed() there.
//
// Policy at the bound: if a block is full and the other is not back yet, nothing more is written
// down. What was so far is a match that can be played up to there. Of several rooms each has a
// share in one half of a block, and the other half is for whoever comes first: so a room that is
// told more than the disk takes ends its own record. The others have their shares until the disk
// has taken a block.
class RecordWriter {
public:
    // A block has to hold the largest command; of several rooms, half of one.
    // `state_room`: so much of one is for states, and nobody's share.
    explicit RecordWriter(std::size_t block_size,
                          std::uint32_t rooms = 1,
                          std::size_t state_room = 0);

    // Before anything is said: the match begins at the end of this tick.
    void begin_at(std::uint64_t tick);

    void join(std::uint32_t room, PlayerId player, const ResumeToken& digest);
    void leave(std::uint32_t room, PlayerId player);
    void command(std::uint32_t room, const Command& command);
    // Every room has taken the step of this number; what was said before it belongs to it.
    void tick(std::uint64_t tick);
    // Of a room's game, behind its tick.
    void hash(std::uint32_t room, std::uint64_t hash);
    // Of a room's game, behind its tick. False: there is no room for it in this block, which is no
    // reason to write down nothing more; another time there will be.
    [[nodiscard]] bool state(std::uint32_t room, std::span<const std::byte> state);
    // The last that is written down.
    void end();

    // Sets what there is apart to be written, if there is anything and no block is apart yet.
    void seal();
    // The block that is to be written, until release().
    std::span<const std::byte> sealed() const { return sealed_; }
    std::uint64_t sealed_tick() const { return sealed_tick_; }  // The last in it.
    void release();

    std::size_t memory() const { return 2 * block_size_; }
    bool half_full() const { return block_.size() > block_size_ / 2; }
    bool overflowed() const { return overflowed_; }
    // Of which nothing more is written down, in the order in which that came to be.
    struct EndedRoom {
        std::uint32_t room = 0;
        std::uint64_t tick = 0;  // It can be played up to there.
    };
    std::span<const EndedRoom> ended_rooms() const { return ended_rooms_; }
    // From now on nothing is written down, as after an overflow.
    void stop() { stopped_ = true; }

private:
    std::span<std::byte> active() const {
        return {memory_.get() + active_ * block_size_, block_size_};
    }
    void choose(std::uint32_t room);
    void settle_ticks();
    void put(std::uint32_t room, const RecordHead& head, std::span<const std::byte> bytes = {});
    bool take_share(std::uint32_t room, std::size_t size);
    bool take_from_block(std::uint32_t room, std::size_t size);
    void end_room(std::uint32_t room);
    void put(const RecordHead& head, std::span<const std::byte> bytes = {});
    void set_apart();

    std::size_t block_size_;
    std::unique_ptr<std::byte[]> memory_;  // Two blocks.
    std::size_t active_ = 0;
    BlockWriter block_;  // The active one.
    std::span<const std::byte> sealed_;
    std::uint64_t sealed_tick_ = 0;

    // What of the active block is taken.
    struct Share {
        std::size_t taken = 0;
        bool ended = false;
    };
    std::vector<Share> shares_;  // By room.
    std::vector<EndedRoom> ended_rooms_;
    std::size_t share_max_ = 0;
    std::size_t common_max_ = 0;
    std::size_t common_taken_ = 0;
    std::size_t state_room_ = 0;
    std::size_t states_taken_ = 0;

    std::uint64_t tick_ = 0;
    std::uint64_t tick_said_ = 0;     // The last that is in a block.
    std::uint64_t ticks_unsaid_ = 0;  // The last ones, with nothing behind them.
    std::uint32_t room_ = 0;
    bool overflowed_ = false;
    bool stopped_ = false;
};

}  // namespace ringtick
