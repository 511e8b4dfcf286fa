#include "net/output.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace ringtick {
namespace {

class OutputTest : public testing::Test {
protected:
    // Sends what is in front, of which the kernel takes `size_max` bytes.
    std::string send(std::size_t size_max = SIZE_MAX) {
        const auto front = output.begin_send();
        const auto taken = front.first(std::min(size_max, front.size()));
        std::string text(as_text(taken));
        output.sent(taken.size());
        return text;
    }

    static constexpr std::size_t size = 16;  // Beside the room for last words.
    std::array<std::byte, size + Output::last_words_size_max> memory{};
    Output output{memory};
};

TEST_F(OutputTest, SendsWhatWasAppendedInOrder) {
    EXPECT_TRUE(output.append(as_bytes("ab")));
    EXPECT_TRUE(output.append(as_bytes("cd")));
    EXPECT_EQ(send(), "abcd");
    EXPECT_TRUE(output.empty());
}

TEST_F(OutputTest, WhatAShortSendLeftComesFirst) {
    EXPECT_TRUE(output.append(as_bytes("abcdef")));
    EXPECT_EQ(send(2), "ab");
    EXPECT_TRUE(output.append(as_bytes("gh")));
    EXPECT_EQ(send(), "cdefgh");
}

TEST_F(OutputTest, WhatIsInFlightDoesNotMove) {
    EXPECT_TRUE(output.append(as_bytes("0123456789")));
    send(8);
    const auto front = output.begin_send();
    EXPECT_EQ(as_text(front), "89");
    EXPECT_TRUE(output.append(as_bytes("abcdefghijklmn")));
    EXPECT_FALSE(output.append(as_bytes("o")));
    EXPECT_EQ(as_text(front), "89");
    output.sent(1);
    EXPECT_TRUE(output.append(as_bytes("o")));
    EXPECT_EQ(send(), "9abcdefghijklmno");
}

// However the last send ended, all that is not waiting is free.
TEST_F(OutputTest, EverySendBeginsAtTheFrontOfTheMemory) {
    EXPECT_TRUE(output.append(as_bytes("0123456789abcdef")));
    send(10);
    const auto front = output.begin_send();
    EXPECT_EQ(front.data(), memory.data());
    EXPECT_EQ(output.free().size(), 10U);
}

TEST_F(OutputTest, RefusesTheByteThatIsOneTooManyAndKeepsTheRest) {
    EXPECT_TRUE(output.append(as_bytes("0123456789abcdef")));
    EXPECT_FALSE(output.append(as_bytes("x")));
    EXPECT_EQ(send(), "0123456789abcdef");
}

TEST_F(OutputTest, TheRestOfAFrameGoesBeforeAllThatWasQueuedSince) {
    EXPECT_TRUE(output.append(as_bytes("pong")));
    EXPECT_TRUE(output.prepend(as_bytes("rest")));
    EXPECT_EQ(send(), "restpong");
}

TEST_F(OutputTest, ARestThatDoesNotFitIsRefused) {
    EXPECT_TRUE(output.append(as_bytes("0123456789")));
    EXPECT_FALSE(output.prepend(as_bytes("1234567")));
    EXPECT_TRUE(output.prepend(as_bytes("123456")));
    EXPECT_EQ(send(), "1234560123456789");
}

TEST_F(OutputTest, ABodyFollowsItsHeadAndNothingIsWrittenBehindIt) {
    EXPECT_TRUE(output.append(as_bytes("head")));
    output.commit_body(as_bytes("a body longer than the memory"));
    EXPECT_TRUE(output.free().empty());
    EXPECT_EQ(send(), "head");
    EXPECT_FALSE(output.empty());
    EXPECT_EQ(send(6), "a body");
    EXPECT_EQ(send(), " longer than the memory");
    EXPECT_TRUE(output.empty());
    EXPECT_EQ(output.free().size(), size);
}

TEST_F(OutputTest, ALargeBodyLeavesInPieces) {
    const std::string body = std::string(Output::body_piece_max, 'a') + "rest";
    output.commit_body(as_bytes(body));
    EXPECT_EQ(send(), std::string(Output::body_piece_max, 'a'));
    EXPECT_EQ(send(), "rest");
    EXPECT_TRUE(output.empty());
}

TEST_F(OutputTest, LastWordsFitAlsoWhenNothingElseDoes) {
    EXPECT_TRUE(output.append(as_bytes("0123456789abcdef")));
    EXPECT_FALSE(output.append(as_bytes("x")));
    EXPECT_TRUE(output.append_last_words(as_bytes(" goodbye")));
    EXPECT_EQ(send(), "0123456789abcdef goodbye");
    EXPECT_EQ(output.free().size(), size);
}

}  // namespace
}  // namespace ringtick
