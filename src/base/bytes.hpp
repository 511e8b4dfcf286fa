#pragma once

#include "base/assert.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace ringtick {

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Copies `from` to the front of `to` and returns its size. memcpy with the bound checked; empty
// spans, whose data may be null, are allowed.
inline std::size_t copy_bytes(std::span<std::byte> to, std::span<const std::byte> from) {
    ASSERT(from.size() <= to.size());
    if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
    return from.size();
}

// Writes little-endian integers one after the other into memory of fixed size. Writing past the
// end is refused and remembered, so that a writer asks once, at the end, whether all of it fitted.
class ByteWriter {
public:
    explicit ByteWriter(std::span<std::byte> out) : out_(out) {}

    template <std::unsigned_integral T>
    void put(T value) {
        if (!room_for(sizeof(T))) return;
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            out_[size_ + i] = static_cast<std::byte>(std::uint64_t{value} >> (8 * i) & 0xFF);
        }
        size_ += sizeof(T);
    }
    void put(std::span<const std::byte> bytes) {
        if (!room_for(bytes.size())) return;
        copy_bytes(out_.subspan(size_), bytes);
        size_ += bytes.size();
    }

    std::size_t size() const { return size_; }
    bool overflowed() const { return overflowed_; }

private:
    bool room_for(std::size_t size) {
        if (out_.size() - size_ < size) overflowed_ = true;
        return !overflowed_;
    }

    std::span<std::byte> out_;
    std::size_t size_ = 0;
    bool overflowed_ = false;
};

// Reads what ByteWriter wrote. Reading past the end yields zeroes and is remembered.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> in) : in_(in) {}

    template <std::unsigned_integral T>
    T get() {
        const auto bytes = take(sizeof(T));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
        }
        return static_cast<T>(value);
    }
    std::span<const std::byte> take(std::size_t size) {
        if (in_.size() < size) {
            overran_ = true;
            in_ = {};
            return {};
        }
        const auto front = in_.first(size);
        in_ = in_.subspan(size);
        return front;
    }

    std::size_t left() const { return in_.size(); }
    bool overran() const { return overran_; }

private:
    std::span<const std::byte> in_;
    bool overran_ = false;
};

}  // namespace ringtick
