#include "http/response.hpp"

#include "http/text_writer.hpp"

namespace ringtick::http {

namespace {

// What every response carries. The policy fits a page whose scripts, styles and socket are its own:
// 'self' covers ws: and wss: to the same host (CSP level 3). 'wasm-unsafe-eval' lets the page
// compile its WebAssembly, and nothing else; blob: is for workers and textures made by a script.
constexpr std::string_view security_headers =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

// RFC 9110, section 8.6: these have no content whose length could be told.
bool has_content_length(Status status) {
    return status != Status::switching_protocols && status != Status::not_modified;
}

// The header that a status demands, if any.
std::string_view demanded_header(Status status) {
    switch (status) {
        case Status::unauthorized:
            return "WWW-Authenticate: Bearer\r\n";  // RFC 9110, section 15.5.2.
        case Status::method_not_allowed:
            return "Allow: GET, HEAD\r\n";  // RFC 9110, section 15.5.6.
        case Status::upgrade_required:
            // RFC 9110, section 15.5.22, and RFC 6455, section 4.4.
            return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
        case Status::too_many_requests:  // RFC 6585, section 4.
        case Status::service_unavailable:
            return "Retry-After: 5\r\n";  // RFC 9110, section 10.2.3, in seconds.
        default:
            return "";
    }
}

std::string_view connection_options(const ResponseHead& head) {
    // RFC 9110, section 7.8: who sends Upgrade names it in Connection too.
    if (head.status == Status::upgrade_required) {
        return head.keep_alive ? "keep-alive, Upgrade" : "close, Upgrade";
    }
    return head.keep_alive ? "keep-alive" : "close";
}

}  // namespace

std::size_t write_response_head(std::span<std::byte> out, const ResponseHead& head) {
    TextWriter text(out);
    text.put("HTTP/1.1 ").put_number(static_cast<std::uint16_t>(head.status));
    text.put(" ").put(reason_phrase(head.status)).put("\r\n");
    text.put_header("Connection", connection_options(head));
    if (has_content_length(head.status)) {
        text.put("Content-Length: ").put_number(head.content_length).put("\r\n");
    }
    if (!head.content_type.empty()) text.put_header("Content-Type", head.content_type);
    text.put(security_headers).put(head.extra).put("\r\n");
    return text.size();
}

std::size_t write_refusal(std::span<std::byte> out,
                          Status status,
                          std::string_view sentence,
                          Method method) {
    const std::size_t head_size =
        write_response_head(out, {.status = status,
                                  .content_type = "text/plain; charset=utf-8",
                                  .content_length = sentence.size() + 1,
                                  .keep_alive = false,
                                  .extra = demanded_header(status)});
    if (method == Method::head) return head_size;  // RFC 9110, section 9.3.2.
    TextWriter body(out.subspan(head_size));
    body.put(sentence).put("\n");
    return head_size == 0 || body.size() == 0 ? 0 : head_size + body.size();
}

}  // namespace ringtick::http
