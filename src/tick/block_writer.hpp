#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/varint.hpp"
#include "tick/game.hpp"
#include "tick/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// What a record has before its bytes.
class RecordHead {
public:
    RecordHead(RecordKind kind, std::uint64_t number) {
        add(number << record_kind_bits | static_cast<std::uint8_t>(kind));
    }
    void add(std::uint64_t number) {
        size_ += write_varint(std::span(memory_).subspan(size_), number);
    }
    std::span<const std::byte> bytes() const { return std::span(memory_).first(size_); }
    std::size_t size() const { return size_; }

private:
    std::array<std::byte, 2 * varint_size_max> memory_{};
    std::size_t size_ = 0;
};

inline RecordHead head_of(const Command& command) {
    RecordHead head(RecordKind::command, command.player.slot);
    head.add(command.bytes.size());
    return head;
}

inline std::array<std::byte, sizeof(std::uint64_t)> bytes_of(std::uint64_t hash) {
    std::array<std::byte, sizeof hash> bytes{};
    ByteWriter(bytes).put(hash);
    return bytes;
}

// Fills one block of a recording, in memory of fixed size, which is somebody else's.
class BlockWriter {
public:
    BlockWriter() = default;
    explicit BlockWriter(std::span<std::byte> memory) : memory_(memory) {
        ASSERT(memory.size() > block_head_size);
    }

    bool empty() const { return used_ == block_head_size; }
    std::size_t size() const { return used_; }  // With its head.
    std::size_t room() const { return memory_.size() - used_; }

    void put(const RecordHead& head, std::span<const std::byte> bytes = {}) {
        ASSERT(head.size() + bytes.size() <= room());
        used_ += copy_bytes(memory_.subspan(used_), head.bytes());
        used_ += copy_bytes(memory_.subspan(used_), bytes);
    }
    // Now and then, so that nobody pays for the checksum of a whole block at once.
    void check_up() {
        checksum_ = checksum(memory_.subspan(checked_, used_ - checked_), checksum_);
        checked_ = used_;
    }
    // The block, whole. What is behind it in the memory is free.
    std::span<std::byte> seal() {
        check_up();
        const auto block = memory_.first(used_);
        write_block_head(block, checksum_);
        return block;
    }

private:
    std::span<std::byte> memory_;
    std::size_t used_ = block_head_size;
    std::size_t checked_ = block_head_size;  // The checksum goes so far.
    std::uint32_t checksum_ = 0;
};

}  // namespace ringtick
