#pragma once

#include "net/peer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ringtick {

// The header that a proxy of layer 4 puts before a client's first byte to say who the client is:
// HAProxy's PROXY protocol, version 2.
//
//   0                          12           13                14      16        16 + size
//   [ signature, 12 bytes      | version, 2 | family |        | size  | block of | what the
//   [ \r\n\r\n\0\r\nQUIT\n     | command    | transport       | big e.| `size` B | client says
//
//   block: source address, destination address, their ports (stream sockets), then extensions
//
// Version 1, which is text, is not read.
struct ProxyHeader {
    enum class State : std::uint8_t {
        need_input,
        absent,  // The stream begins with something else, which is left to the next reader.
        malformed,
        complete,
    };

    // Addresses take at most 216 bytes. The rest is for extensions, of which the largest in use is
    // a client's certificate.
    static constexpr std::size_t block_size_max = 2'048;
    static constexpr std::size_t size_max = 16 + block_size_max;

    State state = State::need_input;
    std::size_t size = 0;        // Of a complete one, with its block.
    std::optional<Peer> client;  // None: the proxy speaks for itself. Unknown: it does not say.
};

// Reads the header at the beginning of a stream, of which `bytes` is all that has come. Remembers
// nothing, so it does not matter how the stream was cut. Extensions are skipped.
ProxyHeader parse_proxy_header(std::span<const std::byte> bytes);

}  // namespace ringtick
