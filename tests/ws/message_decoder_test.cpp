#include "ws/message_decoder.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client_frame.hpp"
#include "message_story.hpp"

namespace ringtick {
namespace {

constexpr MessageLimits small_limits{.message_size_max = 1000, .fragments_max = 4};

std::string decode(const Bytes& wire) {
    MessageStory story(small_limits);
    story.feed(wire);
    return story.text();
}

std::string decode(std::initializer_list<ClientFrame> frames) {
    return decode(wire_of(frames));
}

TEST(MessageDecoder, YieldsTextAndBinaryMessages) {
    EXPECT_EQ(decode({{.payload = "hi"}, {.opcode = Opcode::binary, .payload = "\xFF"}, {}}),
              "text(hi) binary(\xFF) text()");
}

TEST(MessageDecoder, YieldsAMessageInOnePieceWhereItLies) {
    Bytes wire = ClientFrame{.payload = "hello"}.wire();
    std::span<std::byte> input(wire);
    MessageDecoder decoder(small_limits);
    const auto event = decoder.next(input, {});  // No assembly: nothing may be copied.
    EXPECT_EQ(as_text(event.payload), "hello");
    EXPECT_EQ(event.payload.data(), wire.data() + 6);
}

// Section 5.4.
TEST(MessageDecoder, JoinsFragments) {
    EXPECT_EQ(decode({{.payload = "a", .fin = false},
                      {.opcode = Opcode::continuation, .payload = "b", .fin = false},
                      {.opcode = Opcode::continuation, .payload = "c"},
                      {.payload = "next"}}),
              "text(abc) text(next)");
}

TEST(MessageDecoder, JoinsEmptyFragmentsAndAnEmptyFinalContinuation) {
    EXPECT_EQ(decode({{.payload = "a", .fin = false}, {.opcode = Opcode::continuation}}),
              "text(a)");
    EXPECT_EQ(decode({{.fin = false}, {.opcode = Opcode::continuation}}), "text()");
    EXPECT_EQ(decode({{.opcode = Opcode::binary, .fin = false},
                      {.opcode = Opcode::continuation, .payload = "late"}}),
              "binary(late)");
}

TEST(MessageDecoder, YieldsControlFramesBetweenFragments) {
    EXPECT_EQ(decode({{.payload = "a", .fin = false},
                      {.opcode = Opcode::ping, .payload = "p"},
                      {.opcode = Opcode::pong},
                      {.opcode = Opcode::continuation, .payload = "b"}}),
              "ping(p) pong() text(ab)");
}

TEST(MessageDecoder, RefusesAContinuationOfNothing) {
    EXPECT_EQ(decode({{.opcode = Opcode::continuation}}), "!1002");
    EXPECT_EQ(decode({{.payload = "a"}, {.opcode = Opcode::continuation, .fin = false}}),
              "text(a) !1002");
}

TEST(MessageDecoder, RefusesANewMessageInsideAFragmentedOne) {
    EXPECT_EQ(decode({{.payload = "a", .fin = false}, {.payload = "b"}}), "!1002");
    EXPECT_EQ(decode({{.fin = false}, {.opcode = Opcode::binary, .fin = false}}), "!1002");
}

TEST(MessageDecoder, DeliversWhatWasCompleteBeforeABadFrameAndNothingAfterIt) {
    EXPECT_EQ(decode({{.payload = "good"}, {.reserved_bits = 4}, {.payload = "not seen"}}),
              "text(good) !1002");
}

TEST(MessageDecoder, CountsEmptyFragmentsToo) {
    const ClientFrame first{.payload = "a", .fin = false};
    const ClientFrame middle{.opcode = Opcode::continuation, .fin = false};
    const ClientFrame last{.opcode = Opcode::continuation};
    EXPECT_EQ(decode({first, middle, middle, last}), "text(a)");
    EXPECT_EQ(decode({first, middle, middle, middle, last}), "!1008");
    // The count starts again with each message.
    EXPECT_EQ(decode({first, middle, middle, last, first, last}), "text(a) text(a)");
}

TEST(MessageDecoder, LimitsTheSumOfTheFragmentsFromTheHeader) {
    const std::string half(500, 'x');
    const ClientFrame first{.payload = half, .fin = false};
    EXPECT_EQ(decode({first, {.opcode = Opcode::continuation, .payload = half}}),
              "text(" + half + half + ")");
    // Only the header of the second arrives, and that is enough.
    EXPECT_EQ(decode({first, {.opcode = Opcode::continuation, .declared_size = 501}}), "!1009");
    EXPECT_EQ(decode({{.declared_size = 1001}}), "!1009");
    EXPECT_EQ(decode({first, {.opcode = Opcode::continuation, .declared_size = (1ULL << 63) - 1}}),
              "!1009");
}

// Section 5.5.1 and 7.4.
TEST(MessageDecoder, YieldsCloseFrames) {
    EXPECT_EQ(decode({{.opcode = Opcode::close}}), "close(0,)");
    EXPECT_EQ(decode({{.opcode = Opcode::close, .payload = "\x03\xE8"}}), "close(1000,)");
    EXPECT_EQ(decode({{.opcode = Opcode::close, .payload = "\x0F\xA0why \xC3\xA9"}}),
              "close(4000,why \xC3\xA9)");
    EXPECT_EQ(decode({{.payload = "a", .fin = false}, {.opcode = Opcode::close}}), "close(0,)");
}

TEST(MessageDecoder, JudgesEveryCloseCode) {
    for (unsigned code = 0; code <= 0xFFFF; ++code) {
        const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
        const bool registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
        const bool valid = registered || (code >= 3000 && code <= 4999);
        const std::string expected = valid ? "close(" + std::to_string(code) + ",)" : "!1002";
        ASSERT_EQ(decode({{.opcode = Opcode::close, .payload = payload}}), expected) << code;
    }
}

TEST(MessageDecoder, RefusesBadClosePayloads) {
    EXPECT_EQ(decode({{.opcode = Opcode::close, .payload = "\x03"}}), "!1002");
    EXPECT_EQ(decode({{.opcode = Opcode::close, .payload = "\x03\xE8\xFF"}}), "!1007");
    EXPECT_EQ(decode({{.opcode = Opcode::close, .payload = "\x03\xE8half \xC3"}}), "!1007");
}

// The unfinished character of the message before must not spoil the reason.
TEST(MessageDecoder, ChecksACloseReasonApartFromTheMessageUnderWay) {
    EXPECT_EQ(decode({{.payload = "\xC3", .fin = false},
                      {.opcode = Opcode::close, .payload = "\x03\xE8ok"}}),
              "close(1000,ok)");
}

TEST(MessageDecoder, YieldsNothingAfterAClose) {
    MessageStory story(small_limits);
    story.feed(wire_of({{.opcode = Opcode::close}, {.payload = "late"}, {.masked = false}}));
    story.feed(wire_of({{.opcode = Opcode::close}}));
    EXPECT_EQ(story.text(), "close(0,)");
    EXPECT_FALSE(story.mid_message());
}

// Section 8.1.
TEST(MessageDecoder, RefusesTextThatIsNotUtf8) {
    EXPECT_EQ(decode({{.payload = "\xC0\x80"}}), "!1007");
    EXPECT_EQ(decode({{.payload = "cut \xE2\x82"}}), "!1007");
    EXPECT_EQ(decode({{.payload = "\xED\xA0\x80"}}), "!1007");
    EXPECT_EQ(decode({{.opcode = Opcode::binary, .payload = "\xC0\x80"}}), "binary(\xC0\x80)");
}

TEST(MessageDecoder, AcceptsACharacterCutByFragmentsAndAControlFrameInIt) {
    EXPECT_EQ(decode({{.payload = "\xE2\x82", .fin = false},
                      {.opcode = Opcode::ping, .payload = "\xFF"},
                      {.opcode = Opcode::continuation, .payload = "\xAC"}}),
              "ping(\xFF) text(\xE2\x82\xAC)");
}

TEST(MessageDecoder, RefusesACharacterThatTheLastFragmentLeavesUnfinished) {
    EXPECT_EQ(decode({{.payload = "\xE2", .fin = false}, {.opcode = Opcode::continuation}}),
              "!1007");
}

// Goal: invalid text is refused at its first bad byte, not at the end of its frame or message.
TEST(MessageDecoder, FailsFastInsideAnUnfinishedFrame) {
    Bytes wire = ClientFrame{.payload = "ab\xF4\x90 and much more"}.wire();
    wire.resize(6 + 4);  // Up to the 90 that no F4 may precede.
    EXPECT_EQ(decode(wire), "!1007");
    wire.resize(6 + 3);
    EXPECT_EQ(decode(wire), "");
}

TEST(MessageDecoder, LetsGoOfAMessageThatWillNotBeFinished) {
    MessageStory story(small_limits);
    story.feed(wire_of({{.payload = "begun", .fin = false}, {.payload = "another"}}));
    EXPECT_EQ(story.text(), "!1002");
    EXPECT_FALSE(story.mid_message());
    EXPECT_EQ(story.assembled(), 0U);
}

TEST(MessageDecoder, KnowsWhetherItIsInsideAMessage) {
    MessageStory story(small_limits);
    EXPECT_FALSE(story.mid_message());
    const Bytes wire = ClientFrame{.payload = "hello", .fin = false}.wire();
    story.feed({wire.begin(), wire.begin() + 1});
    EXPECT_TRUE(story.mid_message());
    story.feed({wire.begin() + 1, wire.begin() + 8});
    EXPECT_TRUE(story.mid_message());
    EXPECT_EQ(story.assembled(), 2U);
    story.feed({wire.begin() + 8, wire.end()});
    EXPECT_TRUE(story.mid_message());
    EXPECT_EQ(story.assembled(), 5U);
    story.feed(ClientFrame{.opcode = Opcode::continuation}.wire());
    EXPECT_FALSE(story.mid_message());
    EXPECT_EQ(story.assembled(), 0U);
}

// Goal: memory follows the bytes that came, never the size that was declared.
TEST(MessageDecoder, TouchesTheAssemblyOnlyAsBytesArrive) {
    MessageDecoder decoder(small_limits);
    std::vector<std::byte> assembly(small_limits.message_size_max, std::byte{0xEE});
    Bytes wire =
        ClientFrame{.opcode = Opcode::binary, .payload = "a", .declared_size = 1000}.wire();
    std::span<std::byte> input(wire);
    EXPECT_EQ(decoder.next(input, assembly).kind, MessageDecoder::Event::Kind::need_input);
    EXPECT_EQ(decoder.assembled(), 1U);
    EXPECT_EQ(assembly[0], std::byte{'a'});
    for (std::size_t i = 1; i < assembly.size(); ++i) ASSERT_EQ(assembly[i], std::byte{0xEE});
}

// Every kind of event, and every way to end.
std::vector<Bytes> streams() {
    static const std::string medium(130, 'm');
    static const std::string full_control(125, 'c');
    const Bytes start = wire_of({{.payload = "hi"},
                                 {.payload = "\xE2\x82", .fin = false},
                                 {.opcode = Opcode::ping, .payload = full_control},
                                 {.opcode = Opcode::continuation, .fin = false},
                                 {.opcode = Opcode::pong, .payload = "x"},
                                 {.opcode = Opcode::continuation, .payload = "\xAC!"},
                                 {.opcode = Opcode::binary, .payload = medium}});
    const std::vector<Bytes> ends{
        wire_of({{.opcode = Opcode::close, .payload = "\x03\xE9 bye \xC3\xA9"}, {.payload = "x"}}),
        wire_of({{.opcode = Opcode::close}}),
        wire_of({{.opcode = Opcode::close, .payload = "\x03"}}),
        wire_of({{.opcode = Opcode::close, .payload = "\x03\xEDreason"}}),
        wire_of({{.opcode = Opcode::close, .payload = "\x03\xED bad \xFF reason"}}),
        wire_of({{.payload = "ab\xED\xA0\x80 surrogate"}, {.payload = "x"}}),
        wire_of({{.payload = "cut \xE2", .fin = false}, {.opcode = Opcode::continuation}}),
        wire_of({{.masked = false}, {.payload = "x"}}),
        wire_of({{.declared_size = 70'000}}),
        wire_of({{.fin = false}, {.fin = false}}),
        wire_of({{.length_field = 127, .declared_size = 3}}),
        wire_of({{.payload = "unfinished", .declared_size = 900}}),
    };
    std::vector<Bytes> all;
    for (const Bytes& end : ends) {
        all.push_back(start);
        append(all.back(), end);
    }
    return all;
}

TEST(MessageDecoder, TellsTheSameStoryWhereverTheStreamIsCut) {
    for (const Bytes& wire : streams()) {
        const std::string whole = decode(wire);
        SCOPED_TRACE(whole);
        for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
            MessageStory story(small_limits);
            const auto middle = wire.begin() + static_cast<std::ptrdiff_t>(cut);
            story.feed({wire.begin(), middle});
            story.feed({middle, wire.end()});
            ASSERT_EQ(story.text(), whole) << "cut at " << cut;
        }
    }
}

TEST(MessageDecoder, TellsTheSameStoryByteByByte) {
    for (const Bytes& wire : streams()) {
        MessageStory story(small_limits);
        for (const std::byte byte : wire) story.feed(std::span(&byte, 1));
        EXPECT_EQ(story.text(), decode(wire));
    }
}

// Goal: many cuts at once, also where a single one would not hurt.
// Method: a few thousand streams cut at random places; the seed is printed with a failure.
TEST(MessageDecoder, TellsTheSameStoryForRandomCuts) {
    const auto all = streams();
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        const Bytes& wire = all[seed % all.size()];
        MessageStory story(small_limits);
        std::size_t at = 0;
        while (at < wire.size()) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 40, wire.size() - at);
            const auto begin = wire.begin() + static_cast<std::ptrdiff_t>(at);
            story.feed({begin, begin + static_cast<std::ptrdiff_t>(size)});
            at += size;
        }
        ASSERT_EQ(story.text(), decode(wire)) << "seed " << seed;
    }
}

TEST(MessageDecoder, TellsTheSameStoryInAnotherProcess) {
    for (const Bytes& wire : streams()) {
        for (std::size_t cut = 0; cut < wire.size(); ++cut) {
            MessageStory story(small_limits);
            story.feed(std::span(wire).first(cut));
            if (!story.mid_message()) continue;
            ASSERT_TRUE(story.go_on_from(story.image())) << cut;
            story.feed(std::span(wire).subspan(cut));
            ASSERT_EQ(story.text(), decode(wire)) << cut;
        }
    }
}

// In the middle of a frame, which goes on with a text; and in the middle of a control frame in it.
Bytes image_in_a_text() {
    MessageStory story(small_limits);
    story.feed(wire_of({{.payload = "abc", .fin = false}}));
    const Bytes next = ClientFrame{.opcode = Opcode::continuation, .payload = "defghi"}.wire();
    story.feed(std::span(next).first(next.size() - 2));
    return story.image();
}
Bytes image_in_a_control_frame(Opcode opcode) {
    MessageStory story(small_limits);
    story.feed(wire_of({{.payload = "abc", .fin = false}}));
    const Bytes next = ClientFrame{.opcode = opcode,
                                   .payload =
                                       "\x03\xE8"
                                       "ef"}
                           .wire();
    story.feed(std::span(next).first(next.size() - 1));
    return story.image();
}

struct Field {
    const char* name;
    std::size_t offset;  // As describe() lays it out.
    int value;           // Of one byte, or of two.
};

// Which of these are taken all the same.
std::string taken(const Bytes& image, const std::vector<Field>& fields) {
    std::string names;
    for (const Field& field : fields) {
        Bytes changed = image;
        changed.at(field.offset) = static_cast<std::byte>(field.value);
        if (field.value > 255) {
            changed.at(field.offset + 1) = static_cast<std::byte>(field.value >> 8);
        }
        MessageStory story(small_limits);
        if (story.go_on_from(changed)) names += std::string(" ") + field.name;
    }
    return names;
}

TEST(MessageDecoder, RefusesAnImageOfWhatCouldNotBe) {
    const Bytes image = image_in_a_text();
    EXPECT_EQ(taken(image, {{"nothing", 0, 1}}), " nothing");
    EXPECT_EQ(taken(image, {{"failed", 0, 2},
                            {"no state", 0, 3},
                            {"half a header", 1, 3},
                            {"header too long", 1, 14},
                            {"fin of 2", 20, 2},
                            {"reserved bit", 21, 4},
                            {"reserved opcode", 22, 3},
                            {"no opcode", 22, 11},
                            {"unmasked", 23, 0},
                            {"more than a message", 24, 1'001},
                            {"not minimal", 32, 0},
                            {"more than the frame", 33, 7},
                            {"more than is left of the message", 24, 1'000},
                            {"no fragment", 41, 0},
                            {"too many fragments", 41, 5},
                            {"gathered too much", 45, 1'001},
                            {"no place for the rest", 45, 999},
                            {"a message that goes on", 53, 0},
                            {"a message of close", 53, 8},
                            {"compressed", 54, 1},
                            {"four bytes missing", 55, 4},
                            {"begins below", 56, 0x7F},
                            {"ends above", 57, 0xC0},
                            {"ends before it begins", 56, 0xC0},
                            {"control frame too long", 58, 126}}),
              "");
}

TEST(MessageDecoder, RefusesAnImageOfWhatIsGatheredForNoMessage) {
    MessageStory story(small_limits);
    story.feed(wire_of({{.payload = "abc", .fin = false}}));
    EXPECT_EQ(taken(story.image(), {{"nothing", 0, 0}, {"no fragment", 41, 0}}), " nothing");
}

TEST(MessageDecoder, RefusesAnImageOfAControlFrameThatCouldNotBe) {
    const Bytes image = image_in_a_control_frame(Opcode::close);
    EXPECT_EQ(taken(image, {{"nothing", 0, 1}}), " nothing");
    EXPECT_EQ(taken(image, {{"not final", 20, 0},
                            {"too long", 24, 126},
                            {"more than was gathered", 58, 1},
                            {"less than was gathered", 58, 4}}),
              "");
    Bytes half = image_in_a_control_frame(Opcode::close);
    half.at(24) = std::byte{1};  // Of a code that has two bytes.
    half.at(33) = std::byte{0};
    half.at(58) = std::byte{0};
    MessageStory story(small_limits);
    EXPECT_FALSE(story.go_on_from(half));
}

// Goal: what is taken can be gone on with, whatever it says.
// Method: one byte of the image is changed, or two; then what the client had left to say is read,
// and more. The story checks each bound.
TEST(MessageDecoder, GoesOnFromAnyImageThatItTakes) {
    const auto all = streams();
    std::size_t refused = 0;
    for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
        std::mt19937 random(seed);
        const Bytes& wire = all[seed % all.size()];
        const std::size_t cut = random() % wire.size();
        MessageStory story(small_limits);
        story.feed(std::span(wire).first(cut));
        if (!story.mid_message()) continue;
        SCOPED_TRACE("seed " + std::to_string(seed));
        Bytes image = story.image();
        for (std::uint32_t i = 0; i <= seed % 2; ++i) {
            image[random() % 60] = static_cast<std::byte>(random() % 256);
        }
        if (!story.go_on_from(image)) {
            refused += 1;
            continue;
        }
        story.feed(std::span(wire).subspan(cut));
        story.feed(Bytes(3'000, static_cast<std::byte>(random() % 256)));
    }
    EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace ringtick
