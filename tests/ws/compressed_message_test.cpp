// What permessage-deflate adds to the decoding of messages (RFC 7692, section 6).
#include "ws/message_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "deflate_reference.hpp"
#include "message_story.hpp"

namespace ringtick {
namespace {

using namespace std::string_literals;

constexpr MessageLimits small_limits{.message_size_max = 1'000, .fragments_max = 4};

std::string decode(const Bytes& wire) {
    Inflater inflater(small_limits.message_size_max);
    MessageStory story(small_limits, &inflater);
    story.feed(wire);
    return story.text();
}

std::string decode(std::initializer_list<ClientFrame> frames) {
    return decode(wire_of(frames));
}

ClientFrame compressed_frame(std::string_view payload) {
    return {.payload = payload, .reserved_bits = compressed_bit};
}

TEST(CompressedMessage, IsInflated) {
    const std::string hello = deflated("hello");
    const std::string bytes = deflated("\xFF\x00\xFF"s);
    EXPECT_EQ(decode({compressed_frame(hello),
                      {.opcode = Opcode::binary, .payload = bytes, .reserved_bits = compressed_bit},
                      compressed_frame("\x00"s)}),
              "text(hello) binary(\xFF\x00\xFF) text()"s);
}

TEST(CompressedMessage, MayStandBetweenPlainOnes) {
    const std::string hello = deflated("hello");
    EXPECT_EQ(
        decode(
            {{.payload = "a"}, compressed_frame(hello), {.payload = "b"}, compressed_frame(hello)}),
        "text(a) text(hello) text(b) text(hello)");
}

// RFC 7692, section 6.1: the bit stands on the first fragment only, and says it of all.
TEST(CompressedMessage, MayComeInFragmentsWithControlFramesBetween) {
    const std::string hello = deflated("hello, hello, hello");
    const std::string_view whole = hello;
    ClientFrame first = compressed_frame(whole.substr(0, 2));
    first.fin = false;
    EXPECT_EQ(decode({first,
                      {.opcode = Opcode::ping, .payload = "p"},
                      {.opcode = Opcode::continuation, .fin = false},
                      {.opcode = Opcode::continuation, .payload = whole.substr(2)},
                      {.payload = "plain"}}),
              "ping(p) text(hello, hello, hello) text(plain)");
    first.payload = "";
    EXPECT_EQ(decode({first, {.opcode = Opcode::continuation, .payload = whole}}),
              "text(hello, hello, hello)");
}

TEST(CompressedMessage, IsRefusedWhereTheBitMayNotStand) {
    const ClientFrame first{.payload = "a", .fin = false};
    EXPECT_EQ(decode({first, {.opcode = Opcode::continuation, .reserved_bits = compressed_bit}}),
              "!1002");
    EXPECT_EQ(decode({{.opcode = Opcode::continuation, .reserved_bits = compressed_bit}}), "!1002");
    for (const Opcode control : {Opcode::ping, Opcode::pong, Opcode::close}) {
        EXPECT_EQ(decode({{.opcode = control, .reserved_bits = compressed_bit}}), "!1002");
    }
    for (const int bits : {1, 2, 3, 5, 6, 7}) {
        EXPECT_EQ(decode({{.payload = "a", .reserved_bits = static_cast<std::uint8_t>(bits)}}),
                  "!1002")
            << bits;
    }
    EXPECT_EQ(decode({{.opcode = Opcode{3}, .reserved_bits = compressed_bit}}), "!1002");
}

TEST(CompressedMessage, IsRefusedUnlessItWasNegotiated) {
    MessageStory story(small_limits);
    const std::string hello = deflated("hello");
    story.feed(wire_of({{.payload = "plain"}, compressed_frame(hello)}));
    EXPECT_EQ(story.text(), "text(plain) !1002");
}

TEST(CompressedMessage, IsRefusedIfItIsNoDeflateStream) {
    EXPECT_EQ(decode({{.payload = "good"}, compressed_frame("\xFF\xFF")}), "text(good) !1007");
    const std::string cut = deflated(prose(500)).substr(0, 30);
    EXPECT_EQ(decode({compressed_frame(cut)}), "!1007");
}

// RFC 6455, section 8.1, of what it was before it was compressed.
TEST(CompressedMessage, MustBeTextIfItSaysSo) {
    for (const std::string text : {"bad \xFF", "cut \xE2\x82", "\xED\xA0\x80"}) {
        EXPECT_EQ(decode({compressed_frame(deflated(text))}), "!1007");
    }
    EXPECT_EQ(decode({compressed_frame(deflated("\xE2\x82\xAC"))}), "text(\xE2\x82\xAC)");
    // The compressed bytes need not be: these are no UTF-8 wherever they are cut.
    ClientFrame first = compressed_frame("\xF2\x48");
    first.fin = false;
    EXPECT_EQ(decode({first, {.opcode = Opcode::continuation, .payload = "\xCD\xC9\xC9\x07\x00"s}}),
              "text(Hello)");
}

// Before it is gathered, and while it is inflated.
TEST(CompressedMessage, IsLimitedOnTheWireAndInflated) {
    const std::string whole = noise(1'000);
    const std::string stored = deflated(whole, {.level = 0});
    ASSERT_GT(stored.size(), whole.size());
    const ClientFrame most{
        .opcode = Opcode::binary, .payload = stored, .reserved_bits = compressed_bit};
    EXPECT_EQ(decode({most}), "binary(" + whole + ")");
    const std::string over = deflated(std::string(1'001, 'x'));
    EXPECT_EQ(decode({compressed_frame(over)}), "!1009");
    const std::string bomb = deflated(std::string(1'000'000, 'x'));
    EXPECT_EQ(decode({compressed_frame(bomb)}), "!1009");

    ClientFrame declared = compressed_frame("x");
    declared.declared_size = compressed_size_max(1'000) + 1;
    EXPECT_EQ(decode({declared}), "!1009");
    declared.declared_size = compressed_size_max(1'000);
    EXPECT_EQ(decode({declared}), "");
    // What is not compressed keeps its own limit.
    EXPECT_EQ(decode({{.declared_size = 1'001}}), "!1009");
    EXPECT_EQ(decode({{.payload = "a", .fin = false},
                      {.opcode = Opcode::continuation, .declared_size = 1'000}}),
              "!1009");
}

TEST(CompressedMessage, CountsItsFragments) {
    ClientFrame first = compressed_frame("");
    first.fin = false;
    const ClientFrame middle{.opcode = Opcode::continuation, .fin = false};
    EXPECT_EQ(decode({first, middle, middle, middle, middle}), "!1008");
}

TEST(CompressedMessage, IsPassedOverOnceNoMessageMatters) {
    Inflater inflater(small_limits.message_size_max);
    MessageStory story(small_limits, &inflater);
    story.stop_inflating();
    const std::string hello = deflated("hello");
    story.feed(wire_of({compressed_frame(hello), {.opcode = Opcode::close}}));
    EXPECT_EQ(story.text(), "close(0,)");
    EXPECT_EQ(inflater.stats().messages, 0U);
}

// Every kind of block, and every way to end.
std::vector<Bytes> streams() {
    static const std::string text = deflated(prose(700));
    static const std::string stored = deflated("stored", {.level = 0});
    static const std::string final_block =
        deflated("final ", {.flush = Z_FINISH}) + deflated("more");
    static const std::string kept_tail = deflated("kept", {.keep_tail = true});
    static const std::string bomb = deflated(std::string(9'000, 'x'));
    static const std::string bad_text = deflated("bad \xFF text");
    static const std::string_view whole = text;
    ClientFrame first = compressed_frame(whole.substr(0, 20));
    first.fin = false;
    const Bytes start = wire_of({first,
                                 {.opcode = Opcode::ping, .payload = "p"},
                                 {.opcode = Opcode::continuation, .payload = whole.substr(20)},
                                 {.payload = "plain"},
                                 compressed_frame(stored),
                                 compressed_frame("")});
    const std::vector<Bytes> ends{
        wire_of({compressed_frame(final_block), {.opcode = Opcode::close}}),
        wire_of({compressed_frame(kept_tail), {.opcode = Opcode::close}}),
        wire_of({compressed_frame(bomb), {.payload = "x"}}),
        wire_of({compressed_frame(bad_text), {.payload = "x"}}),
        wire_of({compressed_frame("corrupt"), {.payload = "x"}}),
        wire_of({first, {.opcode = Opcode::continuation}, {.payload = "x"}}),
        wire_of({{.opcode = Opcode::ping, .reserved_bits = compressed_bit}, {.payload = "x"}}),
    };
    std::vector<Bytes> all;
    for (const Bytes& end : ends) {
        all.push_back(start);
        append(all.back(), end);
    }
    return all;
}

TEST(CompressedMessage, TellsTheSameStoryWhereverTheStreamIsCut) {
    Inflater inflater(small_limits.message_size_max);
    for (const Bytes& wire : streams()) {
        const std::string whole = decode(wire);
        SCOPED_TRACE(whole);
        for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
            MessageStory story(small_limits, &inflater);
            const auto middle = wire.begin() + static_cast<std::ptrdiff_t>(cut);
            story.feed({wire.begin(), middle});
            story.feed({middle, wire.end()});
            ASSERT_EQ(story.text(), whole) << "cut at " << cut;
        }
    }
}

// Goal: two clients share the inflater, and neither's message is affected by the other's.
// Method: random cuts, the two streams turn by turn; the seed is printed with a failure.
TEST(CompressedMessage, TellsTheSameStoryForRandomCutsBesideAnother) {
    const auto all = streams();
    Inflater inflater(small_limits.message_size_max);
    for (std::uint32_t seed = 0; seed < 1'000; ++seed) {
        std::mt19937 random(seed);
        const Bytes* wires[] = {&all[seed % all.size()], &all[random() % all.size()]};
        MessageStory stories[] = {MessageStory(small_limits, &inflater),
                                  MessageStory(small_limits, &inflater)};
        std::size_t at[] = {0, 0};
        while (at[0] < wires[0]->size() || at[1] < wires[1]->size()) {
            const std::size_t who = random() % 2;
            const std::size_t left = wires[who]->size() - at[who];
            const std::size_t size = std::min<std::size_t>(1 + random() % 60, left);
            stories[who].feed(std::span(*wires[who]).subspan(at[who], size));
            at[who] += size;
        }
        for (const std::size_t who : {0U, 1U}) {
            ASSERT_EQ(stories[who].text(), decode(*wires[who])) << "seed " << seed;
        }
    }
}

}  // namespace
}  // namespace ringtick
