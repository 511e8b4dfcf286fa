#pragma once

#include "ws/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ringtick {

using Bytes = std::vector<std::byte>;

inline void append(Bytes& to, const Bytes& from) {
    to.insert(to.end(), from.begin(), from.end());
}

// What a client sends, and every way in which it may be wrong: the fields are written as they
// stand.
struct ClientFrame {
    Opcode opcode = Opcode::text;
    std::string_view payload;
    bool fin = true;
    std::uint8_t reserved_bits = 0;
    bool masked = true;
    std::array<std::uint8_t, 4> key{0x37, 0xFA, 0x21, 0x3D};  // That of RFC 6455, section 5.7.

    // How the length is written: minimal by itself, or forced to 126 or 127.
    std::uint8_t length_field = 0;
    std::uint64_t declared_size = 0;  // Instead of the payload's, if not 0.

    Bytes wire() const {
        const std::uint64_t size = declared_size != 0 ? declared_size : payload.size();
        const std::uint64_t minimal = size <= 125 ? size : size <= 0xFFFF ? 126U : 127U;
        const std::uint64_t field = length_field != 0 ? length_field : minimal;
        const std::size_t extended = field == 126 ? 2U : field == 127 ? 8U : 0U;

        const unsigned start = (fin ? 0x80U : 0U) | static_cast<unsigned>(reserved_bits << 4) |
                               static_cast<unsigned>(opcode);
        Bytes bytes{std::byte(start), std::byte((masked ? 0x80U : 0U) | field)};
        for (std::size_t i = extended; i > 0; --i) {
            bytes.push_back(std::byte(size >> (8 * (i - 1)) & 0xFF));
        }
        if (masked) {
            for (const std::uint8_t byte : key) bytes.push_back(std::byte{byte});
        }
        for (std::size_t i = 0; i < payload.size(); ++i) {
            const std::byte mask{masked ? key[i % key.size()] : std::uint8_t{0}};
            bytes.push_back(std::byte(payload[i]) ^ mask);
        }
        return bytes;
    }
};

inline Bytes wire_of(std::initializer_list<ClientFrame> frames) {
    Bytes wire;
    for (const ClientFrame& frame : frames) append(wire, frame.wire());
    return wire;
}

}  // namespace ringtick
