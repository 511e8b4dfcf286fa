#pragma once

#include <array>
#include <string_view>

namespace ringtick::http {

// Whether it is the base64 of 16 bytes (RFC 6455, section 4.2.1, item 5).
bool is_websocket_key(std::string_view key);

// The base64 of a SHA-1, 28 characters.
using AcceptKey = std::array<char, 28>;

// What proves to the client that we read its key (section 4.2.2, item 5.4). Does not allocate.
AcceptKey accept_key_for(std::string_view websocket_key);

}  // namespace ringtick::http
