#include "http/response.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace ringtick::http {
namespace {

std::string head_of(const ResponseHead& head) {
    std::array<std::byte, 1024> out{};
    return std::string(as_text(std::span(out).first(write_response_head(out, head))));
}

std::string refusal_of(Status status, std::string_view sentence = "No.") {
    std::array<std::byte, 1024> out{};
    return std::string(as_text(std::span(out).first(write_refusal(out, status, sentence))));
}

bool has_line(const std::string& response, std::string_view line) {
    return response.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST(Response, BeginsWithItsStatusAndTellsItsLength) {
    const std::string head =
        head_of({.content_type = "text/html", .content_length = 1234567890123});
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(has_line(head, "Content-Length: 1234567890123"));
    EXPECT_TRUE(has_line(head, "Content-Type: text/html"));
    EXPECT_TRUE(has_line(head, "Connection: keep-alive"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Response, SaysCloseWhenTheConnectionWillClose) {
    EXPECT_TRUE(has_line(head_of({.keep_alive = false}), "Connection: close"));
}

TEST(Response, CarriesTheSecurityHeaders) {
    const std::string head = head_of({});
    EXPECT_TRUE(has_line(head, "X-Content-Type-Options: nosniff"));
    EXPECT_TRUE(has_line(head, "Referrer-Policy: no-referrer"));
    EXPECT_TRUE(has_line(head, "Cross-Origin-Opener-Policy: same-origin"));
    EXPECT_TRUE(has_line(head, "Cross-Origin-Resource-Policy: same-origin"));
    EXPECT_NE(head.find("\r\nContent-Security-Policy: default-src 'self'; script-src 'self' "
                        "'wasm-unsafe-eval';"),
              std::string::npos);
}

// RFC 9110, section 15.4.5.
TEST(Response, LeavesTheLengthOutOfNotModified) {
    EXPECT_EQ(head_of({.status = Status::not_modified}).find("Content-Length"), std::string::npos);
}

TEST(Response, CarriesExtraHeaderLines) {
    EXPECT_TRUE(has_line(head_of({.extra = "ETag: \"x\"\r\n"}), "ETag: \"x\""));
}

TEST(Response, IsWrittenWholeOrNotAtAll) {
    std::array<std::byte, 1024> out{};
    const std::size_t size = write_response_head(out, {});
    EXPECT_EQ(write_response_head(std::span(out).first(size), {}), size);
    EXPECT_EQ(write_response_head(std::span(out).first(size - 1), {}), 0U);

    const std::size_t refusal_size = write_refusal(out, Status::not_found, "No.");
    for (std::size_t room = 0; room < refusal_size; ++room) {
        EXPECT_EQ(write_refusal(std::span(out).first(room), Status::not_found, "No."), 0U);
    }
}

TEST(Refusal, IsACompleteResponse) {
    const std::string response = refusal_of(Status::not_found, "Nothing here.");
    EXPECT_TRUE(response.starts_with("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_TRUE(has_line(response, "Connection: close"));
    EXPECT_TRUE(has_line(response, "Content-Length: 14"));
    EXPECT_TRUE(has_line(response, "Content-Type: text/plain; charset=utf-8"));
    EXPECT_TRUE(response.ends_with("\r\n\r\nNothing here.\n"));
}

TEST(Refusal, CarriesWhatItsStatusDemands) {
    EXPECT_TRUE(has_line(refusal_of(Status::method_not_allowed), "Allow: GET, HEAD"));
    EXPECT_TRUE(has_line(refusal_of(Status::service_unavailable), "Retry-After: 5"));
    EXPECT_TRUE(has_line(refusal_of(Status::too_many_requests), "Retry-After: 5"));
    EXPECT_TRUE(has_line(refusal_of(Status::unauthorized), "WWW-Authenticate: Bearer"));
    const std::string upgrade = refusal_of(Status::upgrade_required);
    EXPECT_TRUE(has_line(upgrade, "Upgrade: websocket"));
    EXPECT_TRUE(has_line(upgrade, "Sec-WebSocket-Version: 13"));
    EXPECT_TRUE(has_line(upgrade, "Connection: close, Upgrade"));
}

TEST(Refusal, NamesEveryStatus) {
    for (const auto& [status, line] : std::initializer_list<std::pair<Status, const char*>>{
             {Status::bad_request, "400 Bad Request"},
             {Status::unauthorized, "401 Unauthorized"},
             {Status::forbidden, "403 Forbidden"},
             {Status::not_found, "404 Not Found"},
             {Status::method_not_allowed, "405 Method Not Allowed"},
             {Status::request_timeout, "408 Request Timeout"},
             {Status::content_too_large, "413 Content Too Large"},
             {Status::uri_too_long, "414 URI Too Long"},
             {Status::upgrade_required, "426 Upgrade Required"},
             {Status::header_fields_too_large, "431 Request Header Fields Too Large"},
             {Status::too_many_requests, "429 Too Many Requests"},
             {Status::service_unavailable, "503 Service Unavailable"},
             {Status::insufficient_storage, "507 Insufficient Storage"}}) {
        EXPECT_TRUE(refusal_of(status).starts_with("HTTP/1.1 " + std::string(line) + "\r\n"));
    }
}

}  // namespace
}  // namespace ringtick::http
