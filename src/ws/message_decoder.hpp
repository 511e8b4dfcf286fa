#pragma once

#include "ws/frame.hpp"
#include "ws/frame_decoder.hpp"
#include "ws/inflater.hpp"
#include "ws/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace ringtick {

struct MessageLimits {
    std::uint64_t message_size_max = 16'384;  // Bytes, over all fragments.
    std::uint32_t fragments_max = 64;         // Per message; empty ones count.
};

// The memory in which messages of at most `message_size_max` are gathered.
constexpr std::uint64_t assembly_size(std::uint64_t message_size_max, bool compression) {
    return compression ? compressed_size_max(message_size_max) : message_size_max;
}

// Turns a client's byte stream into messages and control frames: fragmentation, UTF-8 as it
// arrives, limits decided from headers (RFC 6455, sections 5.4 to 5.6, 7.4, 8.1), and compressed
// messages, which are inflated, limited and checked when they are whole (RFC 7692). Pure: no I/O,
// no clock, no allocation. After a violation, and after a close frame, it yields nothing more.
class MessageDecoder {
public:
    struct Event {
        enum class Kind : std::uint8_t { need_input, message, ping, pong, close, violation };

        Kind kind = Kind::need_input;
        Opcode opcode = Opcode::binary;          // Of a message: text or binary.
        std::span<std::byte> payload;            // Of a message, ping, pong; the reason of a close.
        CloseCode close_code = CloseCode::none;  // Of a close: the peer's, none if it gave none.
                                                 // Of a violation: what to close with.
        std::size_t compressed_size = 0;         // Of a message that came compressed.
    };

    // With an inflater, which others may use too, if permessage-deflate was negotiated.
    explicit MessageDecoder(const MessageLimits& limits, Inflater* inflater = nullptr);

    // Takes what it needs off the front of `input`, which is unmasked in place. A message that lies
    // in `input` in one piece is yielded there; any other is gathered in `assembly`, which must
    // hold assembly_size(), keep its content between calls, and is touched only as bytes arrive.
    // Call until it says need_input: then `input` is empty. The payload lives until the next call,
    // of any decoder with the same inflater.
    Event next(std::span<std::byte>& input, std::span<std::byte> assembly);

    // From now on compressed messages are passed over: for when no message matters any more.
    void stop_inflating() { inflater_ = nullptr; }

    // A message or frame has begun and not ended: the message deadline runs.
    bool mid_message() const { return !ended_ && (fragments_ > 0 || frames_.mid_frame()); }
    // Whether `assembly` was written to since this was last asked.
    bool takes_assembly() { return std::exchange(assembly_written_, false); }
    // How many bytes of `assembly` are in use.
    std::size_t assembled() const { return assembled_; }

    // See base/image.hpp. Of one that has seen no violation and no close frame; what is in
    // `assembly` goes beside it.
    template <class Image, class Self>
    static void describe(Image& image, Self& self) {
        FrameDecoder::describe(image, self.frames_);
        image.whole(self.fragments_);
        image.whole(self.assembled_);
        image.choice(self.message_opcode_, Opcode::binary);
        image.whole(self.compressed_);
        Utf8Validator::describe(image, self.utf8_);
        image.whole(self.control_size_);
        image.bytes(self.control_);
        if constexpr (Image::reads) {
            if (!self.could_be()) image.refuse();
        }
    }
    bool ended() const { return ended_; }

private:
    static constexpr std::size_t control_size_max = 125;  // Section 5.5.

    bool could_be() const;
    bool frame_could_be() const;
    std::span<std::byte> take_short_message(std::span<std::byte>& input);
    CloseCode on_header();
    CloseCode begin_fragment(const FrameHeader& header);
    Event on_payload(const FrameDecoder::Event& piece, std::span<std::byte> assembly);
    Event on_data(const FrameDecoder::Event& piece, std::span<std::byte> assembly);
    Event inflate(std::span<const std::byte> compressed);
    bool text_is_valid(std::span<const std::byte> piece, bool message_end);
    std::uint64_t size_max() const;
    Event on_control(const FrameDecoder::Event& piece);
    bool reason_is_valid(std::span<const std::byte> close_piece);
    Event close_event(std::span<std::byte> payload);
    Event fail(CloseCode close_code);
    void end();

    FrameDecoder frames_;
    Inflater* inflater_;
    std::uint64_t message_size_max_;
    std::uint32_t fragments_max_;
    std::uint32_t fragments_ = 0;  // Begun, of the message under way; 0: there is none.
    std::size_t assembled_ = 0;
    Opcode message_opcode_ = Opcode::binary;
    bool assembly_written_ = false;
    bool compressed_ = false;  // The message under way is.
    bool ended_ = false;       // A violation or a close frame was yielded.
    Utf8Validator utf8_;       // Of the message under way; from a close frame on, of its reason.
    std::uint8_t control_size_ = 0;
    // A control frame that the reads cut. Not `assembly`: it may stand between fragments.
    std::array<std::byte, control_size_max> control_{};
};

static_assert(sizeof(MessageDecoder) <= 300);  // One for every connection.

}  // namespace ringtick
