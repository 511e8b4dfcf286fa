#include "load/server_frame_reader.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ringtick::swarm {

namespace {

std::span<const std::byte> take(std::span<const std::byte>& input, std::uint64_t size) {
    const auto piece = input.first(std::min<std::uint64_t>(size, input.size()));
    input = input.subspan(piece.size());
    return piece;
}

}  // namespace

ServerFrameReader::Event ServerFrameReader::next(std::span<const std::byte>& input) {
    if (failed_) return fail();
    if (!in_frame_) {
        if (!gather_header(input, 2)) return {};
        const auto length = std::to_integer<unsigned>(header_[1]) & 0x7F;
        const std::size_t header_size = length == 127 ? 10 : length == 126 ? 4 : 2;
        if (!gather_header(input, header_size)) return {};
        if (!begin_frame()) return fail();
    }
    return is_control(frame_) ? next_control(input) : next_data(input);
}

bool ServerFrameReader::gather_header(std::span<const std::byte>& input, std::size_t size) {
    if (header_count_ >= size) return true;
    const auto piece = take(input, size - header_count_);
    copy_bytes(std::span(header_).subspan(header_count_), piece);
    header_count_ = static_cast<std::uint8_t>(header_count_ + piece.size());
    return header_count_ == size;
}

bool ServerFrameReader::begin_frame() {
    const auto first = std::to_integer<std::uint8_t>(header_[0]);
    const auto second = std::to_integer<std::uint8_t>(header_[1]);
    FrameHeader header{.fin = (first & 0x80) != 0,
                       .reserved_bits = static_cast<std::uint8_t>(first >> 4 & 0x7),
                       .opcode = static_cast<Opcode>(first & 0xF),
                       .masked = (second & 0x80) != 0,
                       .payload_size = second & 0x7FU};
    if (header_count_ > 2) {
        header.payload_size = 0;
        for (std::size_t i = 2; i < header_count_; ++i) {
            header.payload_size =
                header.payload_size << 8 | std::to_integer<std::uint64_t>(header_[i]);
        }
        // Section 5.2: the shortest form that holds the length.
        header.payload_size_minimal = header.payload_size > (header_count_ == 4 ? 125U : 0xFFFFU);
    }
    if (!header_valid(header)) return false;

    header_count_ = 0;
    in_frame_ = true;
    final_ = header.fin;
    frame_ = header.opcode;
    frame_left_ = header.payload_size;
    control_count_ = 0;
    if (frame_ == Opcode::text || frame_ == Opcode::binary) {
        message_ = frame_;
        message_offset_ = 0;
        in_message_ = true;
        compressed_ = header.reserved_bits == compressed_bit;
    }
    return true;
}

bool ServerFrameReader::header_valid(const FrameHeader& header) const {
    if (!reserved_bits_valid(header, compression_)) return false;  // 5.2
    if (!is_known(header.opcode)) return false;                    // 5.2
    if (header.masked) return false;                               // 5.1: a server does not mask.
    if (!header.payload_size_minimal) return false;                // 5.2
    if ((header.payload_size >> 63) != 0) return false;            // 5.2
    if (is_control(header.opcode)) {                               // 5.5
        return header.fin && header.payload_size <= control_size_max;
    }
    return in_message_ == (header.opcode == Opcode::continuation);  // 5.4
}

ServerFrameReader::Event ServerFrameReader::next_data(std::span<const std::byte>& input) {
    if (input.empty() && frame_left_ > 0) return {};
    const auto piece = take(input, frame_left_);
    const std::uint64_t offset = message_offset_;
    frame_left_ -= piece.size();
    message_offset_ += piece.size();
    in_frame_ = frame_left_ > 0;
    const bool message_end = !in_frame_ && final_;
    if (message_end) in_message_ = false;
    return {.kind = Event::Kind::data,
            .opcode = message_,
            .message_end = message_end,
            .compressed = compressed_,
            .offset = offset,
            .wire_size = message_offset_,
            .bytes = piece};
}

ServerFrameReader::Event ServerFrameReader::next_control(std::span<const std::byte>& input) {
    const auto piece = take(input, frame_left_);
    copy_bytes(std::span(control_).subspan(control_count_), piece);
    control_count_ = static_cast<std::uint8_t>(control_count_ + piece.size());
    frame_left_ -= piece.size();
    if (frame_left_ > 0) return {};
    in_frame_ = false;
    return {.kind = Event::Kind::control,
            .opcode = frame_,
            .message_end = true,
            .bytes = std::span(control_).first(control_count_)};
}

ServerFrameReader::Event ServerFrameReader::fail() {
    failed_ = true;
    return {.kind = Event::Kind::violation};
}

}  // namespace ringtick::swarm
