#include "load/client_messages.hpp"

#include "base/bytes.hpp"
#include "ws/frame_decoder.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringtick::swarm {
namespace {

using Bytes = std::vector<std::byte>;

// The payload as a server reads it.
Bytes payload_of(const ClientMessages& messages, std::uint32_t client, std::uint64_t number) {
    Bytes frame(messages.frame_size());
    messages.write_frame(client, number, frame);
    FrameDecoder decoder(1 << 20);
    std::span<std::byte> input(frame);
    EXPECT_EQ(decoder.next(input).kind, FrameDecoder::Event::Kind::header);
    EXPECT_EQ(decoder.header().opcode, Opcode::binary);
    const auto event = decoder.next(input);
    EXPECT_TRUE(event.frame_end);
    EXPECT_TRUE(input.empty());
    return {event.payload.begin(), event.payload.end()};
}

TEST(ClientMessages, AServerReadsWhatIsExpectedBack) {
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 16U, 125U, 126U, 1'000U, 65'536U}) {
        SCOPED_TRACE(size);
        const ClientMessages messages(size);
        const Bytes payload = payload_of(messages, 17, 1'000'003);
        EXPECT_EQ(payload.size(), size);
        EXPECT_TRUE(messages.matches(17, 1'000'003, 0, payload));
    }
}

TEST(ClientMessages, AnEchoMatchesInPiecesToo) {
    const ClientMessages messages(300);
    const Bytes payload = payload_of(messages, 3, 9);
    for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
        const std::span whole(payload);
        EXPECT_TRUE(messages.matches(3, 9, 0, whole.first(cut)));
        EXPECT_TRUE(messages.matches(3, 9, cut, whole.subspan(cut)));
    }
}

TEST(ClientMessages, AnyWrongByteIsSeen) {
    const ClientMessages messages(300);
    Bytes payload = payload_of(messages, 3, 9);
    for (std::byte& byte : payload) {
        byte ^= std::byte{1};
        EXPECT_FALSE(messages.matches(3, 9, 0, payload));
        byte ^= std::byte{1};
    }
    payload.push_back(std::byte{0});
    EXPECT_FALSE(messages.matches(3, 9, 0, payload)) << "longer than it was";
    EXPECT_FALSE(messages.matches(3, 9, 301, {})) << "beyond its end";
}

TEST(ClientMessages, ANeighboursMessageAndTheNextOneAreOthers) {
    const ClientMessages messages(16);
    const Bytes payload = payload_of(messages, 3, 9);
    EXPECT_FALSE(messages.matches(4, 9, 0, payload));
    EXPECT_FALSE(messages.matches(3, 10, 0, payload));
    EXPECT_FALSE(messages.matches(3, 9 + 251, 0, payload));
}

}  // namespace
}  // namespace ringtick::swarm
