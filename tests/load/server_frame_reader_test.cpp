#include "load/server_frame_reader.hpp"

#include "base/bytes.hpp"
#include "ws/frame_encoder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ringtick::swarm {
namespace {

std::string server_frame(Opcode opcode, std::string_view payload) {
    std::array<std::byte, server_header_size_max> header{};
    const std::size_t size = write_frame_header(header, opcode, payload.size());
    return std::string(as_text(std::span(header).first(size))) + std::string(payload);
}

std::string raw(std::initializer_list<int> bytes) {
    std::string text;
    for (const int byte : bytes) text += static_cast<char>(byte);
    return text;
}

// What was read, as a story: messages end with '|', control frames stand in brackets, '!' is a
// violation. Each piece must begin where the last one ended.
class Story {
public:
    void read(std::string_view piece) {
        auto input = as_bytes(piece);
        while (tell(reader_.next(input))) continue;
        EXPECT_TRUE(input.empty() || text_.ends_with('!'));
    }
    const std::string& text() const { return text_; }

private:
    // False if there is nothing more to read.
    bool tell(const ServerFrameReader::Event& event) {
        using Kind = ServerFrameReader::Event::Kind;
        const std::string bytes(as_text(event.bytes));
        switch (event.kind) {
            case Kind::need_input:
                return false;
            case Kind::violation:
                text_ += "!";
                return false;
            case Kind::control:
                text_ += "[" + bytes + "]";
                return true;
            case Kind::data:
                EXPECT_EQ(event.offset, expected_offset_);
                expected_offset_ = event.message_end ? 0 : event.offset + bytes.size();
                text_ += bytes + (event.message_end ? "|" : "");
                return true;
        }
        return false;
    }

    ServerFrameReader reader_;
    std::string text_;
    std::uint64_t expected_offset_ = 0;
};

std::string read(std::initializer_list<std::string_view> pieces) {
    Story story;
    for (const std::string_view piece : pieces) story.read(piece);
    return story.text();
}

// Goal: where the network cuts the stream must not matter.
// Method: every form of length, a fragmented message with a ping inside it, and empty frames, cut
// at every byte.
TEST(ServerFrameReader, ReadsTheSameWhereverTheStreamIsCut) {
    const std::string middle(300, 'm');
    const std::string large(70'000, 'l');
    const std::string wire = server_frame(Opcode::text, "hi") +
                             server_frame(Opcode::binary, middle) + raw({0x02, 0x01, 'a'}) +
                             server_frame(Opcode::ping, "still there?") + raw({0x00, 0x00}) +
                             raw({0x80, 0x01, 'b'}) + server_frame(Opcode::binary, "") +
                             server_frame(Opcode::binary, large) + server_frame(Opcode::close, "");
    const std::string whole = "hi|" + middle + "|a[still there?]b||" + large + "|[]";
    ASSERT_EQ(read({wire}), whole);
    for (std::size_t cut = 0; cut <= wire.size(); cut += cut > 400 && cut < 70'000 ? 997 : 1) {
        SCOPED_TRACE(cut);
        ASSERT_EQ(read({std::string_view(wire).substr(0, cut), std::string_view(wire).substr(cut)}),
                  whole);
    }
}

TEST(ServerFrameReader, ReadsAStreamThatComesByteByByte) {
    const std::string wire =
        server_frame(Opcode::binary, std::string(130, 'x')) + server_frame(Opcode::ping, "p");
    ServerFrameReader reader;
    std::size_t size = 0;
    std::size_t ends = 0;
    for (const char& c : wire) {
        auto input = as_bytes({&c, 1});
        for (auto event = reader.next(input);
             event.kind != ServerFrameReader::Event::Kind::need_input; event = reader.next(input)) {
            size += event.bytes.size();
            ends += event.message_end ? 1 : 0;
        }
    }
    EXPECT_EQ(size, 131U);
    EXPECT_EQ(ends, 2U);
}

// RFC 6455, sections 5.1, 5.2, 5.4 and 5.5.
TEST(ServerFrameReader, RefusesWhatAServerMustNotSend) {
    EXPECT_EQ(read({raw({0x82, 0x80, 1, 2, 3, 4})}), "!") << "masked";
    EXPECT_EQ(read({raw({0xC2, 0x00})}), "!") << "a reserved bit";
    EXPECT_EQ(read({raw({0x83, 0x00})}), "!") << "an unknown opcode";
    EXPECT_EQ(read({raw({0x82, 126, 0, 125})}), "!") << "a length not in its shortest form";
    EXPECT_EQ(read({raw({0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})}), "!") << "likewise";
    EXPECT_EQ(read({raw({0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0})}), "!") << "the highest bit";
    EXPECT_EQ(read({raw({0x80, 0x00})}), "!") << "a continuation of nothing";
    EXPECT_EQ(read({raw({0x02, 0x00, 0x82, 0x00})}), "!") << "a message within a message";
    EXPECT_EQ(read({raw({0x09, 0x00})}), "!") << "a fragmented ping";
    EXPECT_EQ(read({raw({0x89, 126, 0, 126})}), "!") << "a ping too long";
}

// RFC 7692, section 6: the bit stands on the first frame of a message, and says it of all of them.
TEST(ServerFrameReader, TellsWhichMessagesAreCompressedOnceThatWasAgreed) {
    ServerFrameReader reader;
    reader.allow_compression();
    const std::string wire = raw({0x42, 0x01, 'a'}) + server_frame(Opcode::ping, "p") +
                             raw({0x80, 0x02, 'b', 'c'}) + server_frame(Opcode::binary, "d");
    auto input = as_bytes(wire);
    std::string story;
    for (auto event = reader.next(input); event.kind != ServerFrameReader::Event::Kind::need_input;
         event = reader.next(input)) {
        ASSERT_NE(event.kind, ServerFrameReader::Event::Kind::violation);
        story += std::string(event.compressed ? "z" : "-") + std::to_string(event.wire_size);
    }
    EXPECT_EQ(story, "z1-0z3-1");
}

TEST(ServerFrameReader, RefusesTheCompressionBitWhereItMustNotStand) {
    for (const std::string& wire :
         {raw({0xC9, 0x00}), raw({0x42, 0x01, 'a', 0xC0, 0x00}), raw({0xA2, 0x00})}) {
        ServerFrameReader reader;
        reader.allow_compression();
        auto input = as_bytes(wire);
        auto event = reader.next(input);
        while (event.kind == ServerFrameReader::Event::Kind::data) event = reader.next(input);
        EXPECT_EQ(event.kind, ServerFrameReader::Event::Kind::violation);
    }
}

TEST(ServerFrameReader, ReadsNothingAfterAViolation) {
    ServerFrameReader reader;
    const std::string wire = raw({0x83, 0x00}) + server_frame(Opcode::text, "more");
    auto input = as_bytes(wire);
    EXPECT_EQ(reader.next(input).kind, ServerFrameReader::Event::Kind::violation);
    EXPECT_EQ(reader.next(input).kind, ServerFrameReader::Event::Kind::violation);
}

}  // namespace
}  // namespace ringtick::swarm
