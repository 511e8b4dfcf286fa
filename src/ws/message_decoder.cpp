#include "ws/message_decoder.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <cstring>

namespace ringtick {

namespace {

constexpr std::size_t close_code_size = 2;  // Section 5.5.1: before the reason.

}  // namespace

MessageDecoder::MessageDecoder(const MessageLimits& limits, Inflater* inflater)
    : frames_(assembly_size(limits.message_size_max, inflater != nullptr), inflater != nullptr),
      inflater_(inflater),
      message_size_max_(limits.message_size_max),
      fragments_max_(limits.fragments_max) {
    ASSERT(limits.fragments_max > 0);
}

MessageDecoder::Event MessageDecoder::next(std::span<std::byte>& input,
                                           std::span<std::byte> assembly) {
    if (const auto message = take_short_message(input); !message.empty()) {
        return {.kind = Event::Kind::message, .opcode = Opcode::binary, .payload = message};
    }
    while (!ended_) {
        const FrameDecoder::Event frame = frames_.next(input);
        Event event;
        switch (frame.kind) {
            case FrameDecoder::Event::Kind::need_input:
                ASSERT(input.empty());
                return {};
            case FrameDecoder::Event::Kind::header:
                if (const CloseCode code = on_header(); code != CloseCode::none) event = fail(code);
                break;
            case FrameDecoder::Event::Kind::payload:
                event = on_payload(frame, assembly);
                break;
            case FrameDecoder::Event::Kind::violation:
                event = fail(frame.close_code);
                break;
        }
        if (event.kind != Event::Kind::need_input) return event;
    }
    input = {};
    return {};
}

// What a game's clients send as a rule, at a third of the cost: a binary message of 1 to 125 bytes
// in one frame, uncompressed, all of which is there. Empty: it is something else, for the long way.
std::span<std::byte> MessageDecoder::take_short_message(std::span<std::byte>& input) {
    constexpr std::size_t header_size = 6;  // Of a masked frame of up to 125 bytes (5.2).
    constexpr std::byte fin_and_binary{0x82};
    if (ended_ || mid_message() || input.size() <= header_size || input[0] != fin_and_binary) {
        return {};
    }
    const auto masked_length = std::to_integer<std::uint8_t>(input[1]);
    const std::size_t size = masked_length & 0x7FU;
    const bool is_short = masked_length > 0x80 && size <= control_size_max;
    if (!is_short || size > message_size_max_ || input.size() - header_size < size) return {};

    MaskingKey key;
    std::memcpy(key.data(), &input[2], key.size());
    const auto payload = input.subspan(header_size, size);
    unmask(payload, key, 0);
    input = input.subspan(header_size + size);
    return payload;
}

// Of what an image says: whether the rules below could have led there.
bool MessageDecoder::could_be() const {
    const bool is_message = message_opcode_ == Opcode::text || message_opcode_ == Opcode::binary;
    return is_message && fragments_ <= fragments_max_ && (fragments_ > 0 || assembled_ == 0) &&
           assembled_ <= size_max() && control_size_ <= control_size_max &&
           (!compressed_ || inflater_ != nullptr) && frame_could_be();
}

// Whether what is left of the frame under way has its place.
bool MessageDecoder::frame_could_be() const {
    if (!frames_.mid_payload()) return true;
    const FrameHeader& header = frames_.header();
    if (!is_control(header.opcode)) {
        return fragments_ > 0 && frames_.payload_left() <= size_max() - assembled_;
    }
    const bool has_half_a_code = header.opcode == Opcode::close && header.payload_size == 1;
    return !has_half_a_code && control_size_ + frames_.payload_left() == header.payload_size;
}

CloseCode MessageDecoder::on_header() {
    const FrameHeader& header = frames_.header();
    if (!is_control(header.opcode)) return begin_fragment(header);

    control_size_ = 0;
    if (header.opcode == Opcode::close) {
        if (header.payload_size == 1) return CloseCode::protocol_error;  // 5.5.1: none, or two.
        utf8_.reset();  // No message will end after this: the validator serves the reason now.
    }
    return CloseCode::none;
}

CloseCode MessageDecoder::begin_fragment(const FrameHeader& header) {
    const bool continues = header.opcode == Opcode::continuation;
    if (continues != (fragments_ > 0)) return CloseCode::protocol_error;   // 5.4
    if (fragments_ == fragments_max_) return CloseCode::policy_violation;  // Ours.
    if (!continues) {
        message_opcode_ = header.opcode;
        compressed_ = header.reserved_bits == compressed_bit;
        utf8_.reset();
    }
    if (header.payload_size > size_max() - assembled_) return CloseCode::message_too_big;

    fragments_ += 1;
    return CloseCode::none;
}

// Of what is gathered. A compressed message that hardly shrank may take a little more than it will
// be inflated; what that comes to is limited while inflating.
std::uint64_t MessageDecoder::size_max() const {
    return assembly_size(message_size_max_, compressed_);
}

MessageDecoder::Event MessageDecoder::on_payload(const FrameDecoder::Event& piece,
                                                 std::span<std::byte> assembly) {
    return is_control(frames_.header().opcode) ? on_control(piece) : on_data(piece, assembly);
}

MessageDecoder::Event MessageDecoder::on_data(const FrameDecoder::Event& piece,
                                              std::span<std::byte> assembly) {
    const bool message_end = piece.frame_end && frames_.header().fin;
    // At once: also inside an unfinished frame.
    if (!compressed_ && !text_is_valid(piece.payload, message_end)) {
        return fail(CloseCode::invalid_payload_data);
    }

    // Nothing came before and nothing follows: this piece is the message.
    const bool in_place = message_end && assembled_ == 0;
    if (!in_place) {
        assembly_written_ = true;
        assembled_ += copy_bytes(assembly.subspan(assembled_), piece.payload);
        ASSERT(assembled_ <= size_max());
    }
    if (!message_end) return {};

    const auto message = in_place ? piece.payload : assembly.first(assembled_);
    fragments_ = 0;
    assembled_ = 0;
    if (compressed_) return inflate(message);
    return {.kind = Event::Kind::message, .opcode = message_opcode_, .payload = message};
}

// Text must be UTF-8 (section 8.1). Checks the next piece of it, and at its end the whole.
bool MessageDecoder::text_is_valid(std::span<const std::byte> piece, bool message_end) {
    if (message_opcode_ != Opcode::text) return true;
    return utf8_.push(piece) && (!message_end || utf8_.at_boundary());
}

MessageDecoder::Event MessageDecoder::inflate(std::span<const std::byte> compressed) {
    if (inflater_ == nullptr) return {};
    const Inflater::Result inflated = inflater_->inflate(compressed);
    if (inflated.violation != CloseCode::none) return fail(inflated.violation);
    if (!text_is_valid(inflated.message, true)) return fail(CloseCode::invalid_payload_data);
    return {.kind = Event::Kind::message,
            .opcode = message_opcode_,
            .payload = inflated.message,
            .compressed_size = compressed.size()};
}

MessageDecoder::Event MessageDecoder::on_control(const FrameDecoder::Event& piece) {
    const Opcode opcode = frames_.header().opcode;
    if (opcode == Opcode::close && !reason_is_valid(piece.payload)) {
        return fail(CloseCode::invalid_payload_data);
    }

    const bool in_place = piece.frame_end && control_size_ == 0;
    auto payload = piece.payload;
    if (!in_place) {
        const auto size = copy_bytes(std::span(control_).subspan(control_size_), payload);
        control_size_ = static_cast<std::uint8_t>(control_size_ + size);
        payload = std::span(control_).first(control_size_);
    }
    if (!piece.frame_end) return {};

    if (opcode == Opcode::close) return close_event(payload);
    const auto kind = opcode == Opcode::ping ? Event::Kind::ping : Event::Kind::pong;
    return {.kind = kind, .payload = payload};
}

// Checks as much of a close frame's reason as lies in the next piece of its payload.
bool MessageDecoder::reason_is_valid(std::span<const std::byte> close_piece) {
    const std::size_t code_left = close_code_size - std::min<std::size_t>(control_size_, 2);
    return utf8_.push(close_piece.subspan(std::min(code_left, close_piece.size())));
}

MessageDecoder::Event MessageDecoder::close_event(std::span<std::byte> payload) {
    ASSERT(payload.size() != 1);  // on_header() refused it.
    Event event{.kind = Event::Kind::close};
    if (!payload.empty()) {
        const auto high = std::to_integer<std::uint16_t>(payload[0]);
        const auto low = std::to_integer<std::uint16_t>(payload[1]);
        event.close_code = static_cast<CloseCode>(high << 8 | low);
        event.payload = payload.subspan(close_code_size);
        if (!may_be_received(event.close_code)) return fail(CloseCode::protocol_error);  // 7.4
        if (!utf8_.at_boundary()) return fail(CloseCode::invalid_payload_data);          // 8.1
    }
    end();
    return event;
}

MessageDecoder::Event MessageDecoder::fail(CloseCode close_code) {
    ASSERT(close_code != CloseCode::none);
    end();
    return {.kind = Event::Kind::violation, .close_code = close_code};
}

// The message under way, if any, will not be finished.
void MessageDecoder::end() {
    ASSERT(!ended_);
    ended_ = true;
    fragments_ = 0;
    assembled_ = 0;
}

}  // namespace ringtick
