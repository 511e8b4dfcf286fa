#include "http/request_parser.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "request_story.hpp"

namespace ringtick::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr RequestLimits default_limits;

std::string parse(std::string_view stream) {
    RequestStory story(stream);
    story.grow_to(stream.size());
    return story.text();
}

// A request that is fine but for these lines.
std::string parse_with(std::string_view lines) {
    return parse("GET / HTTP/1.1\r\nHost: a\r\n"s.append(lines).append("\r\n"));
}

std::string parse_target(std::string_view target) {
    return parse("GET "s.append(target).append(" HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST(RequestParser, ReadsARequest) {
    EXPECT_EQ(parse("GET /play/room?name=x HTTP/1.1\r\nHost: a:9001\r\nX-Y:  b c \t\r\nE:\r\n\r\n"),
              "GET /play/room?name=x 1.1 keep-alive [Host=a:9001][X-Y=b c][E=] +");
    EXPECT_EQ(parse("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), "HEAD / 1.1 keep-alive [Host=a] +");
}

// The server answers these with 405; so they must be parsed.
TEST(RequestParser, ReadsMethodsThatAreNotServed) {
    for (const char* method : {"PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
        EXPECT_EQ(parse(method + " / HTTP/1.1\r\nHost: a\r\n\r\n"s),
                  "other / 1.1 keep-alive [Host=a] +");
    }
}

// With a body it is left to its refusal.
TEST(RequestParser, ReadsAPostWithoutABody) {
    const auto post = [](const std::string& fields) {
        return parse("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    };
    EXPECT_EQ(post(""), "POST / 1.1 keep-alive [Host=a] +");
    EXPECT_EQ(post("Content-Length: 00\r\n"),
              "POST / 1.1 keep-alive [Host=a][Content-Length=00] +");
    EXPECT_EQ(post("Content-Length: 1\r\n"), "other / 1.1 keep-alive [Host=a][Content-Length=1] +");
}

TEST(RequestParser, LeavesWhatFollowsTheHead) {
    EXPECT_EQ(parse("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n"),
              "GET /1 1.1 keep-alive [Host=a] +GET /2 HTTP/1.1\r\n");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nrest"),
              "GET / 1.1 close [Host=a][Connection=close] +rest");
}

TEST(RequestParser, WaitsForTheWholeHead) {
    EXPECT_EQ(parse(""), "more");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\n\r"), "more");
    RequestParser parser;
    EXPECT_FALSE(parser.started());
    EXPECT_EQ(parser.parse(as_bytes("G")), RequestParser::State::need_input);
    EXPECT_TRUE(parser.started());
}

// RFC 9112, section 9.3.
TEST(RequestParser, KnowsWhetherTheConnectionPersists) {
    const auto persists = [](std::string_view version, std::string_view connection) {
        const std::string head = "GET / HTTP/"s.append(version).append("\r\nHost: a\r\n");
        return parse(head + "Connection: "s.append(connection) + "\r\n\r\n").find(" keep-alive ") !=
               std::string::npos;
    };
    EXPECT_TRUE(persists("1.1", ""));
    EXPECT_TRUE(persists("1.1", "keep-alive"));
    EXPECT_FALSE(persists("1.1", "close"));
    EXPECT_FALSE(persists("1.1", "Upgrade, CLOSE"));
    EXPECT_FALSE(persists("1.0", ""));
    EXPECT_TRUE(persists("1.0", "Keep-Alive"));
    EXPECT_FALSE(persists("1.0", "keep-alive, close"));
}

// RFC 9112, section 3.
TEST(RequestParser, RefusesARequestLineThatIsNotExact) {
    const std::string rest = "\r\nHost: a\r\n\r\n";
    for (const char* line : {"GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
                             "GET\t/ HTTP/1.1", " GET / HTTP/1.1", "GET /", "GET HTTP/1.1",
                             "get / HTTP/1.1", "BREW / HTTP/1.1", "GET / http/1.1", "GET / HTTP/1",
                             "GET / HTTP/1.10", "GET / HTTP/1,1", "GET / HTTPS/1.1"}) {
        EXPECT_EQ(parse(line + rest), "400") << line;
    }
}

TEST(RequestParser, RefusesOtherVersionsAndProtocols) {
    const std::string rest = "\r\nHost: a\r\n\r\n";
    for (const char* line :
         {"GET / HTTP/0.9", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / HTTP/3.0", "GET / RTSP/1.0",
          "OPTIONS / RTSP/1.0", "SOURCE / ICE/1.0", "PRI * HTTP/2.0"}) {
        EXPECT_EQ(parse(line + rest), "400") << line;
    }
}

TEST(RequestParser, RefusesATlsHello) {
    EXPECT_EQ(parse("\x16\x03\x01\x02"), "400");
}

// RFC 9112, section 2.2: empty lines before a request are ignored.
TEST(RequestParser, IgnoresEmptyLinesBeforeARequest) {
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(parse("\r\n\r\n" + request), "GET / 1.1 keep-alive [Host=a] +");
    EXPECT_EQ(parse("\n" + request), "400");
    EXPECT_EQ(parse("\r" + request), "400");
}

TEST(RequestParser, RefusesBareLineFeedsAndCarriageReturns) {
    for (const char* stream :
         {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\nHost:\n\r\n",
          "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n\rX", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"}) {
        EXPECT_EQ(parse(stream), "400") << stream;
    }
}

// RFC 9112, section 5.2.
TEST(RequestParser, RefusesFoldedLines) {
    EXPECT_EQ(parse_with("X: a\r\n b\r\n"), "400");
    EXPECT_EQ(parse_with("X: a\r\n\tb\r\n"), "400");
    EXPECT_EQ(parse_with("X:\r\n b\r\n"), "400");
    EXPECT_EQ(parse_with("X: a\r\n \r\n"), "400");
    EXPECT_EQ(parse_with("Transfer-Encoding:\r\n chunked\r\n"), "400");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), "400");
}

// RFC 9110, section 5.1, and RFC 9112, section 5.1.
TEST(RequestParser, RefusesBadHeaderNames) {
    for (const std::string_view line :
         {": a\r\n"sv, "X : a\r\n"sv, "X\t: a\r\n"sv, "X Y: a\r\n"sv, "X\r\n"sv, "X\0Y: a\r\n"sv,
          "X\rY: a\r\n"sv, "X\nY: a\r\n"sv, "X\xE4Y: a\r\n"sv, "X\x7F: a\r\n"sv, "X(Y): a\r\n"sv,
          "\"X\": a\r\n"sv, "X/Y: a\r\n"sv, "Content-Length : 0\r\n"sv,
          "Transfer-Encoding : chunked\r\n"sv, "Connection : close\r\n"sv}) {
        EXPECT_EQ(parse_with(line), "400") << line;
    }
}

// RFC 9110, section 5.5. Bytes over 127 are allowed in values, and opaque.
TEST(RequestParser, RefusesControlCharactersInHeaderValues) {
    for (int c = 0; c < 256; ++c) {
        const std::string value{'a', static_cast<char>(c), 'b'};
        const bool allowed = c == '\t' || (c >= ' ' && c != 0x7F);
        const std::string fine = "GET / 1.1 keep-alive [Host=a][X=" + value + "] +";
        EXPECT_EQ(parse_with("X: " + value + "\r\n"), allowed ? fine : "400") << c;
    }
}

// RFC 9112, section 3.2.
TEST(RequestParser, DemandsExactlyOneHost) {
    EXPECT_EQ(parse("GET / HTTP/1.1\r\n\r\n"), "400");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "400");
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: \t \r\n\r\n"), "400");
    EXPECT_EQ(parse_with("Host: a\r\n"), "400");
    EXPECT_EQ(parse_with("host: b\r\n"), "400");
    for (const char* host : {"a,b",   "a b",    "a/b",     "a@b",   "a\\b",   "a?b",  "a#b",
                             "a\xE4", "a:b",    "a:80:80", "a:8x",  ":80",    ":",    "[::1",
                             "::1]",  "[::1]x", "[]",      "[]:80", "[::1]]", "a[b]", "[::1]:x"}) {
        EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"), "400") << host;
    }
    for (const char* host :
         {"a:80", "a:", "127.0.0.1", "a-b.c_d~e", "%61", "[::1]", "[fe80::1%25a]"}) {
        EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"),
                  "GET / 1.1 keep-alive [Host="s + host + "] +");
    }
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: [::1]:9001\r\n\r\n"),
              "GET / 1.1 keep-alive [Host=[::1]:9001] +");
    EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), "GET / 1.0 close  +");
    EXPECT_EQ(parse("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), "400");
}

TEST(RequestParser, RefusesABody) {
    EXPECT_EQ(parse_with("Content-Length: 5\r\n"), "413");
    EXPECT_EQ(parse_with("Content-Length: 9999999999999999999\r\n"), "413");
    EXPECT_EQ(parse_with("Content-Length: 0\r\n"),
              "GET / 1.1 keep-alive [Host=a][Content-Length=0] +");
    EXPECT_EQ(parse_with("Content-Length: 0 \r\n"),
              "GET / 1.1 keep-alive [Host=a][Content-Length=0] +");
    EXPECT_EQ(parse_with("Upgrade: websocket\r\nContent-Length: 5\r\n"), "400");
}

// The server answers these with 405, unless nobody would take so much.
TEST(RequestParser, LeavesAModestBodyToTheRefusalOfItsMethod) {
    const auto post = [](const std::string& length) {
        return parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
    };
    EXPECT_EQ(post("5"), "other / 1.1 keep-alive [Host=a][Content-Length=5] +");
    EXPECT_EQ(post("00009999"), "other / 1.1 keep-alive [Host=a][Content-Length=00009999] +");
    EXPECT_EQ(post("10000"), "413");
    EXPECT_EQ(post("-1"), "400");
}

// RFC 9112, section 3.2.4.
TEST(RequestParser, TakesAnAsteriskOnlyFromOptions) {
    EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "other  1.1 keep-alive [Host=a] +");
    EXPECT_EQ(parse("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n"), "400");
    EXPECT_EQ(parse("POST * HTTP/1.1\r\nHost: a\r\n\r\n"), "400");
    EXPECT_EQ(parse_target("*"), "400");
}

TEST(RequestParser, KnowsTheMethodOfWhatItRefuses) {
    const auto method_of = [](std::string_view text) {
        RequestParser parser;
        parser.parse(as_bytes(text));
        return parser.method();
    };
    EXPECT_EQ(method_of("HEAD /.. HTTP/1.1\r\nHost: a\r\n\r\n"), Method::head);
    EXPECT_EQ(method_of("GET /.. HTTP/1.1\r\nHost: a\r\n\r\n"), Method::get);
    EXPECT_EQ(method_of("POST /.. HTTP/1.1\r\nHost: a\r\n\r\n"), Method::other);
    EXPECT_EQ(method_of("BREW / HTTP/1.1\r\n\r\n"), Method::other);
    EXPECT_EQ(method_of(""), Method::other);
}

TEST(RequestParser, RefusesEveryTransferEncoding) {
    for (const char* coding : {"chunked", "identity", "gzip, chunked", "chunked, foo", "foo", ""}) {
        EXPECT_EQ(parse_with("Transfer-Encoding: "s + coding + "\r\n"), "400") << coding;
    }
}

// RFC 9112, sections 6.1 to 6.3: what smuggles a request past a proxy.
TEST(RequestParser, RefusesDoubtfulContentLengths) {
    for (const char* lines :
         {"Content-Length: 0\r\nContent-Length: 0\r\n",
          "Content-Length: 0\r\nContent-Length: 5\r\n", "Content-Length: 0, 0\r\n",
          "Content-Length: -1\r\n", "Content-Length: +0\r\n", "Content-Length: 0x0\r\n",
          "Content-Length:\r\n", "Content-Length: 1 1\r\n", "Content-Length: a\r\n",
          "Content-Length: 11111111111111111111\r\n", "Content-Length: 99999999999999999999\r\n",
          "Content-Length: 00000000000000000000\r\n",
          "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"}) {
        EXPECT_EQ(parse_with(lines), "400") << lines;
    }
}

TEST(RequestParser, RefusesPathsThatLeadElsewhere) {
    for (const char* path : {"/..",    "/../etc/passwd", "/a/../b", "/a/..", "/%2e%2e/", "/%2E%2E/",
                             "/.%2e/", "/%2E./",         "/..%2f",  "/a\\b", "/a%5cb",   "/a%5Cb",
                             "/%00",   "/a%00.js",       "/%",      "/%2",   "/%zz",     "/%2g",
                             "/%+1",   "/% 1",           "a",       "*",     "/a#b",     "//..",
                             "/\x7F",  "/\xE4"}) {
        EXPECT_EQ(parse_target(path), "400") << path;
    }
    EXPECT_EQ(parse_target("/\0"sv), "400");
    EXPECT_EQ(parse_target("/a\tb"), "400");
}

TEST(RequestParser, TakesOtherPathsAsTheyAre) {
    for (const char* path : {"/", "/.", "/.well-known/x", "/a.b.c", "/%41%7e", "/a%2fb", "//",
                             "/a;b", "/a?..", "/a?%zz", "/a?x?y"}) {
        EXPECT_EQ(parse_target(path), "GET "s + path + " 1.1 keep-alive [Host=a] +") << path;
    }
}

// RFC 9112, section 3.2.2. The authority in it and the Host must agree.
TEST(RequestParser, TakesTheAbsoluteForm) {
    EXPECT_EQ(parse_target("http://a/b?c"), "GET /b?c 1.1 keep-alive [Host=a] +");
    EXPECT_EQ(parse_target("HTTPS://A/b"), "GET /b 1.1 keep-alive [Host=a] +");
    EXPECT_EQ(parse_target("http://a"), "GET / 1.1 keep-alive [Host=a] +");
    EXPECT_EQ(parse_target("http://a?q"), "GET /?q 1.1 keep-alive [Host=a] +");
    for (const char* target : {"http://b/", "http:///", "ftp://a/", "http://a/../b", "http://a:80/",
                               "http://u@a/", "http:/a/"}) {
        EXPECT_EQ(parse_target(target), "400") << target;
    }
}

std::string head_of_size(std::size_t size) {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return head + std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
}

TEST(RequestParser, LimitsTheHead) {
    EXPECT_TRUE(parse(head_of_size(default_limits.head_size_max)).starts_with("GET / 1.1"));
    EXPECT_EQ(parse(head_of_size(default_limits.head_size_max + 1)), "431");
    EXPECT_EQ(parse(head_of_size(9'216 + 30)), "431");
    const std::string unfinished = head_of_size(20'000).substr(0, default_limits.head_size_max);
    EXPECT_EQ(parse(unfinished), "431");
    EXPECT_EQ(parse(unfinished.substr(1)), "400") << "ET is no method";
}

TEST(RequestParser, LimitsTheRequestLine) {
    const auto line_of_size = [](std::size_t size) {
        const std::string_view around = "GET / HTTP/1.1";
        return "GET /" + std::string(size - around.size(), 'x') + " HTTP/1.1";
    };
    const std::string rest = "\r\nHost: a\r\n\r\n";
    const std::size_t limit = default_limits.request_line_size_max;
    EXPECT_TRUE(parse(line_of_size(limit - 1) + rest).starts_with("GET /xxx"));
    EXPECT_EQ(parse(line_of_size(limit + 1) + rest), "414");
    EXPECT_EQ(parse(line_of_size(100'000) + rest), "414");
    EXPECT_EQ(parse("GET /" + std::string(5'000, 'x')), "414");
}

TEST(RequestParser, LimitsTheNumberOfHeaders) {
    const auto with_headers = [](std::size_t count) {
        std::string lines;
        for (std::size_t i = 1; i < count; ++i) lines += "X" + std::to_string(i) + ": a\r\n";
        return parse_with(lines);
    };
    EXPECT_TRUE(with_headers(64).ends_with("[X63=a] +"));
    EXPECT_EQ(with_headers(65), "431");
    EXPECT_EQ(with_headers(500), "431");
}

TEST(RequestParser, KeepsItsAnswer) {
    const std::string stream = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    RequestParser parser;
    parser.parse(as_bytes(stream));
    EXPECT_EQ(parser.parse(as_bytes(stream)), RequestParser::State::complete);
    EXPECT_EQ(parser.head_size(), stream.size() - 4);

    RequestParser refusing;
    refusing.parse(as_bytes("\x16"));
    EXPECT_EQ(refusing.parse(as_bytes(stream)), RequestParser::State::refused);
}

std::vector<std::string> streams() {
    std::string many;
    for (int i = 0; i < 80; ++i) many += "X" + std::to_string(i) + ": y\r\n";
    const std::string good = "GET /a?b HTTP/1.1\r\nHost: a:1\r\nConnection: Upgrade, close\r\n";
    return {good + "Content-Length: 0\r\nE:\r\nUpgrade: websocket\r\n\r\nGET / HTTP/1.1",
            "\r\n" + good + "\r\n\x81\x85",
            good + many + "\r\n",
            good + many + "X\x01: y",
            good + "Content-Length: 5\r\n\r\nhello",
            good + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            good + "X : y\r\n\r\n",
            good + "X: y\r\n z\r\n\r\n",
            good + "X: y\n\r\n",
            good + "Host: a:1\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET /../a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "OPTIONS / RTSP/1.0\r\n\r\n"};
}

TEST(RequestParser, SaysTheSameWhereverTheStreamIsCut) {
    for (const std::string& stream : streams()) {
        const std::string whole = parse(stream);
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            RequestStory story(stream);
            story.grow_to(cut);
            story.grow_to(stream.size());
            ASSERT_EQ(story.text(), whole) << stream << " cut at " << cut;
        }
    }
}

TEST(RequestParser, SaysTheSameByteByByteAlsoAtTheLimits) {
    auto all = streams();
    for (const std::size_t size : {8'191U, 8'192U, 8'193U}) all.push_back(head_of_size(size));
    for (const std::size_t size : {4'080U, 4'082U, 4'083U, 4'084U, 4'200U}) {
        all.push_back("GET /" + std::string(size, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (const std::string& stream : all) {
        RequestStory story(stream);
        for (std::size_t size = 0; size <= stream.size(); ++size) story.grow_to(size);
        EXPECT_EQ(story.text(), parse(stream)) << stream;
    }
}

TEST(RequestParser, SaysTheSameForRandomCuts) {
    const auto all = streams();
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        const std::string& stream = all[seed % all.size()];
        RequestStory story(stream);
        for (std::size_t size = 0; size < stream.size(); size += 1 + random() % 50) {
            story.grow_to(size);
        }
        story.grow_to(stream.size());
        ASSERT_EQ(story.text(), parse(stream)) << "seed " << seed;
    }
}

}  // namespace
}  // namespace ringtick::http
