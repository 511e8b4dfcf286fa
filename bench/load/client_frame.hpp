#pragma once

#include "base/bytes.hpp"
#include "ws/frame_encoder.hpp"
#include "ws/mask.hpp"

#include <cstddef>
#include <span>

namespace ringtick::swarm {

// Writes a whole masked frame (RFC 6455, section 5.1) and returns its size; 0 if `out` is too
// small. The key is one for all: it only has to be removed again.
inline std::size_t write_client_frame(std::span<std::byte> out,
                                      Opcode opcode,
                                      std::span<const std::byte> payload) {
    constexpr MaskingKey key{std::byte{0x5A}, std::byte{0xC3}, std::byte{0x2D}, std::byte{0x96}};
    const std::size_t header_size = server_header_size(payload.size());
    const std::size_t size = header_size + key.size() + payload.size();
    if (out.size() < size) return 0;
    write_frame_header(out, opcode, payload.size());
    out[1] |= std::byte{0x80};
    copy_bytes(out.subspan(header_size), key);
    const auto body = out.subspan(header_size + key.size(), payload.size());
    copy_bytes(body, payload);
    unmask(body, key, 0);
    return size;
}

}  // namespace ringtick::swarm
