#pragma once

#include "base/handle.hpp"
#include "net/events.hpp"
#include "net/peer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>

namespace ringtick {

// Counters since start, one cache line after the other; every one is exported.
struct NetStats {
    std::uint64_t accepted = 0;
    std::uint64_t accept_failures = 0;  // EMFILE and its like; accepting paused each time.
    std::uint64_t refused_full = 0;     // 503: connections_max were there.
    std::uint64_t refused_per_ip = 0;   // 429: connections_per_ip_max were there from its address.
    std::uint64_t proxy_headers = 0;    // PROXY headers read, of trusted proxies.
    std::uint64_t proxy_headers_malformed = 0;
    std::uint64_t tls_handshakes = 0;  // Done.
    std::uint64_t tls_resumed = 0;     // Of them, from a ticket.
    std::uint64_t tls_failed = 0;      // Connections that ended before theirs was done.
    std::uint64_t requests = 0;        // Complete HTTP requests, opening handshakes included.
    std::uint64_t requests_refused = 0;
    std::uint64_t opened = 0;  // Opening handshakes completed.
    std::array<std::uint64_t, close_reasons_count> closed{};

    std::uint64_t bytes_received = 0;
    std::uint64_t receives = 0;  // Completions that brought bytes.
    std::uint64_t messages_received = 0;
    std::uint64_t pings_received = 0;
    std::uint64_t receive_starved = 0;    // No buffer was free (-ENOBUFS).
    std::uint64_t receive_throttled = 0;  // A connection reached its budget of a tick.

    std::uint64_t messages_sent = 0;      // Queued messages that must arrive.
    std::uint64_t snapshots_sent = 0;     // Handed to a socket, at least in part.
    std::uint64_t snapshots_skipped = 0;  // The socket was behind, or the client.
    std::uint64_t snapshots_thinned = 0;  // Left out: the client takes them at a lower rate.
    std::uint64_t snapshots_partial = 0;  // Went out in part; the rest followed.
    std::uint64_t passed_on = 0;          // Connections whose request another thread answers.
    std::uint64_t taken_in = 0;           // And those that other threads have passed on.
    std::uint64_t completions_stale = 0;  // For a connection that was gone: expected after closes.

    // They are all sums.
    void add(const NetStats& other) {
        using All = std::array<std::uint64_t, sizeof(NetStats) / sizeof(std::uint64_t)>;
        auto sums = std::bit_cast<All>(*this);
        const auto more = std::bit_cast<All>(other);
        std::ranges::transform(sums, more, sums.begin(), std::plus());
        *this = std::bit_cast<NetStats>(sums);
    }
};

// One open connection, since it began.
struct ClientStats {
    Handle connection;
    Peer peer;  // Who it is counted as, where a proxy is believed.
    std::uint32_t snapshots_sent = 0;
    std::uint32_t snapshots_skipped = 0;
    std::uint32_t rate_divisor = 1;  // A snapshot every so many ticks, at the most.
    bool blocked = false;            // Its socket is full now.
    bool limited = false;            // Its snapshots are withheld now and then, at will.
};

}  // namespace ringtick
