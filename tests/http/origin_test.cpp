#include "http/origin.hpp"

#include <gtest/gtest.h>

namespace ringtick::http {
namespace {

bool served_by(std::string_view origin,
               std::string_view host,
               Transport transport = Transport::plain) {
    const auto parsed = parse_origin(origin);
    return parsed && is_served_by(*parsed, host, transport);
}

TEST(Origin, IsServedByItsOwnHost) {
    EXPECT_TRUE(served_by("http://example.com", "example.com"));
    EXPECT_TRUE(served_by("http://Example.COM:9001", "example.com:9001"));
    EXPECT_TRUE(served_by("http://[::1]:9001", "[::1]:9001"));
    EXPECT_TRUE(served_by("http://[::1]", "[::1]"));
}

TEST(Origin, KnowsThePortThatItsSchemeLeavesOut) {
    EXPECT_TRUE(served_by("http://example.com", "example.com:80"));
    EXPECT_TRUE(served_by("http://example.com:80", "example.com"));
    EXPECT_TRUE(served_by("https://example.com", "example.com:443"));
    EXPECT_TRUE(served_by("HTTPS://example.com:443", "example.com"));
    EXPECT_FALSE(served_by("https://example.com", "example.com:80"));
    EXPECT_FALSE(served_by("http://example.com", "example.com:443"));
    EXPECT_FALSE(served_by("http://[::1]:80", "[::1]:9001"));
}

TEST(Origin, IsNotServedByAnotherHost) {
    EXPECT_FALSE(served_by("http://example.com", "example.org"));
    EXPECT_FALSE(served_by("http://example.com.evil.org", "example.com"));
    EXPECT_FALSE(served_by("http://example.com", "example.com.evil.org"));
    EXPECT_FALSE(served_by("http://example.com:9001", "example.com:9002"));
    EXPECT_FALSE(served_by("http://example.com", ""));
    EXPECT_FALSE(served_by("ftp://example.com", "example.com"));
    EXPECT_FALSE(served_by("file://example.com", "example.com"));
}

// Where TLS ends here we know our own scheme. Whoever is on the way can answer for http://.
TEST(Origin, IsSecureWhereWeAre) {
    EXPECT_TRUE(served_by("https://example.com", "example.com", Transport::tls));
    EXPECT_TRUE(served_by("HTTPS://example.com:9001", "example.com:9001", Transport::tls));
    EXPECT_FALSE(served_by("http://example.com", "example.com", Transport::tls));
    EXPECT_FALSE(served_by("http://example.com:9001", "example.com:9001", Transport::tls));
    EXPECT_FALSE(served_by("https://example.org", "example.com", Transport::tls));
}

TEST(Origin, RefusesWhatIsNotAnOrigin) {
    for (const char* text : {"",
                             "null",
                             "example.com",
                             "//example.com",
                             "://example.com",
                             "http:/example.com",
                             "http://",
                             "http://:80",
                             "http://a/",
                             "http://a/b",
                             "http://a:",
                             "http://a:b",
                             "http://a:80:80",
                             "http://a:80x",
                             "http://u@a",
                             "http://a?b",
                             "http://a#b",
                             "http://a http://b",
                             "http://a,b",
                             "http://[::1",
                             "http://[::1]x",
                             "http://a\\b",
                             "http:// a"}) {
        EXPECT_FALSE(parse_origin(text).has_value()) << text;
    }
}

TEST(Origin, NamesTheHostOfAHeader) {
    EXPECT_EQ(host_of("game.example:9001"), "game.example");
    EXPECT_EQ(host_of("game.example"), "game.example");
    EXPECT_EQ(host_of("[::1]:9001"), "[::1]");
    for (const char* text : {"", ":9001", "[::1", "a:b", "a:"}) {
        EXPECT_EQ(host_of(text), "") << text;
    }
}

TEST(Origin, IsTheSameWithItsPortWrittenOrNot) {
    const auto same = [](std::string_view a, std::string_view b) {
        return same_origin(*parse_origin(a), *parse_origin(b));
    };
    EXPECT_TRUE(same("https://game.example", "HTTPS://Game.Example:443"));
    EXPECT_FALSE(same("https://game.example", "http://game.example"));
    EXPECT_FALSE(same("https://game.example", "https://game.example:444"));
    EXPECT_FALSE(same("https://game.example", "https://a.game.example"));
}

}  // namespace
}  // namespace ringtick::http
