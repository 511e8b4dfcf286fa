#include "load/handshake_reader.hpp"

#include "base/bytes.hpp"
#include "http/accept_key.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ringtick::swarm {
namespace {

using Answer = HandshakeReader::Answer;

const std::string good =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

Answer read(const std::string& head) {
    HandshakeReader reader;
    auto input = as_bytes(head);
    return reader.read(input);
}

TEST(HandshakeReader, OpensWhereverTheHeadIsCutAndLeavesTheFrames) {
    const std::string wire = good + "frames";
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        SCOPED_TRACE(cut);
        HandshakeReader reader;
        auto first = as_bytes(std::string_view(wire).substr(0, cut));
        EXPECT_EQ(reader.read(first), Answer::pending);
        auto rest = as_bytes(std::string_view(wire).substr(cut));
        EXPECT_EQ(reader.read(rest), Answer::open);
        EXPECT_EQ(as_text(rest), "frames");
    }
}

TEST(HandshakeReader, RefusesAnotherStatusOrAnotherKeyOrAHeadWithoutEnd) {
    EXPECT_EQ(read("HTTP/1.1 503 "), Answer::refused);
    std::string wrong_key = good;
    wrong_key[wrong_key.find("s3pP")] = 'S';
    EXPECT_EQ(read(wrong_key), Answer::refused);
    EXPECT_EQ(read("HTTP/1.1 101 x\r\n\r\n"), Answer::refused);
    EXPECT_EQ(read("HTTP/1.1 101 " + std::string(20'000, 'x')), Answer::refused);
}

TEST(HandshakeReader, SeesWhetherTheServerAgreedToCompress) {
    std::string head = good;
    head.insert(head.find("Upgrade:"),
                "Sec-WebSocket-Extensions: " + std::string(deflate_offer) + "\r\n");
    for (const auto& [answer, agreed] : {std::pair(good, false), std::pair(head, true)}) {
        HandshakeReader reader;
        auto input = as_bytes(answer);
        ASSERT_EQ(reader.read(input), Answer::open);
        EXPECT_EQ(reader.compression_agreed(), agreed);
    }
}

TEST(HandshakeReader, ExpectsTheAnswerToItsOwnKey) {
    const auto key = http::accept_key_for(websocket_key);
    EXPECT_EQ(std::string_view(key.data(), key.size()), websocket_accept);
}

}  // namespace
}  // namespace ringtick::swarm
