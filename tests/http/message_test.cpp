#include "http/message.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ringtick::http {
namespace {

constexpr std::array<Header, 5> headers{{{"Host", "a"},
                                         {"Connection", "keep-alive, Upgrade"},
                                         {"X", "first"},
                                         {"x", "second"},
                                         {"CONNECTION", ",, \t,close\t,"}}};
constexpr Request request{.headers = headers};

TEST(Request, FindsTheFirstHeaderOfANameInAnyCase) {
    EXPECT_EQ(request.find("hOST"), "a");
    EXPECT_EQ(request.find("X"), "first");
    EXPECT_EQ(request.find("Hos"), std::nullopt);
    EXPECT_EQ(request.find(""), std::nullopt);
}

TEST(Request, CountsTheHeadersOfAName) {
    EXPECT_EQ(request.count("X"), 2U);
    EXPECT_EQ(request.count("host"), 1U);
    EXPECT_EQ(request.count("Y"), 0U);
}

// RFC 9110, sections 5.3 and 5.6.1: one list over several headers, with empty elements in it.
TEST(Request, FindsATokenInAListInAnyCase) {
    EXPECT_TRUE(request.has_token("Connection", "upgrade"));
    EXPECT_TRUE(request.has_token("connection", "KEEP-ALIVE"));
    EXPECT_TRUE(request.has_token("Connection", "close"));
    EXPECT_FALSE(request.has_token("Connection", "keep"));
    EXPECT_FALSE(request.has_token("Connection", ""));
    EXPECT_FALSE(request.has_token("Upgrade", "websocket"));
}

TEST(Request, ComparesWithoutCaseInAsciiOnly) {
    constexpr std::array<Header, 1> odd{{{"Connection", "\xC5\xBFlose, [lose, {lose"}}};
    const Request other{.headers = odd};
    EXPECT_FALSE(other.has_token("Connection", "slose"));
    EXPECT_TRUE(other.has_token("Connection", "[LOSE"));
    EXPECT_FALSE(other.has_token("Connection", "\x1BLOSE"));
}

}  // namespace
}  // namespace ringtick::http
