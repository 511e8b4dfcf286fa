#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ringtick {

// Writes numbers of 0 to 64 bits one after the other, the lowest bit first, into memory of fixed
// size. So a number that starts on a byte and fills whole bytes is little-endian. Writing past the
// end is refused and remembered, so that a writer asks once, at the end, whether all of it fitted.
// What is written is in the memory when finish() says so.
class BitWriter {
public:
    explicit BitWriter(std::span<std::byte> out) : out_(out) {}

    // The hot path of every snapshot: what it does not look at, store_word() does, once in a while.
    void put(std::uint64_t value, unsigned width) {
        ASSERT(width <= word_bits);
        ASSERT(width == word_bits || value >> width == 0);
        pending_ |= value << pending_count_;
        pending_count_ += width;
        if (pending_count_ >= word_bits) store_word(value, width);
    }

    // The first `width` bits of what another writer wrote.
    void put_packed(std::span<const std::byte> packed, unsigned width) {
        ASSERT(packed.size() * 8 >= width);
        for (; width >= word_bits; width -= word_bits) {
            put(first_word(packed, word_bits), word_bits);
            packed = packed.subspan(sizeof(std::uint64_t));
        }
        if (width > 0) put(first_word(packed, width), width);
    }

    // Whole bytes; so are those before them, which are in their place.
    void put_bytes(std::span<const std::byte> bytes) {
        ASSERT(pending_count_ == 0);
        if (bytes_left() < bytes.size()) overflowed_ = true;
        if (overflowed_ || bytes.empty()) return;
        std::memcpy(&out_[whole_bytes_], bytes.data(), bytes.size());
        whole_bytes_ += bytes.size();
    }

    // Ends the message, or a part of it: the last byte is filled with zeroes. Returns the bytes
    // used.
    std::size_t finish() {
        if (pending_count_ > 0) store_rest();
        return whole_bytes_;
    }

    // Before it overflowed.
    std::size_t bits_left() const { return overflowed() ? 0 : bytes_left() * 8 - pending_count_; }
    bool overflowed() const { return overflowed_ || pending_count_ > bytes_left() * 8; }

private:
    static constexpr unsigned word_bits = 64;
    static_assert(std::endian::native == std::endian::little);

    std::size_t bytes_left() const { return out_.size() - whole_bytes_; }

    // Of the value that was put last, the word has the lower bits.
    void store_word(std::uint64_t value, unsigned width) {
        const std::uint64_t word = pending_;
        pending_count_ -= word_bits;
        pending_ = pending_count_ > 0 ? value >> (width - pending_count_) : 0;
        if (bytes_left() < sizeof(word)) overflowed_ = true;
        if (overflowed_) return;
        std::memcpy(&out_[whole_bytes_], &word, sizeof(word));
        whole_bytes_ += sizeof(word);
    }
    // Where there is room for a word, at once: behind the last byte it writes zeroes.
    void store_rest() {
        const std::uint64_t word = pending_;
        const std::size_t size = (pending_count_ + 7) / 8;
        const std::size_t room = bytes_left();
        pending_ = pending_count_ = 0;
        if (room < size) overflowed_ = true;
        if (overflowed_) return;
        if (room >= sizeof(word)) {
            std::memcpy(&out_[whole_bytes_], &word, sizeof(word));
        } else {
            std::memcpy(&out_[whole_bytes_], &word, size);
        }
        whole_bytes_ += size;
    }
    static std::uint64_t first_word(std::span<const std::byte> bytes, unsigned width) {
        const std::uint64_t mask = ~std::uint64_t{0} >> (word_bits - width);
        // Of a size that is known: a load, and no call.
        if (bytes.size() >= sizeof(std::uint64_t)) return load<std::uint64_t>(bytes) & mask;
        if (bytes.size() >= sizeof(std::uint32_t) && width <= 32) {
            return load<std::uint32_t>(bytes) & mask;
        }
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        return word & mask;
    }
    template <class Word>
    static Word load(std::span<const std::byte> bytes) {
        Word word = 0;
        std::memcpy(&word, bytes.data(), sizeof(word));
        return word;
    }

    std::span<std::byte> out_;
    std::size_t whole_bytes_ = 0;  // Stored already.
    std::uint64_t pending_ = 0;    // Bits not stored yet: fewer than a word between calls.
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
