#include "base/text.hpp"

#include <gtest/gtest.h>

namespace ringtick {
namespace {

TEST(Text, TrimsSpacesAndTabsFromBothEndsOnly) {
    EXPECT_EQ(trim(" \t a\t b \t"), "a\t b");
    EXPECT_EQ(trim("a"), "a");
    EXPECT_EQ(trim("a "), "a");
    EXPECT_EQ(trim("\ta"), "a");
}

TEST(Text, TrimsToNothingWhereThereIsNothingElse) {
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim(" \t "), "");
}

// A line feed inside a header's value would be another header: it is no white space to be lost.
TEST(Text, LeavesOtherWhiteSpaceWhereItIs) {
    EXPECT_EQ(trim("\r\na\v"), "\r\na\v");
}

TEST(Text, TenCharactersAreDigits) {
    int digits = 0;
    for (int c = -128; c < 128; ++c) digits += is_digit(static_cast<char>(c)) ? 1 : 0;
    EXPECT_EQ(digits, 10);
    EXPECT_TRUE(is_digit('0') && is_digit('9'));
}

}  // namespace
}  // namespace ringtick
