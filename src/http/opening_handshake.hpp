#pragma once

#include "http/message.hpp"
#include "http/origin.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ringtick::http {

struct HandshakePolicy {
    std::span<const std::string> origins;  // Allowed beside same-origin; "*" allows every one.
    std::string_view subprotocol;          // The one we speak; empty: none.
    Transport transport = Transport::plain;
};

// Whether the request asks for an upgrade at all: then it is judged as an opening handshake.
bool asks_for_websocket(const Request& request);

struct HandshakeVerdict {
    Status status = Status::bad_request;  // switching_protocols, or the refusal.
    const char* reason = "";              // Of a refusal: one sentence for the response's body.
    bool subprotocol = false;             // The client offered the one we speak.
};

// RFC 6455 section 4.2.1, each rule in turn. Pure.
HandshakeVerdict check_opening_handshake(const Request& request, const HandshakePolicy& policy);

// What the 101 response says was chosen of what the client offered; empty: nothing was.
struct HandshakeChoices {
    std::string_view subprotocol;
    std::string_view extensions;  // The value of Sec-WebSocket-Extensions.
};

// Writes the 101 response to an accepted request; at most 512 bytes. Does not allocate.
std::size_t write_handshake_response(std::span<std::byte> out,
                                     const Request& request,
                                     const HandshakeChoices& choices);

}  // namespace ringtick::http
