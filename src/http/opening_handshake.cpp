#include "http/opening_handshake.hpp"

#include "base/assert.hpp"
#include "http/accept_key.hpp"
#include "http/field_value.hpp"
#include "http/origin.hpp"
#include "http/text_writer.hpp"

#include <algorithm>

namespace ringtick::http {

namespace {

constexpr std::string_view version_header = "Sec-WebSocket-Version";
constexpr std::string_view key_header = "Sec-WebSocket-Key";

bool is_version_13(const Request& request) {
    return request.count(version_header) == 1 && request.find(version_header) == "13";
}

bool has_valid_key(const Request& request) {
    return request.count(key_header) == 1 &&
           is_websocket_key(request.find(key_header).value_or(""));
}

bool is_listed(const std::optional<Origin>& origin, std::span<const std::string> list) {
    return std::ranges::any_of(list, [&](const std::string& entry) {
        if (entry == "*") return true;
        const auto allowed = parse_origin(entry);
        return origin && allowed && same_origin(*origin, *allowed);
    });
}

// Section 10.2: a browser tells whose page opens the socket. Whoever is not one may leave it out.
bool origin_is_allowed(const Request& request, const HandshakePolicy& policy) {
    const auto count = request.count("Origin");
    if (count == 0) return true;
    if (count > 1) return false;
    const auto origin = parse_origin(request.find("Origin").value_or(""));
    const std::string_view host = request.find("Host").value_or("");
    if (origin && is_served_by(*origin, host, policy.transport)) return true;
    return is_listed(origin, policy.origins);
}

// Unlike the tokens of HTTP, names of subprotocols are compared with case: the client will hold our
// answer against its offers to the letter (section 4.1).
bool offers_subprotocol(const Request& request, std::string_view ours) {
    if (ours.empty()) return false;
    for (const Header& header : request.headers) {
        if (!equals_ignoring_case(header.name, "Sec-WebSocket-Protocol")) continue;
        std::string_view offers = header.value;
        while (const auto offer = take_element(offers)) {
            if (*offer == ours) return true;
        }
    }
    return false;
}

HandshakeVerdict refuse(Status status, const char* reason) {
    return {.status = status, .reason = reason};
}

}  // namespace

// Whoever sends a header that only the opening handshake has means it, and is told what is wrong,
// even if the Upgrade is what is missing.
bool asks_for_websocket(const Request& request) {
    return request.has_token("Upgrade", "websocket") || request.count(key_header) > 0 ||
           request.count(version_header) > 0;
}

HandshakeVerdict check_opening_handshake(const Request& request, const HandshakePolicy& policy) {
    if (request.method != Method::get) {
        return refuse(Status::method_not_allowed, "A WebSocket is opened with GET.");
    }
    if (!request.http_1_1) return refuse(Status::bad_request, "A WebSocket needs HTTP/1.1.");
    if (request.count("Host") != 1) return refuse(Status::bad_request, "One Host is needed.");
    if (!request.has_token("Upgrade", "websocket")) {
        return refuse(Status::bad_request, "The Upgrade header does not say websocket.");
    }
    if (!request.has_token("Connection", "Upgrade")) {
        return refuse(Status::bad_request, "The Connection header does not say Upgrade.");
    }
    if (!is_version_13(request)) {
        return refuse(Status::upgrade_required, "Only version 13 of WebSocket is spoken here.");
    }
    if (!has_valid_key(request)) {
        return refuse(Status::bad_request,
                      "One Sec-WebSocket-Key of 16 bytes in base64 is needed.");
    }
    if (!origin_is_allowed(request, policy)) {
        return refuse(Status::forbidden, "Pages of this origin may not connect.");
    }
    return {.status = Status::switching_protocols,
            .subprotocol = offers_subprotocol(request, policy.subprotocol)};
}

// Section 4.2.2, item 5.
std::size_t write_handshake_response(std::span<std::byte> out,
                                     const Request& request,
                                     const HandshakeChoices& choices) {
    const auto key = request.find(key_header);
    ASSERT(key.has_value());  // check_opening_handshake() accepted it.
    const AcceptKey accept = accept_key_for(*key);

    TextWriter text(out);
    text.put("HTTP/1.1 101 Switching Protocols\r\n");
    text.put_header("Upgrade", "websocket");
    text.put_header("Connection", "Upgrade");
    text.put_header("Sec-WebSocket-Accept", {accept.data(), accept.size()});
    if (!choices.subprotocol.empty()) {
        text.put_header("Sec-WebSocket-Protocol", choices.subprotocol);
    }
    if (!choices.extensions.empty()) {
        text.put_header("Sec-WebSocket-Extensions", choices.extensions);
    }
    text.put("\r\n");
    ASSERT(text.size() > 0);  // None of it grows with what the client sent.
    return text.size();
}

}  // namespace ringtick::http
