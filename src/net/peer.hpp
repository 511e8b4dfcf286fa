#pragma once

#include "net/address.hpp"

#include <cstdint>

namespace ringtick {

// Who is at the other end of a connection, as far as it matters who.
struct Peer {
    enum class Kind : std::uint8_t {
        unknown,  // Nobody asked, or nobody could say.
        local,    // A process of some machine, through a Unix socket.
        ip,
    };

    Kind kind = Kind::unknown;
    IpAddress address;  // Of an `ip`.

    bool operator==(const Peer&) const = default;
};

// Asks the kernel (getpeername(2)): a multishot accept does not say. Unknown if it has gone.
Peer peer_of(int socket);

// How many bytes of a TCP connection the other end has acknowledged, since its beginning (tcp(7),
// TCP_INFO). 0 of any other socket.
std::uint64_t bytes_acknowledged(int socket);

}  // namespace ringtick
