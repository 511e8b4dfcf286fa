#pragma once

#include "base/assert.hpp"
#include "http/response.hpp"
#include "net/events.hpp"

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace ringtick {

// A refusal with its reason, for a person to read.
inline HttpAnswer refuse_request(std::span<std::byte> out,
                                 http::Status status,
                                 std::string_view sentence,
                                 const http::Request& request) {
    return {.head_size = http::write_refusal(out, status, sentence, request.method)};
}

// A page that is made anew for whoever asks. `write(std::span<char>)` returns its size, 0 if it
// does not fit: then 503 says so.
template <class Write>
HttpAnswer answer_page(std::span<std::byte> out,
                       http::Status status,
                       std::string_view content_type,
                       const http::Request& request,
                       Write write) {
    // Room for the head before the body, whose size is known only when it is written.
    constexpr std::size_t head_size_max = 1'024;
    if (out.size() <= head_size_max) return {};
    const auto body = out.subspan(head_size_max);
    const std::size_t body_size =
        write(std::span<char>(reinterpret_cast<char*>(body.data()), body.size()));
    if (body_size == 0) {
        return refuse_request(out, http::Status::service_unavailable,
                              "This page is larger than --output-max.", request);
    }
    const std::size_t head_size = http::write_response_head(
        out.first(head_size_max), {.status = status,
                                   .content_type = content_type,
                                   .content_length = body_size,
                                   .keep_alive = request.keep_alive,
                                   .extra = "Cache-Control: no-store\r\n"});
    ASSERT(head_size > 0);
    if (request.method == http::Method::head) return {.head_size = head_size};
    std::memmove(out.data() + head_size, body.data(), body_size);
    return {.head_size = head_size + body_size};
}

}  // namespace ringtick
