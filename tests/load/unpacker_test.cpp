#include "load/unpacker.hpp"

#include "base/bytes.hpp"
#include "ws/deflate_reference.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace ringtick::swarm {
namespace {

using Event = ServerFrameReader::Event;

constexpr std::uint64_t message_size_max = 1'000;

Event piece_of(std::string_view compressed, std::size_t offset, std::size_t size) {
    const bool end = offset + size == compressed.size();
    return {.kind = Event::Kind::data,
            .opcode = Opcode::binary,
            .message_end = end,
            .compressed = true,
            .offset = offset,
            .wire_size = offset + size,
            .bytes = as_bytes(compressed.substr(offset, size))};
}

Event whole(std::string_view compressed) {
    return piece_of(compressed, 0, compressed.size());
}

// What became of it: nothing yet, the message, or "!" if it was refused.
std::string read(Unpacker& unpacker, std::uint32_t client, const Event& piece) {
    const std::optional<Event> message = unpacker.read(client, piece);
    if (!message) return "";
    if (message->kind == Event::Kind::violation) return "!";
    EXPECT_TRUE(message->message_end && message->compressed);
    EXPECT_EQ(message->offset, 0U);
    EXPECT_EQ(message->wire_size, piece.wire_size);
    return std::string(as_text(message->bytes));
}

TEST(Unpacker, InflatesTheSameWhereverAMessageIsCut) {
    const std::string plain = "ticks and ticks and ticks and tocks";
    const std::string compressed = deflated(plain);
    Unpacker unpacker(2, message_size_max);
    for (std::size_t cut = 1; cut < compressed.size(); ++cut) {
        EXPECT_EQ(read(unpacker, 1, piece_of(compressed, 0, cut)), "");
        // Another client's comes between.
        EXPECT_EQ(read(unpacker, 0, whole(compressed)), plain);
        const Event rest = piece_of(compressed, cut, compressed.size() - cut);
        EXPECT_EQ(read(unpacker, 1, rest), plain);
    }
}

TEST(Unpacker, ForgetsWhatALostConnectionLeftUnfinished) {
    const std::string compressed = deflated("hello");
    Unpacker unpacker(1, message_size_max);
    EXPECT_EQ(read(unpacker, 0, piece_of(compressed, 0, 3)), "");
    EXPECT_EQ(read(unpacker, 0, piece_of(compressed, 0, 2)), "");
    EXPECT_EQ(read(unpacker, 0, piece_of(compressed, 2, compressed.size() - 2)), "hello");
}

TEST(Unpacker, RefusesWhatIsNoDeflateStreamOrTooLong) {
    Unpacker unpacker(1, message_size_max);
    EXPECT_EQ(read(unpacker, 0, whole("\xFF\xFF\xFF")), "!");
    EXPECT_EQ(read(unpacker, 0, whole(deflated(std::string(message_size_max + 1, 'x')))), "!");
    // Never gathered beyond what a message of that size can take.
    const std::string endless(2'000, 'x');
    EXPECT_EQ(read(unpacker, 0, piece_of(endless, 0, 1'999)), "!");
    EXPECT_EQ(read(unpacker, 0, whole(deflated("well again"))), "well again");
}

}  // namespace
}  // namespace ringtick::swarm
