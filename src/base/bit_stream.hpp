#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ringtick {

// Writes numbers of 0 to 32 bits one after the other, the lowest bit first, into memory of fixed
// size. So a number that starts on a byte and fills whole bytes is little-endian. Writing past the
// end is refused and remembered, so that a writer asks once, at the end, whether all of it fitted.
class BitWriter {
public:
    explicit BitWriter(std::span<std::byte> out) : out_(out) {}

    void put(std::uint32_t value, unsigned width) {
        ASSERT(width <= 32);
        ASSERT(width == 32 || value >> width == 0);
        if (bits_left() < width) overflowed_ = true;
        if (overflowed_) return;
        pending_ |= std::uint64_t{value} << pending_count_;
        pending_count_ += width;
        if (out_.size() - whole_bytes_ >= sizeof(pending_)) return store_at_once();
        for (; pending_count_ >= 8; pending_count_ -= 8) {
            out_[whole_bytes_++] = static_cast<std::byte>(pending_ & 0xFF);
            pending_ >>= 8;
        }
    }

    // The first `width` bits of what another writer wrote.
    void put_packed(std::span<const std::byte> packed, unsigned width) {
        ASSERT(packed.size() * 8 >= width);
        for (; width >= 32; width -= 32) {
            put(first_word(packed), 32);
            packed = packed.subspan(sizeof(std::uint32_t));
        }
        if (width > 0) put(first_word(packed) & ((std::uint32_t{1} << width) - 1), width);
    }

    // Whole bytes; so are those before them.
    void put_bytes(std::span<const std::byte> bytes) {
        ASSERT(pending_count_ == 0);
        if (out_.size() - whole_bytes_ < bytes.size()) overflowed_ = true;
        if (overflowed_ || bytes.empty()) return;
        std::memcpy(&out_[whole_bytes_], bytes.data(), bytes.size());
        whole_bytes_ += bytes.size();
    }

    // Ends the message, or a part of it: the last byte is filled with zeroes. Returns the bytes
    // used.
    std::size_t finish() {
        if (pending_count_ > 0) put(0, 8 - pending_count_);
        return whole_bytes_;
    }

    std::size_t bits_left() const { return (out_.size() - whole_bytes_) * 8 - pending_count_; }
    bool overflowed() const { return overflowed_; }

private:
    // Behind the whole bytes it writes zeroes and the bits to come, which are written again.
    void store_at_once() {
        static_assert(std::endian::native == std::endian::little);
        std::memcpy(&out_[whole_bytes_], &pending_, sizeof(pending_));
        const unsigned bytes = pending_count_ / 8;
        whole_bytes_ += bytes;
        pending_ >>= 8 * bytes;
        pending_count_ %= 8;
    }
    static std::uint32_t first_word(std::span<const std::byte> bytes) {
        std::uint32_t word = 0;
        // Of a size that is known: a load, and no call.
        if (bytes.size() >= sizeof(word)) {
            std::memcpy(&word, bytes.data(), sizeof(word));
        } else {
            std::memcpy(&word, bytes.data(), bytes.size());
        }
        return word;
    }

    std::span<std::byte> out_;
    std::size_t whole_bytes_ = 0;
    std::uint64_t pending_ = 0;  // Bits not yet a whole byte: fewer than 8 between calls.
    unsigned pending_count_ = 0;
    bool overflowed_ = false;
};

// Reads what BitWriter wrote. Reading past the end yields zeroes and is remembered.
class BitReader {
public:
    explicit BitReader(std::span<const std::byte> in) : in_(in) {}

    std::uint32_t get(unsigned width) {
        ASSERT(width <= 32);
        if (bits_left() < width) overran_ = true;
        if (overran_) return 0;
        while (pending_count_ < width) {
            pending_ |= std::to_integer<std::uint64_t>(in_[next_byte_++]) << pending_count_;
            pending_count_ += 8;
        }
        const auto value = static_cast<std::uint32_t>(pending_ & ((std::uint64_t{1} << width) - 1));
        pending_ >>= width;
        pending_count_ -= width;
        return value;
    }

    // Goes on with the next whole byte. False if what is left of this one is not the filling, all
    // zeroes.
    bool align() {
        const bool filled = pending_ == 0;
        pending_ = pending_count_ = 0;
        return filled;
    }

    std::size_t bits_left() const { return (in_.size() - next_byte_) * 8 + pending_count_; }
    bool overran() const { return overran_; }

    // True if the message was read to its end: nothing failed, and what is left is the filling of
    // the last byte, all zeroes. A message with more in it is not the one we think it is.
    bool finished() const { return !overran_ && bits_left() < 8 && pending_ == 0; }

private:
    std::span<const std::byte> in_;
    std::size_t next_byte_ = 0;
    std::uint64_t pending_ = 0;
    unsigned pending_count_ = 0;
    bool overran_ = false;
};

}  // namespace ringtick
