#include "http/request_parser.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "http/request_rules.hpp"
#include "http/request_target.hpp"

#include <algorithm>

namespace ringtick::http {

struct RequestParser::Feed {
    RequestParser* parser;
    const char* begin;  // Of the request.

    static Feed& of(llhttp_t* llhttp) { return *static_cast<Feed*>(llhttp->data); }
    void grow(Piece& piece, const char* at, std::size_t size) const {
        if (piece.size == 0) piece.begin = static_cast<std::uint16_t>(at - begin);
        piece.size = static_cast<std::uint16_t>(piece.size + size);
    }
};

// llhttp_init keeps the address of these, so they must outlive every parser.
constinit const llhttp_settings_t RequestParser::settings{
    .on_url = on_url,
    .on_method = on_method,
    .on_version = on_version,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_version_complete = on_version_complete,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value_complete = on_header_value_complete,
};

RequestParser::RequestParser(const RequestLimits& limits) : limits_(limits) {
    ASSERT(limits.head_size_max <= UINT16_MAX);  // A Piece counts in 16 bits.
    ASSERT(limits.request_line_size_max <= limits.head_size_max);
    llhttp_init(&llhttp_, HTTP_REQUEST, &settings);  // Strict: every leniency is off by default.
}

RequestParser::State RequestParser::parse(std::span<const std::byte> bytes) {
    ASSERT(bytes.size() >= consumed_ || state_ != State::need_input);
    // llhttp never sees a byte beyond a limit before it has been asked whether the limit still
    // applies: so the answer does not depend on how the bytes were cut.
    while (state_ == State::need_input && consumed_ < bytes.size()) {
        feed(bytes, std::min(bytes.size(), size_limit()));
        if (state_ == State::need_input && consumed_ == size_limit()) {
            refuse(request_line_ended_ ? Status::header_fields_too_large : Status::uri_too_long);
        }
    }
    return state_;
}

std::size_t RequestParser::head_size() const {
    ASSERT(state_ == State::complete);
    return consumed_;
}

Status RequestParser::refusal() const {
    ASSERT(state_ == State::refused);
    return refusal_;
}

Method RequestParser::method() const {
    if (method_.size == 0) return Method::other;
    return llhttp_.method == HTTP_GET    ? Method::get
           : llhttp_.method == HTTP_HEAD ? Method::head
                                         : Method::other;
}

Request RequestParser::request(std::span<const std::byte> bytes,
                               std::span<Header, RequestLimits::headers_max> headers) const {
    ASSERT(state_ == State::complete);
    ASSERT(bytes.size() >= consumed_);
    for (std::size_t i = 0; i < headers_count_; ++i) {
        headers[i] = {.name = headers_[i].name.in(bytes),
                      .value = trim(headers_[i].value.in(bytes))};
    }

    Request request;
    request.method = method();
    request.headers = headers.first(headers_count_);
    if (llhttp_.method == HTTP_POST && !announces_body(request)) request.method = Method::post;
    request.http_1_1 = llhttp_.http_minor == 1;
    // RFC 9112, section 9.3: 1.1 persists unless it says close, 1.0 only if it says keep-alive.
    request.keep_alive = !request.has_token("Connection", "close") &&
                         (request.http_1_1 || request.has_token("Connection", "keep-alive"));
    if (const auto target = parse_request_target(target_.in(bytes))) {
        request.path = target->path;
        request.query = target->query;
    }
    return request;
}

// The request line has a limit of its own, until it has ended.
std::size_t RequestParser::size_limit() const {
    return request_line_ended_ ? limits_.head_size_max : limits_.request_line_size_max;
}

void RequestParser::feed(std::span<const std::byte> bytes, std::size_t end) {
    ASSERT(consumed_ < end);
    const std::string_view fresh = as_text(bytes.first(end)).substr(consumed_);
    Feed feed{.parser = this, .begin = fresh.data() - consumed_};
    llhttp_.data = &feed;
    const llhttp_errno_t error = llhttp_execute(&llhttp_, fresh.data(), fresh.size());
    llhttp_.data = nullptr;

    switch (error) {
        case HPE_OK:
            consumed_ = end;
            return;
        case HPE_PAUSED_UPGRADE:  // What on_headers_complete asked for: the head has ended.
            consumed_ = static_cast<std::size_t>(llhttp_get_error_pos(&llhttp_) - feed.begin);
            return complete(bytes);
        case HPE_CB_HEADER_FIELD_COMPLETE:  // What on_header_field_complete refused.
            return refuse(Status::header_fields_too_large);
        default:
            return refuse(Status::bad_request);
    }
}

// llhttp has accepted the head. What it lets pass, we do not.
void RequestParser::complete(std::span<const std::byte> bytes) {
    state_ = State::complete;
    if (!request_line_is_exact(bytes)) return refuse(Status::bad_request);
    const auto target = parse_request_target(target_.in(bytes));
    // RFC 9112, section 3.2.4: of the server as a whole one may ask for its options, and only that.
    const bool asterisk = llhttp_.method == HTTP_OPTIONS && target_.in(bytes) == "*";
    if (!target && !asterisk) return refuse(Status::bad_request);

    std::array<Header, RequestLimits::headers_max> headers;
    const std::string_view authority = target ? target->authority : "";
    const Status status = judge_head(request(bytes, headers), authority);
    if (status != Status::ok) refuse(status);
}

// RFC 9112, section 3: method SP request-target SP HTTP-version CRLF. llhttp also takes several
// spaces, no version at all (HTTP/0.9), RTSP/ and ICE/, and any line ends before the method.
bool RequestParser::request_line_is_exact(std::span<const std::byte> bytes) const {
    const std::string_view text = as_text(bytes);
    const std::string_view before = text.substr(0, method_.begin);
    for (std::size_t i = 0; i < before.size(); i += 2) {
        if (before.substr(i, 2) != "\r\n") return false;  // Section 2.2: empty lines may precede.
    }
    if (target_.begin != method_.end() + 1) return false;
    if (version_.size == 0) return false;
    const std::size_t target_end = target_.end();
    if (text.substr(target_end, version_.begin - target_end) != " HTTP/") return false;
    return llhttp_.http_major == 1 && llhttp_.http_minor <= 1;
}

void RequestParser::refuse(Status status) {
    ASSERT(status != Status::ok);
    state_ = State::refused;
    refusal_ = status;
}

std::string_view RequestParser::Piece::in(std::span<const std::byte> bytes) const {
    return as_text(bytes.subspan(begin, size));
}

int RequestParser::on_method(llhttp_t* llhttp, const char* at, std::size_t size) {
    const Feed& feed = Feed::of(llhttp);
    feed.grow(feed.parser->method_, at, size);
    return HPE_OK;
}

int RequestParser::on_url(llhttp_t* llhttp, const char* at, std::size_t size) {
    const Feed& feed = Feed::of(llhttp);
    feed.grow(feed.parser->target_, at, size);
    return HPE_OK;
}

int RequestParser::on_version(llhttp_t* llhttp, const char* at, std::size_t size) {
    const Feed& feed = Feed::of(llhttp);
    feed.grow(feed.parser->version_, at, size);
    return HPE_OK;
}

int RequestParser::on_version_complete(llhttp_t* llhttp) {
    Feed::of(llhttp).parser->request_line_ended_ = true;
    return HPE_OK;
}

int RequestParser::on_header_field(llhttp_t* llhttp, const char* at, std::size_t size) {
    const Feed& feed = Feed::of(llhttp);
    RequestParser& parser = *feed.parser;
    // One too many is refused when its name is complete: before, it depends on the cuts whether
    // llhttp reports it at all.
    if (parser.headers_count_ == RequestLimits::headers_max) return HPE_OK;
    feed.grow(parser.headers_[parser.headers_count_].name, at, size);
    return HPE_OK;
}

int RequestParser::on_header_field_complete(llhttp_t* llhttp) {
    const bool full = Feed::of(llhttp).parser->headers_count_ == RequestLimits::headers_max;
    return full ? -1 : HPE_OK;
}

int RequestParser::on_header_value(llhttp_t* llhttp, const char* at, std::size_t size) {
    const Feed& feed = Feed::of(llhttp);
    RequestParser& parser = *feed.parser;
    feed.grow(parser.headers_[parser.headers_count_].value, at, size);
    return HPE_OK;
}

int RequestParser::on_header_value_complete(llhttp_t* llhttp) {
    RequestParser& parser = *Feed::of(llhttp).parser;
    ASSERT(parser.headers_count_ < RequestLimits::headers_max);
    parser.headers_count_ += 1;
    return HPE_OK;
}

// 2: expect no body, and stop behind the head. Bodies are refused by judge_head(), and what follows
// belongs to the next request, or to the WebSocket.
int RequestParser::on_headers_complete([[maybe_unused]] llhttp_t* llhttp) {
    return 2;
}

}  // namespace ringtick::http
