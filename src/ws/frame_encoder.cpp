#include "ws/frame_encoder.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "ws/utf8.hpp"

#include <array>

namespace ringtick {

namespace {

constexpr std::size_t control_size_max = 125;  // RFC 6455, section 5.5.
constexpr std::size_t close_code_size = 2;

// Section 5.2: lengths are in network byte order.
void write_big_endian(std::span<std::byte> out, std::uint64_t value) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[out.size() - 1 - i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
    }
}

}  // namespace

//   0               1               2 to 9
//  [FIN RSV opcode][0 | 7 bits of length][16 or 64 bits of length, if the 7 say 126 or 127]
std::size_t write_frame_header(std::span<std::byte> out,
                               Opcode opcode,
                               std::uint64_t payload_size,
                               Payload payload) {
    ASSERT(is_known(opcode));
    ASSERT(!is_control(opcode) || payload_size <= control_size_max);
    const std::size_t size = server_header_size(payload_size);
    ASSERT(out.size() >= size);

    const bool compressed = payload == Payload::compressed;
    ASSERT(!compressed || !is_control(opcode));  // RFC 7692, section 6.
    const std::uint8_t reserved_bits = compressed ? compressed_bit : std::uint8_t{0};
    out[0] = static_cast<std::byte>(0x80 | reserved_bits << 4 | static_cast<std::uint8_t>(opcode));
    const std::uint64_t length = size == 2 ? payload_size : size == 4 ? 126U : 127U;
    out[1] = static_cast<std::byte>(length);
    write_big_endian(out.subspan(2, size - 2), payload_size);
    return size;
}

std::span<std::byte> frame_in_place(std::span<std::byte> buffer,
                                    Opcode opcode,
                                    std::size_t payload_size,
                                    Payload payload) {
    ASSERT(buffer.size() >= server_header_size_max + payload_size);
    const std::size_t header_size = server_header_size(payload_size);
    const auto frame =
        buffer.subspan(server_header_size_max - header_size, header_size + payload_size);
    write_frame_header(frame, opcode, payload_size, payload);
    return frame;
}

std::size_t write_close_frame(std::span<std::byte> out, CloseCode code, std::string_view reason) {
    if (code == CloseCode::none) return write_frame_header(out, Opcode::close, 0);

    ASSERT(may_be_received(code));  // Section 7.4.1: the rest must not be set by an endpoint.
    const std::string_view cut = utf8_prefix(reason, control_size_max - close_code_size);
    const std::size_t payload_size = close_code_size + cut.size();
    const std::size_t header_size = write_frame_header(out, Opcode::close, payload_size);
    const auto payload = out.subspan(header_size, payload_size);
    write_big_endian(payload.first(close_code_size), static_cast<std::uint16_t>(code));
    copy_bytes(payload.subspan(close_code_size), as_bytes(cut));
    return header_size + payload_size;
}

}  // namespace ringtick
