#pragma once

#include "ws/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick::swarm {

// Turns a server's byte stream into messages, as pieces: the mirror of ws/frame_decoder.hpp, which
// reads clients. Pure: no I/O, no clock, no allocation. A control frame comes whole. Of a
// compressed message the pieces are as they came (see unpacker.hpp).
class ServerFrameReader {
public:
    struct Event {
        enum class Kind : std::uint8_t { need_input, data, control, violation };

        Kind kind = Kind::need_input;
        Opcode opcode = Opcode::continuation;  // Of the message, also in its later fragments.
        bool message_end = false;
        bool compressed = false;           // The message (RFC 7692, section 6).
        std::uint64_t offset = 0;          // Where in its message the piece begins.
        std::uint64_t wire_size = 0;       // Payload of the message that has come by now.
        std::span<const std::byte> bytes;  // Lives until the next call, or as long as the input.
    };

    // Takes what it needs off the front of `input`. Call again until it says need_input. After a
    // violation there is nothing more to read.
    Event next(std::span<const std::byte>& input);

    // The server has agreed to permessage-deflate.
    void allow_compression() { compression_ = true; }

private:
    static constexpr std::size_t control_size_max = 125;  // RFC 6455, section 5.5.

    bool gather_header(std::span<const std::byte>& input, std::size_t size);
    bool header_valid(const FrameHeader& header) const;
    bool begin_frame();
    Event next_data(std::span<const std::byte>& input);
    Event next_control(std::span<const std::byte>& input);
    Event fail();

    std::array<std::byte, 10> header_{};
    std::uint8_t header_count_ = 0;
    bool in_frame_ = false;
    bool in_message_ = false;  // Its last fragment has not come.
    bool final_ = false;       // Of the frame.
    bool failed_ = false;
    bool compression_ = false;  // Was agreed.
    bool compressed_ = false;   // The message is.
    Opcode frame_ = Opcode::continuation;
    Opcode message_ = Opcode::continuation;
    std::uint64_t frame_left_ = 0;
    std::uint64_t message_offset_ = 0;
    std::uint8_t control_count_ = 0;
    std::array<std::byte, control_size_max> control_{};
};

}  // namespace ringtick::swarm
