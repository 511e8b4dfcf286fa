#pragma once

#include "http/message.hpp"

#include <llhttp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick::http {

struct RequestLimits {
    std::uint32_t head_size_max = 8'192;  // Bytes, request line and empty line included: 431.
    std::uint32_t request_line_size_max = 4'096;      // 414.
    static constexpr std::uint32_t headers_max = 64;  // 431.
};

// Parses one request head, however its bytes are cut, in time linear in their number (llhttp,
// strict). A body is never accepted. Holds offsets, not views, so the bytes may move between calls.
class RequestParser {
public:
    enum class State : std::uint8_t { need_input, complete, refused };

    explicit RequestParser(const RequestLimits& limits = {});

    // `bytes` begins with the request's first byte and only ever grows from call to call.
    State parse(std::span<const std::byte> bytes);

    bool started() const { return consumed_ > 0; }  // At least one byte of a request has been seen.
    std::size_t head_size() const;                  // Of a complete request: where its head ends.
    Status refusal() const;                         // Of a refused one.
    Method method() const;  // Of any, for its refusal: get, head, or else `other`.
    // Of a complete one. `headers` is storage for the views.
    Request request(std::span<const std::byte> bytes,
                    std::span<Header, RequestLimits::headers_max> headers) const;

private:
    // A piece of the head. It may grow as bytes come, because llhttp reports what it has so far.
    struct Piece {
        std::uint16_t begin = 0;
        std::uint16_t size = 0;
        std::size_t end() const { return std::size_t{begin} + size; }
        std::string_view in(std::span<const std::byte> bytes) const;
    };
    struct HeaderPieces {
        Piece name;
        Piece value;
    };
    struct Feed;  // What llhttp's callbacks need, while it runs.

    static int on_method(llhttp_t* llhttp, const char* at, std::size_t size);
    static int on_url(llhttp_t* llhttp, const char* at, std::size_t size);
    static int on_version(llhttp_t* llhttp, const char* at, std::size_t size);
    static int on_version_complete(llhttp_t* llhttp);
    static int on_header_field(llhttp_t* llhttp, const char* at, std::size_t size);
    static int on_header_field_complete(llhttp_t* llhttp);
    static int on_header_value(llhttp_t* llhttp, const char* at, std::size_t size);
    static int on_header_value_complete(llhttp_t* llhttp);
    static int on_headers_complete(llhttp_t* llhttp);
    static const llhttp_settings_t settings;

    std::size_t size_limit() const;
    void feed(std::span<const std::byte> bytes, std::size_t end);
    void complete(std::span<const std::byte> bytes);
    bool request_line_is_exact(std::span<const std::byte> bytes) const;
    void refuse(Status status);

    RequestLimits limits_;
    State state_ = State::need_input;
    Status refusal_ = Status::bad_request;
    bool request_line_ended_ = false;
    std::uint8_t headers_count_ = 0;
    std::size_t consumed_ = 0;  // Bytes that llhttp has seen; of a complete request, its head.
    Piece method_;
    Piece target_;
    Piece version_;
    std::array<HeaderPieces, RequestLimits::headers_max> headers_{};
    llhttp_t llhttp_{};
};

}  // namespace ringtick::http
