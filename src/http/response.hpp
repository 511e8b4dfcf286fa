#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringtick::http {

struct ResponseHead {
    Status status = Status::ok;
    std::string_view content_type;  // Empty: no such header.
    std::uint64_t content_length = 0;
    bool keep_alive = true;
    std::string_view extra;  // Whole header lines, each ended by CRLF.
};

// Writes a response head with the security headers that every response carries. 0 if it does not
// fit. At most 1 KiB with our own headers.
std::size_t write_response_head(std::span<std::byte> out, const ResponseHead& head);

// Writes a complete refusal: head, one plain-text sentence, Connection: close, and what the status
// demands (Allow, Sec-WebSocket-Version, Retry-After).
std::size_t write_refusal(std::span<std::byte> out,
                          Status status,
                          std::string_view sentence,
                          Method method = Method::get);

}  // namespace ringtick::http
