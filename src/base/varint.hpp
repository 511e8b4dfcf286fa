#pragma once

#include "base/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// Whole numbers in as many bytes as they need (LEB128): seven bits a byte, the lowest first; the
// top bit says that another byte follows.
inline constexpr std::size_t varint_size_max = 10;

// Returns the bytes used of `out`, which has room for any number.
inline std::size_t write_varint(std::span<std::byte> out, std::uint64_t value) {
    ASSERT(out.size() >= varint_size_max);
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) out[size++] = static_cast<std::byte>(value | 0x80);
    out[size++] = static_cast<std::byte>(value);
    return size;
}

// Takes a number from the front of `in`. False, and nothing is taken, if it is cut off or has more
// than 64 bits.
[[nodiscard]] inline bool read_varint(std::span<const std::byte>& in, std::uint64_t& value) {
    value = 0;
    for (std::size_t i = 0; i < in.size() && i < varint_size_max; ++i) {
        const auto byte = std::to_integer<std::uint64_t>(in[i]);
        if (i + 1 == varint_size_max && byte > 1) return false;
        value |= (byte & 0x7F) << (7 * i);
        if (byte >= 0x80) continue;
        in = in.subspan(i + 1);
        return true;
    }
    return false;
}

}  // namespace ringtick
