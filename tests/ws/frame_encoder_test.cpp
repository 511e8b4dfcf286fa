#include "ws/frame_encoder.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ringtick {
namespace {

std::string hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 0xF];
    }
    return text;
}

std::string header(Opcode opcode, std::uint64_t payload_size) {
    std::array<std::byte, server_header_size_max> out{};
    return hex(std::span(out).first(write_frame_header(out, opcode, payload_size)));
}

// RFC 6455, section 5.2, and its examples in section 5.7: unmasked, the fewest length bytes.
TEST(FrameEncoder, WritesTheShortestHeaderForEachLength) {
    EXPECT_EQ(header(Opcode::text, 5), "8105");
    EXPECT_EQ(header(Opcode::binary, 0), "8200");
    EXPECT_EQ(header(Opcode::binary, 125), "827d");
    EXPECT_EQ(header(Opcode::binary, 126), "827e007e");
    EXPECT_EQ(header(Opcode::binary, 256), "827e0100");
    EXPECT_EQ(header(Opcode::binary, 0xFFFF), "827effff");
    EXPECT_EQ(header(Opcode::binary, 0x1'0000), "827f0000000000010000");
    EXPECT_EQ(header(Opcode::pong, 125), "8a7d");
}

TEST(FrameEncoder, PutsTheHeaderDirectlyBeforeThePayload) {
    for (const std::size_t size : {0U, 5U, 125U, 126U, 65'535U, 65'536U}) {
        SCOPED_TRACE(size);
        std::vector<std::byte> buffer(server_header_size_max + size, std::byte{'x'});
        const auto frame = frame_in_place(buffer, Opcode::binary, size);
        EXPECT_EQ(frame.size(), server_header_size(size) + size);
        EXPECT_EQ(frame.data() + frame.size(), buffer.data() + buffer.size());
        EXPECT_EQ(hex(frame.first(server_header_size(size))), header(Opcode::binary, size));
        EXPECT_EQ(as_text(frame.subspan(server_header_size(size))), std::string(size, 'x'));
    }
}

std::string close_frame(CloseCode code, std::string_view reason) {
    std::array<std::byte, 127> out{};
    return hex(std::span(out).first(write_close_frame(out, code, reason)));
}

// Section 5.5.1.
TEST(FrameEncoder, WritesACloseFrameWithCodeAndReason) {
    EXPECT_EQ(close_frame(CloseCode::none, ""), "8800");
    EXPECT_EQ(close_frame(CloseCode::normal_closure, ""), "880203e8");
    EXPECT_EQ(close_frame(CloseCode::going_away, "bye"), "880503e9627965");
}

TEST(FrameEncoder, CutsALongCloseReasonBetweenCharacters) {
    const std::string reason = std::string(122, 'a') + "\xC3\xA9";
    std::array<std::byte, 127> out{};
    EXPECT_EQ(write_close_frame(out, CloseCode::normal_closure, reason), 2U + 2 + 122);
    EXPECT_EQ(out[1], std::byte{124});
    const std::string full(123, 'a');
    EXPECT_EQ(write_close_frame(out, CloseCode::normal_closure, full), out.size());
}

}  // namespace
}  // namespace ringtick
