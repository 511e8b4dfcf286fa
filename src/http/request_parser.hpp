#pragma once

#include "http/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick::http {

struct RequestLimits {
    std::uint32_t head_size_max = 8'192;  // Bytes, request line and empty line included: 431.
    std::uint32_t request_line_size_max = 4'096;  // 414.
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

    bool started() const;                       // At least one byte of a request has been seen.
    std::size_t head_size() const;              // Of a complete request: where its head ends.
    Status refusal() const;                     // Of a refused one.
    // Of a complete one. `headers` is storage for the views.
    Request request(std::span<const std::byte> bytes,
                    std::span<Header, RequestLimits::headers_max> headers) const;
};

}  // namespace ringtick::http
