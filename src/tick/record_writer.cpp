#include "tick/record_writer.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/varint.hpp"

#include <array>

namespace ringtick {

// What a record has before its bytes.
struct RecordWriter::Head {
    Head(RecordKind kind, std::uint64_t number) {
        add(number << record_kind_bits | static_cast<std::uint8_t>(kind));
    }
    void add(std::uint64_t number) {
        size += write_varint(std::span(memory).subspan(size), number);
    }
    std::span<const std::byte> bytes() const { return std::span(memory).first(size); }

    std::array<std::byte, 2 * varint_size_max> memory{};
    std::size_t size = 0;
};

RecordWriter::RecordWriter(std::size_t block_size)
    : block_size_(block_size),
      memory_(std::make_unique_for_overwrite<std::byte[]>(2 * block_size)) {
    ASSERT(block_size >= file_head_size_max);
}

void RecordWriter::join(std::uint32_t room, PlayerId player, const ResumeToken& token) {
    settle_ticks();
    choose(room);
    std::array<std::byte, record_token_size> bytes;
    ByteWriter writer(bytes);
    writer.put(token.first);
    writer.put(token.second);
    ASSERT(writer.size() == bytes.size());
    put(Head(RecordKind::join, player.slot), bytes);
}

void RecordWriter::leave(std::uint32_t room, PlayerId player) {
    settle_ticks();
    choose(room);
    put(Head(RecordKind::leave, player.slot));
}

void RecordWriter::command(std::uint32_t room, const Command& command) {
    settle_ticks();
    choose(room);
    Head head(RecordKind::command, command.player.slot);
    head.add(command.bytes.size());
    put(head, command.bytes);
}

// Ticks in which nobody said anything are but a number, which is written down when somebody does.
void RecordWriter::tick(std::uint64_t tick) {
    ASSERT(tick > tick_);
    if (tick != tick_ + 1) {
        settle_ticks();
        put(Head(RecordKind::skip, tick - tick_ - 1));
    }
    tick_ = tick;
    ticks_unsaid_ += 1;
    check_up();
}

void RecordWriter::hash(std::uint32_t room, std::uint64_t hash) {
    settle_ticks();
    choose(room);
    std::array<std::byte, sizeof hash> bytes;
    ByteWriter(bytes).put(hash);
    put(Head(RecordKind::hash, 0), bytes);
}

void RecordWriter::end() {
    settle_ticks();
    put(Head(RecordKind::end, 0));
    stop();
}

void RecordWriter::seal() {
    if (!sealed_.empty()) return;
    settle_ticks();
    // For want of a byte, what was unsaid may have had the block set apart already.
    if (sealed_.empty() && used_ > block_head_size) set_apart();
}

void RecordWriter::release() {
    ASSERT(!sealed_.empty());
    sealed_ = {};
}

void RecordWriter::choose(std::uint32_t room) {
    if (room == room_) return;
    room_ = room;
    put(Head(RecordKind::room, room));
}

void RecordWriter::settle_ticks() {
    if (ticks_unsaid_ == 0) return;
    put(Head(RecordKind::ticks, ticks_unsaid_));
    ticks_unsaid_ = 0;
    if (!overflowed_ && !stopped_) tick_said_ = tick_;
}

void RecordWriter::put(const Head& head, std::span<const std::byte> bytes) {
    const std::size_t size = head.size + bytes.size();
    ASSERT(size <= block_size_ - block_head_size);
    if (overflowed_ || stopped_) return;
    if (block_size_ - used_ < size) {
        overflowed_ = !sealed_.empty();
        if (overflowed_) return;
        set_apart();
    }
    used_ += copy_bytes(active().subspan(used_), head.bytes());
    used_ += copy_bytes(active().subspan(used_), bytes);
}

void RecordWriter::set_apart() {
    ASSERT(sealed_.empty());
    check_up();
    const auto block = active().first(used_);
    write_block_head(block, checksum_);
    sealed_ = block;
    sealed_tick_ = tick_said_;
    active_ = 1 - active_;
    used_ = checked_ = block_head_size;
    checksum_ = 0;
}

// Tick by tick, so that no single tick pays for a whole block.
void RecordWriter::check_up() {
    checksum_ = checksum(active().subspan(checked_, used_ - checked_), checksum_);
    checked_ = used_;
}

}  // namespace ringtick
