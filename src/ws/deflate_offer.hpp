#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ringtick {

// What was agreed with one client about permessage-deflate (RFC 7692, section 7). Not in here, for
// it is the same for everyone: neither side takes context over. So a message needs no memory of the
// one before it, and a broadcast can be compressed once for all.
struct DeflateAgreement {
    std::uint8_t window_bits = 15;   // Of what we send: 9 to 15.
    bool window_bits_asked = false;  // The client gave a limit, and is told that we keep it.
};

// The first offer that we can keep in one value of Sec-WebSocket-Extensions, if any. An offer that
// is malformed, or asks for what we do not know, is passed over: it refuses no handshake. Linear in
// the size of the value. Pure.
std::optional<DeflateAgreement> accept_deflate_offer(std::string_view field_value);

inline constexpr std::size_t deflate_response_size_max = 112;

// Writes the value of the response's Sec-WebSocket-Extensions to the front of `out`, which holds
// deflate_response_size_max. Returns the text.
std::string_view write_deflate_response(std::span<char> out, const DeflateAgreement& agreement);

}  // namespace ringtick
