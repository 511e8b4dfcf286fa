#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

using MaskingKey = std::array<std::byte, 4>;

// Removes (or applies: it is its own inverse) a client's mask, in place (RFC 6455, section 5.3).
// `offset` is where in its frame the first byte of `bytes` stood.
void unmask(std::span<std::byte> bytes, MaskingKey key, std::uint64_t offset);

}  // namespace ringtick
