#include "http/opening_handshake.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick::http {
namespace {

// RFC 6455, section 1.3, the example.
std::vector<Header> good_headers() {
    return {{"Host", "server.example.com"},
            {"Upgrade", "websocket"},
            {"Connection", "Upgrade"},
            {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
            {"Sec-WebSocket-Version", "13"}};
}

std::vector<Header> without(std::string_view name) {
    auto headers = good_headers();
    std::erase_if(headers, [&](const Header& header) { return header.name == name; });
    return headers;
}

std::vector<Header> with(std::string_view name, std::string_view value) {
    auto headers = good_headers();
    headers.push_back({name, value});
    return headers;
}

std::vector<Header> changed(std::string_view name, std::string_view value) {
    auto headers = without(name);
    headers.push_back({name, value});
    return headers;
}

Request request_with(const std::vector<Header>& headers) {
    return {.method = Method::get, .path = "/", .http_1_1 = true, .headers = headers};
}

int status_of(const std::vector<Header>& headers, const HandshakePolicy& policy = {}) {
    const auto verdict = check_opening_handshake(request_with(headers), policy);
    const bool refused = verdict.status != Status::switching_protocols;
    EXPECT_EQ(refused, !std::string_view(verdict.reason).empty());
    return static_cast<int>(verdict.status);
}

TEST(OpeningHandshake, AcceptsTheExampleOfTheRfc) {
    EXPECT_EQ(status_of(good_headers()), 101);
}

TEST(OpeningHandshake, IsAskedForByItsOwnHeaders) {
    EXPECT_TRUE(asks_for_websocket(request_with(good_headers())));
    const std::vector<Header> page{{"Host", "a"}, {"Connection", "keep-alive"}};
    EXPECT_FALSE(asks_for_websocket(request_with(page)));
    const std::vector<Header> http2{{"Host", "a"}, {"Connection", "Upgrade"}, {"Upgrade", "h2c"}};
    EXPECT_FALSE(asks_for_websocket(request_with(http2)));
    // To be told what is missing, rather than to be given a page.
    EXPECT_TRUE(asks_for_websocket(request_with(without("Upgrade"))));
    EXPECT_TRUE(asks_for_websocket(request_with({{"Sec-WebSocket-Version", "13"}})));
}

TEST(OpeningHandshake, DemandsGet) {
    for (const Method method : {Method::head, Method::other}) {
        const auto headers = good_headers();
        Request request = request_with(headers);
        request.method = method;
        EXPECT_EQ(check_opening_handshake(request, {}).status, Status::method_not_allowed);
    }
}

TEST(OpeningHandshake, DemandsHttp11) {
    const auto headers = good_headers();
    Request request = request_with(headers);
    request.http_1_1 = false;
    EXPECT_EQ(check_opening_handshake(request, {}).status, Status::bad_request);
}

TEST(OpeningHandshake, DemandsOneHost) {
    EXPECT_EQ(status_of(without("Host")), 400);
    EXPECT_EQ(status_of(with("Host", "other.example.com")), 400);
}

TEST(OpeningHandshake, DemandsTheUpgradeToken) {
    EXPECT_EQ(status_of(without("Upgrade")), 400);
    EXPECT_EQ(status_of(changed("Upgrade", "h2c")), 400);
    EXPECT_EQ(status_of(changed("Upgrade", "websockets")), 400);
    EXPECT_EQ(status_of(changed("Upgrade", "")), 400);
    EXPECT_EQ(status_of(changed("Upgrade", "WebSocket")), 101);
    EXPECT_EQ(status_of(changed("Upgrade", "h2c, WEBSOCKET")), 101);
}

TEST(OpeningHandshake, DemandsTheConnectionToken) {
    EXPECT_EQ(status_of(without("Connection")), 400);
    EXPECT_EQ(status_of(changed("Connection", "keep-alive")), 400);
    EXPECT_EQ(status_of(changed("Connection", "Upgrade-Insecure")), 400);
    EXPECT_EQ(status_of(changed("Connection", "keep-alive, uPGRADE")), 101);
}

TEST(OpeningHandshake, AnswersOtherVersionsWithUpgradeRequired) {
    EXPECT_EQ(status_of(without("Sec-WebSocket-Version")), 426);
    for (const char* version : {"7", "8", "14", "", "013", "13, 8", "13.0", "thirteen"}) {
        EXPECT_EQ(status_of(changed("Sec-WebSocket-Version", version)), 426) << version;
    }
    EXPECT_EQ(status_of(with("Sec-WebSocket-Version", "13")), 426);
}

TEST(OpeningHandshake, DemandsOneKeyOf16Bytes) {
    EXPECT_EQ(status_of(without("Sec-WebSocket-Key")), 400);
    EXPECT_EQ(status_of(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")), 400);
    for (const char* key :
         {"", "dGhl", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=",
          "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25jZTEy",
          "dGhlIHNhbXBsZSBub25jZTEyMw==", "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25j=Q==",
          "dGhlIHNhbXBsZSBub25j-_==", "dGhlIHNhbXBs ZSBub25jZQ==",
          "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="}) {
        EXPECT_EQ(status_of(changed("Sec-WebSocket-Key", key)), 400) << key;
    }
    EXPECT_EQ(status_of(changed("Sec-WebSocket-Key", "/+09azAZ012345678901Zw==")), 101);
}

// Section 10.2: the defence against pages of others that open sockets in a visitor's name.
TEST(OpeningHandshake, RefusesForeignOrigins) {
    EXPECT_EQ(status_of(with("Origin", "http://server.example.com")), 101);
    EXPECT_EQ(status_of(with("Origin", "https://SERVER.example.com")), 101);
    EXPECT_EQ(status_of(with("Origin", "http://evil.example.com")), 403);
    EXPECT_EQ(status_of(with("Origin", "http://server.example.com.evil.org")), 403);
    EXPECT_EQ(status_of(with("Origin", "http://server.example.com:9001")), 403);
    EXPECT_EQ(status_of(with("Origin", "null")), 403);
    EXPECT_EQ(status_of(with("Origin", "")), 403);
    EXPECT_EQ(status_of(with("Origin", "http://server.example.com/")), 403);
    auto twice = with("Origin", "http://server.example.com");
    twice.push_back({"Origin", "http://server.example.com"});
    EXPECT_EQ(status_of(twice), 403);
}

TEST(OpeningHandshake, AcceptsListedOrigins) {
    const std::vector<std::string> list{"https://game.example", "chrome-extension://abc"};
    const HandshakePolicy policy{.origins = list};
    EXPECT_EQ(status_of(with("Origin", "https://game.example"), policy), 101);
    EXPECT_EQ(status_of(with("Origin", "https://Game.example:443"), policy), 101);
    EXPECT_EQ(status_of(with("Origin", "chrome-extension://abc"), policy), 101);
    EXPECT_EQ(status_of(with("Origin", "http://server.example.com"), policy), 101);
    EXPECT_EQ(status_of(with("Origin", "http://game.example"), policy), 403);
    EXPECT_EQ(status_of(with("Origin", "chrome-extension://abcd"), policy), 403);
    EXPECT_EQ(status_of(with("Origin", "null"), policy), 403);

    const std::vector<std::string> all{"*"};
    EXPECT_EQ(status_of(with("Origin", "https://any.example"), {.origins = all}), 101);
    EXPECT_EQ(status_of(with("Origin", "null"), {.origins = all}), 101);
}

bool subprotocol_of(const std::vector<Header>& headers, std::string_view ours) {
    const HandshakePolicy policy{.subprotocol = ours};
    const auto verdict = check_opening_handshake(request_with(headers), policy);
    EXPECT_EQ(verdict.status, Status::switching_protocols);
    return verdict.subprotocol;
}

TEST(OpeningHandshake, SelectsTheSubprotocolWeSpeakOrNone) {
    constexpr std::string_view name = "Sec-WebSocket-Protocol";
    EXPECT_TRUE(subprotocol_of(with(name, "chat, railroids.1"), "railroids.1"));
    auto two = with(name, "chat");
    two.push_back({name, "railroids.1"});
    EXPECT_TRUE(subprotocol_of(two, "railroids.1"));
    EXPECT_FALSE(subprotocol_of(with(name, "chat, superchat"), "railroids.1"));
    EXPECT_FALSE(subprotocol_of(with(name, "Railroids.1"), "railroids.1"));
    EXPECT_FALSE(subprotocol_of(with(name, "chat"), ""));
    EXPECT_FALSE(subprotocol_of(good_headers(), "railroids.1"));
}

TEST(OpeningHandshake, ReadsTenThousandSubprotocols) {
    std::string offers;
    for (int i = 0; i < 10'000; ++i) offers += "p" + std::to_string(i) + ",";
    EXPECT_FALSE(subprotocol_of(with("Sec-WebSocket-Protocol", offers), "ours"));
    offers += "ours";
    EXPECT_TRUE(subprotocol_of(with("Sec-WebSocket-Protocol", offers), "ours"));
}

std::string response_to(const std::vector<Header>& headers, const HandshakeChoices& choices) {
    std::array<std::byte, 512> out{};
    const auto size = write_handshake_response(out, request_with(headers), choices);
    return std::string(as_text(std::span(out).first(size)));
}

// Section 1.3 gives the key and the answer.
TEST(OpeningHandshake, AnswersTheExampleOfTheRfc) {
    EXPECT_EQ(response_to(good_headers(), {}),
              "HTTP/1.1 101 Switching Protocols\r\n"
              "Upgrade: websocket\r\n"
              "Connection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(OpeningHandshake, NamesTheSubprotocolItSelected) {
    const std::string response = response_to(good_headers(), {.subprotocol = "railroids.1"});
    EXPECT_TRUE(response.ends_with("\r\nSec-WebSocket-Protocol: railroids.1\r\n\r\n"));
}

TEST(OpeningHandshake, NamesTheExtensionItWasTold) {
    const std::string response = response_to(good_headers(), {.extensions = "permessage-deflate"});
    EXPECT_TRUE(response.ends_with("\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"));
}

}  // namespace
}  // namespace ringtick::http
