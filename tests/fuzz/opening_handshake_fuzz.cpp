#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "http/assets.hpp"
#include "http/opening_handshake.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ringtick::http;

// "Name: value" lines, with values that no parser would let through, too.
std::vector<Header> headers_of(std::string_view text) {
    std::vector<Header> headers;
    while (!text.empty() && headers.size() < 64) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        const auto colon = std::min(line.find(": "), line.size());
        headers.push_back({line.substr(0, colon), line.substr(std::min(colon + 2, line.size()))});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return headers;
}

void check_accepted(const Request& request, std::string_view subprotocol) {
    ASSERT(request.count("Sec-WebSocket-Key") == 1);
    ASSERT(request.find("Sec-WebSocket-Key").value_or("").size() == 24);
    ASSERT(request.find("Sec-WebSocket-Version") == "13");
    ASSERT(request.count("Host") == 1);
    ASSERT(asks_for_websocket(request));
    std::array<std::byte, 512> out;
    const auto size = write_handshake_response(out, request, {.subprotocol = subprotocol});
    ASSERT(ringtick::as_text(std::span(out).first(size)).ends_with("\r\n\r\n"));
}

}  // namespace

// Properties: an accepted request has what the answer is made of, and a verdict needs no more than
// the headers. Assets read the same kind of lists, so they are read here too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto headers = headers_of(ringtick::as_text(std::as_bytes(std::span(data, size))));
    const Request request{.method = Method::get, .path = "/", .http_1_1 = true, .headers = headers};

    static const std::vector<std::string> origins{"https://game.example"};
    const HandshakePolicy policy{.origins = origins, .subprotocol = "railroids.1"};
    const HandshakeVerdict verdict = check_opening_handshake(request, policy);
    if (verdict.status == Status::switching_protocols) {
        check_accepted(request, verdict.subprotocol ? policy.subprotocol : "");
    }

    static constexpr std::string_view text = "page";
    const Asset asset{"/", "text/html", "\"abc\"", ringtick::as_bytes(text),
                      ringtick::as_bytes(text)};
    std::array<std::byte, 1024> out;
    ASSERT(write_asset_response(out, asset, request).head_size > 0);
    return 0;
}
