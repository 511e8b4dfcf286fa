#pragma once

#include "ws/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick {

// A server's frame header is 2, 4 or 10 bytes: it is never masked (RFC 6455, section 5.1).
inline constexpr std::size_t server_header_size_max = 10;

constexpr std::size_t server_header_size(std::uint64_t payload_size) {
    return payload_size <= 125 ? 2 : payload_size <= 0xFFFF ? 4 : 10;
}

// Whether a message's payload is as it was, or was deflated (RFC 7692).
enum class Payload : std::uint8_t { plain, compressed };

// Writes the header of a final frame to the front of `out` and returns its size.
std::size_t write_frame_header(std::span<std::byte> out,
                               Opcode opcode,
                               std::uint64_t payload_size,
                               Payload payload = Payload::plain);

// Puts the header directly before a payload that lies at buffer[server_header_size_max ...], so
// that both leave in one send without a copy. Returns the whole frame inside `buffer`.
std::span<std::byte> frame_in_place(std::span<std::byte> buffer,
                                    Opcode opcode,
                                    std::size_t payload_size,
                                    Payload payload = Payload::plain);

// Writes a whole close frame (section 5.5.1); `code` none writes an empty payload. The reason is
// cut to 123 bytes at a UTF-8 boundary. `out` holds 127 bytes.
std::size_t write_close_frame(std::span<std::byte> out, CloseCode code, std::string_view reason);

}  // namespace ringtick
