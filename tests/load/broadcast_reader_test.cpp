#include "load/broadcast_reader.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringtick::swarm {
namespace {

std::vector<std::byte> message(std::uint64_t tick, std::uint64_t sent_ns, std::size_t size) {
    std::vector<std::byte> bytes(size);
    ByteWriter writer(bytes);
    writer.put(tick);
    writer.put(sent_ns);
    return bytes;
}

ServerFrameReader::Event piece(std::span<const std::byte> bytes, std::uint64_t offset, bool end) {
    return {.kind = ServerFrameReader::Event::Kind::data,
            .opcode = Opcode::binary,
            .message_end = end,
            .offset = offset,
            .bytes = bytes};
}

// A message in one piece.
BroadcastReader::Broadcast read(BroadcastReader& reader,
                                std::span<const std::byte> bytes,
                                std::uint64_t size) {
    return reader.read(piece(bytes, 0, true), size).value_or(BroadcastReader::Broadcast{});
}

TEST(BroadcastReader, ReadsTickAndTimeWhereverTheMessageIsCut) {
    const auto bytes = message(7, 0x0102'0304'0506'0708, 32);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        SCOPED_TRACE(cut);
        BroadcastReader reader;
        const std::span whole(bytes);
        EXPECT_FALSE(reader.read(piece(whole.first(cut), 0, false), 32));
        const auto broadcast = reader.read(piece(whole.subspan(cut), cut, true), 32)
                                   .value_or(BroadcastReader::Broadcast{});
        EXPECT_TRUE(broadcast.valid);
        EXPECT_EQ(broadcast.tick, 7U);
        EXPECT_EQ(broadcast.sent_ns, 0x0102'0304'0506'0708U);
    }
}

TEST(BroadcastReader, CountsTheTicksBetween) {
    BroadcastReader reader;
    EXPECT_EQ(read(reader, message(40, 0, 16), 16).gaps, 0U) << "the first may be any";
    EXPECT_EQ(read(reader, message(41, 0, 16), 16).gaps, 0U);
    EXPECT_EQ(read(reader, message(45, 0, 16), 16).gaps, 3U);
}

TEST(BroadcastReader, RefusesATickThatDoesNotAscend) {
    BroadcastReader reader;
    EXPECT_TRUE(read(reader, message(0, 0, 16), 16).valid);
    EXPECT_FALSE(read(reader, message(0, 0, 16), 16).valid);
    EXPECT_TRUE(read(reader, message(2, 0, 16), 16).valid);
    EXPECT_FALSE(read(reader, message(1, 0, 16), 16).valid);
    EXPECT_TRUE(read(reader, message(3, 0, 16), 16).valid);
}

TEST(BroadcastReader, RefusesAnotherLengthAndAnotherKind) {
    BroadcastReader reader;
    EXPECT_FALSE(read(reader, message(1, 0, 17), 16).valid);
    EXPECT_FALSE(read(reader, message(1, 0, 16), 17).valid);
    auto text = piece({}, 0, true);
    text.opcode = Opcode::text;
    EXPECT_FALSE(reader.read(text, 0).value_or(BroadcastReader::Broadcast{.valid = true}).valid);
}

}  // namespace
}  // namespace ringtick::swarm
