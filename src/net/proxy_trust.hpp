#pragma once

#include "http/message.hpp"
#include "net/address.hpp"
#include "net/peer.hpp"

#include <vector>

namespace ringtick {

// Whose word is taken about who a client is. Nobody's, unless it was said: anyone can write a
// header.
struct ProxyTrust {
    std::vector<IpRange> ranges;
    bool local = false;  // Who comes through a Unix socket.

    bool empty() const { return ranges.empty() && !local; }
    bool includes(const Peer& peer) const;
};

// The client of a request that came from a trusted proxy, as X-Forwarded-For names it. Each proxy
// appends whom it was talking to, so the list is read from its end, and only for as long as who
// wrote an entry is trusted too: the first who is not is the client, and what stands before it may
// be anyone's invention. Unknown if there is no such entry, or it is no address.
Peer forwarded_client(const http::Request& request, const ProxyTrust& trust);

}  // namespace ringtick
