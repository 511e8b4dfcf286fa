#include "http/assets.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick::http {
namespace {

constexpr std::string_view page_bytes = "<p>page</p>";
constexpr std::string_view gzip_bytes = "squeezed";

const Asset page{.path = "/",
                 .content_type = "text/html",
                 .etag = "\"abc\"",
                 .bytes = as_bytes(page_bytes),
                 .gzip = as_bytes(gzip_bytes)};
const Asset image{.path = "/x.png",
                  .content_type = "image/png",
                  .etag = "\"def\"",
                  .bytes = as_bytes(page_bytes)};

// The whole response as one text.
std::string answer(const Asset& asset, std::vector<Header> headers, Method method = Method::get) {
    const Request request{.method = method, .keep_alive = true, .headers = headers};
    std::array<std::byte, 1024> out{};
    const AssetResponse response = write_asset_response(out, asset, request);
    EXPECT_GT(response.head_size, 0U);
    std::string text(as_text(std::span(out).first(response.head_size)));
    return text.append(as_text(response.body));
}

bool has_line(const std::string& response, std::string_view line) {
    return response.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

bool has_header(const std::string& response, std::string_view name) {
    return response.find("\r\n" + std::string(name) + ":") != std::string::npos;
}

TEST(Assets, AreFoundByTheirExactPath) {
    const std::vector<Asset> assets{page, image};
    EXPECT_EQ(find_asset(assets, "/x.png"), &assets[1]);
    EXPECT_EQ(find_asset(assets, "/"), &assets[0]);
    EXPECT_EQ(find_asset(assets, "/x.pn"), nullptr);
    EXPECT_EQ(find_asset(assets, "//x.png"), nullptr);
    EXPECT_EQ(find_asset(assets, ""), nullptr);
    EXPECT_EQ(find_asset({}, "/"), nullptr);
}

TEST(Assets, AreServedWhole) {
    const std::string response = answer(page, {});
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(has_line(response, "Content-Type: text/html"));
    EXPECT_TRUE(has_line(response, "Content-Length: 11"));
    EXPECT_TRUE(has_line(response, "ETag: \"abc\""));
    EXPECT_TRUE(has_line(response, "Cache-Control: no-cache"));
    EXPECT_FALSE(has_header(response, "Content-Encoding"));
    EXPECT_TRUE(response.ends_with("\r\n\r\n<p>page</p>"));
}

TEST(Assets, AreServedWithoutABodyToHead) {
    const std::string response = answer(page, {}, Method::head);
    EXPECT_TRUE(has_line(response, "Content-Length: 11"));
    EXPECT_TRUE(response.ends_with("\r\n\r\n"));
}

// RFC 9110, section 12.5.3.
TEST(Assets, AreCompressedForWhoAcceptsIt) {
    const auto compressed = [](const char* accept) {
        return has_line(answer(page, {{"accept-encoding", accept}}), "Content-Encoding: gzip");
    };
    for (const char* accept :
         {"gzip", "GZIP", "br, gzip", "deflate, gzip;q=0.001, br", "*", "gzip ; Q=1.0",
          "br;q=0, *;q=0.1", "*;q=0, gzip", "gzip;x=1;q=0.5"}) {
        EXPECT_TRUE(compressed(accept)) << accept;
    }
    for (const char* accept : {"", "br", "identity", "gzip;q=0", "gzip;q=0.0", "gzip; q=0.000",
                               "gzip;Q=0", "*;q=0", "*, gzip;q=0", "gzipped", "gzip;x=1;q=0"}) {
        EXPECT_FALSE(compressed(accept)) << accept;
    }
    EXPECT_FALSE(has_header(answer(page, {}), "Content-Encoding"));
}

TEST(Assets, CarryTheLengthAndTheTagOfTheCompressedCopy) {
    const std::string response = answer(page, {{"Accept-Encoding", "gzip"}});
    EXPECT_TRUE(has_line(response, "Content-Length: 8"));
    EXPECT_TRUE(has_line(response, "ETag: \"abc-gzip\""));
    EXPECT_TRUE(response.ends_with("\r\n\r\nsqueezed"));
}

// RFC 9110, section 12.5.5: also the plain answer depends on what was accepted.
TEST(Assets, SayThatTheyVaryIfThereAreTwoOfThem) {
    EXPECT_TRUE(has_line(answer(page, {}), "Vary: Accept-Encoding"));
    EXPECT_TRUE(has_line(answer(page, {{"Accept-Encoding", "gzip"}}), "Vary: Accept-Encoding"));
    EXPECT_FALSE(has_header(answer(image, {{"Accept-Encoding", "gzip"}}), "Vary"));
    EXPECT_FALSE(has_header(answer(image, {{"Accept-Encoding", "gzip"}}), "Content-Encoding"));
}

// RFC 9110, section 13.1.2.
TEST(Assets, AreNotSentAgainToWhoHasThem) {
    for (const char* tags :
         {"\"abc\"", "W/\"abc\"", "*", "\"x\", \"abc\"", "\"x\",W/\"abc\" , \"y\""}) {
        const std::string response = answer(page, {{"If-None-Match", tags}});
        EXPECT_TRUE(response.starts_with("HTTP/1.1 304 Not Modified\r\n")) << tags;
        EXPECT_TRUE(response.ends_with("\r\n\r\n"));
        EXPECT_TRUE(has_line(response, "ETag: \"abc\""));
        EXPECT_TRUE(has_line(response, "Cache-Control: no-cache"));
        EXPECT_TRUE(has_line(response, "Vary: Accept-Encoding"));
        EXPECT_FALSE(has_header(response, "Content-Length"));
    }
    for (const char* tags : {"\"abcd\"", "abc", "\"ABC\"", "\"abc-gzip\"", "", "\"\""}) {
        EXPECT_TRUE(answer(page, {{"If-None-Match", tags}}).starts_with("HTTP/1.1 200 ")) << tags;
    }
}

TEST(Assets, TellTheCompressedCopyFromThePlainOne) {
    const auto status = [](const char* tag) {
        return answer(page, {{"If-None-Match", tag}, {"Accept-Encoding", "gzip"}}).substr(9, 3);
    };
    EXPECT_EQ(status("\"abc-gzip\""), "304");
    EXPECT_EQ(status("W/\"abc-gzip\""), "304");
    EXPECT_EQ(status("\"abc\""), "200");
    EXPECT_EQ(status("\"abc-gzip"), "200");
}

}  // namespace
}  // namespace ringtick::http
