#include "tick/record_writer.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ringtick {

namespace {

// Of a block, for the numbers of ticks, which are no room's: more than can be while another block
// is on its way, unless the disk has stopped.
constexpr std::size_t ticks_size_max = 4'096;
constexpr std::size_t room_head_size = 5;
constexpr std::size_t end_of_room_size = room_head_size + 1;

}  // namespace

RecordWriter::RecordWriter(std::size_t block_size, std::uint32_t rooms, std::size_t state_room)
    : block_size_(block_size),
      memory_(std::make_unique_for_overwrite<std::byte[]>(2 * block_size)),
      block_(active()),
      shares_(rooms),
      state_room_(state_room) {
    ASSERT(rooms > 0);
    ASSERT(state_room < block_size);
    ASSERT(block_size >= file_head_size_max);
    ended_rooms_.reserve(rooms);
    // The rest is for the ticks, and for the word that a room ends.
    const std::size_t rest =
        block_head_size + ticks_size_max + rooms * end_of_room_size + state_room;
    const std::size_t half = (block_size - std::min(block_size, rest)) / 2;
    share_max_ = half / rooms;
    common_max_ = half;
}

void RecordWriter::begin_at(std::uint64_t tick) {
    ASSERT(tick_ == 0);
    tick_ = tick_said_ = tick;
}

void RecordWriter::join(std::uint32_t room, PlayerId player, const ResumeToken& digest) {
    put(room, RecordHead(RecordKind::join, player.slot), digest.bytes());
}

void RecordWriter::leave(std::uint32_t room, PlayerId player) {
    put(room, RecordHead(RecordKind::leave, player.slot));
}

void RecordWriter::command(std::uint32_t room, const Command& command) {
    put(room, head_of(command), command.bytes);
}

// Ticks in which nobody said anything are but a number, which is written down when somebody does.
void RecordWriter::tick(std::uint64_t tick) {
    ASSERT(tick > tick_);
    if (tick != tick_ + 1) {
        settle_ticks();
        put(RecordHead(RecordKind::skip, tick - tick_ - 1));
    }
    tick_ = tick;
    ticks_unsaid_ += 1;
    block_.check_up();
}

void RecordWriter::hash(std::uint32_t room, std::uint64_t hash) {
    put(room, RecordHead(RecordKind::hash, 0), bytes_of(hash));
}

bool RecordWriter::state(std::uint32_t room, std::span<const std::byte> state) {
    ASSERT(room < shares_.size());
    if (shares_[room].ended || overflowed_ || stopped_) return false;
    settle_ticks();
    RecordHead head(RecordKind::state, tick_);
    head.add(state.size());
    const std::size_t size = head.size() + state.size() + room_head_size;
    if (sealed_.empty() && (size > state_room_ - states_taken_ || size > block_.room())) {
        set_apart();
    }
    if (overflowed_ || size > state_room_ - states_taken_ || size > block_.room()) return false;
    states_taken_ += size;
    choose(room);
    put(head, state);
    return true;
}

void RecordWriter::end() {
    settle_ticks();
    put(RecordHead(RecordKind::end, end_of_all));
    stop();
}

void RecordWriter::seal() {
    if (!sealed_.empty()) return;
    settle_ticks();
    // For want of a byte, what was unsaid may have had the block set apart already.
    if (sealed_.empty() && !block_.empty()) set_apart();
}

void RecordWriter::release() {
    ASSERT(!sealed_.empty());
    sealed_ = {};
}

void RecordWriter::choose(std::uint32_t room) {
    if (room == room_) return;
    room_ = room;
    put(RecordHead(RecordKind::room, room));
}

void RecordWriter::settle_ticks() {
    if (ticks_unsaid_ == 0) return;
    put(RecordHead(RecordKind::ticks, ticks_unsaid_));
    ticks_unsaid_ = 0;
    if (!overflowed_ && !stopped_) tick_said_ = tick_;
}

// What a room is told.
void RecordWriter::put(std::uint32_t room,
                       const RecordHead& head,
                       std::span<const std::byte> bytes) {
    ASSERT(room < shares_.size());
    if (shares_[room].ended || overflowed_ || stopped_) return;
    settle_ticks();
    const std::size_t room_head = room == room_ ? 0 : room_head_size;
    if (!take_share(room, head.size() + bytes.size() + room_head)) return end_room(room);
    choose(room);
    put(head, bytes);
}

// A room alone has the whole block.
bool RecordWriter::take_share(std::uint32_t room, std::size_t size) {
    if (shares_.size() == 1 || take_from_block(room, size)) return true;
    if (!sealed_.empty()) return false;
    set_apart();
    return take_from_block(room, size);
}

bool RecordWriter::take_from_block(std::uint32_t room, std::size_t size) {
    Share& share = shares_[room];
    const std::size_t own = std::min(size, share_max_ - share.taken);
    if (size - own > common_max_ - common_taken_) return false;
    share.taken += own;
    common_taken_ += size - own;
    return true;
}

void RecordWriter::end_room(std::uint32_t room) {
    shares_[room].ended = true;
    ended_rooms_.push_back({.room = room, .tick = tick_});
    choose(room);
    put(RecordHead(RecordKind::end, end_of_room));
}

void RecordWriter::put(const RecordHead& head, std::span<const std::byte> bytes) {
    const std::size_t size = head.size() + bytes.size();
    ASSERT(size <= block_size_ - block_head_size);
    if (overflowed_ || stopped_) return;
    if (block_.room() < size) {
        overflowed_ = !sealed_.empty();
        if (overflowed_) return;
        set_apart();
    }
    block_.put(head, bytes);
}

void RecordWriter::set_apart() {
    ASSERT(sealed_.empty());
    sealed_ = block_.seal();
    sealed_tick_ = tick_said_;
    active_ = 1 - active_;
    block_ = BlockWriter(active());
    for (Share& share : shares_) share.taken = 0;
    common_taken_ = 0;
    states_taken_ = 0;
}

}  // namespace ringtick
