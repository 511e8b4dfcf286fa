#pragma once

#include "base/time.hpp"
#include "http/request_parser.hpp"
#include "net/events.hpp"
#include "net/output.hpp"
#include "net/peer.hpp"
#include "net/snapshot_limit.hpp"
#include "net/snapshot_rate.hpp"
#include "ws/message_decoder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

struct TlsLink;

// The life of a connection. Each arrow is one call of Connections; none leads back.
//
//   http --101--> open --close frame sent or received--> closing --both sent--> draining
//     |             |                                       |                      |
//     |             +------ failed, vanished, silent -------+----> dead <----------+
//     +-- refused, or the last response sent --> draining           |
//                                                                   v
//                                          slot free, once the last completion has come
//
// In `closing` our close frame is on its way and the peer's is awaited; data is ignored (RFC 6455,
// section 5.5.1). In `draining` all is sent and so is our FIN; what still arrives is thrown away,
// for closing a socket with unread bytes would reset it and could cost the peer our last words.
// `dead` is shut down both ways; armed requests are coming home.
struct Connection {
    enum class State : std::uint8_t { http, open, closing, draining, dead };

    // What the tick looks at, first: one cache line.
    int socket = -1;
    State state = State::http;
    CloseReason close_reason = CloseReason::closed_by_peer;
    bool recv_armed = false;
    bool recv_paused = false;   // Its own output is full: reading on would only add to it.
    bool recv_waiting = false;  // On a list of those to be armed again.
    bool flush_queued = false;
    bool urgent = false;            // Somebody waits for our answer: do not sleep until the tick.
    bool ended_by_peer = false;     // Its FIN has come.
    bool end_after_output = false;  // FIN once all is sent.
    bool pinged = false;            // Since it was last heard.
    bool cancel_sent = false;
    bool counted = false;           // In the counts of addresses, under `counted_as`.
    bool has_place = false;         // One of connections_max.
    bool turned_away = false;       // Has none, only the time to be told so.
    bool proxy_header_due = false;  // Its first bytes may be one.
    bool blocked = false;           // A snapshot found the socket full; we are told of room.
    bool limited = false;           // Its snapshots are withheld now and then: see `limit`.
    bool passing = false;           // Another thread goes on with it, `passing_to`, soon.
    bool is_tls = false;            // What it sends and is sent is sealed: see `tls`.
    // The window with which messages are deflated for it; 0: permessage-deflate was not agreed.
    std::uint8_t deflate_window_bits = 0;
    std::span<const std::byte> broadcast;  // The frame handed to the ring in this turn.
    Output output;
    SnapshotRate rate;

    Nanoseconds pinged_at{};
    Nanoseconds heard_at{};       // The last byte from the peer.
    Nanoseconds progressed_at{};  // The last time the peer took some of what waits, or none waited.
    Nanoseconds looked_at{};  // When its acknowledgements were last counted, and what they were.
    std::uint64_t bytes_acknowledged = 0;
    Nanoseconds deadline{};  // Of the handshake, response, message or close; max(): none.
    Nanoseconds close_began_at{};

    std::uint64_t tick_seen = 0;      // The tick that the counts below belong to.
    std::uint64_t inflated_debt = 0;  // Inflated and not yet worked off, a budget of bytes a tick.
    std::uint32_t bytes_this_tick = 0;
    std::uint32_t pongs_this_tick = 0;
    std::int32_t message_credit = 0;

    SnapshotLimit limit;

    Peer peer;  // Who we talk to: of a proxy that sent a PROXY header, its client.
    IpAddress counted_as;

    // The pages for what it sends and is sent are in use, and when they were used last.
    bool memory_used = false;
    Nanoseconds memory_used_at{};
    std::size_t input_size = 0;  // Bytes of an HTTP request gathered so far.
    std::size_t held_size = 0;   // Bytes of frames that came and are not to be read yet.
    std::uint32_t requests = 0;
    std::uint16_t passing_to = 0;
    bool pong_waiting = false;
    std::uint8_t pong_size = 0;
    std::array<std::byte, 125> pong;  // The payload of the latest ping not yet answered.

    TlsLink* tls = nullptr;                   // Of one that came to a port that speaks TLS.
    http::RequestParser* parser = nullptr;    // Until it is open.
    MessageDecoder decoder{MessageLimits{}};  // From then on.

    // Something of it is with the kernel.
    bool armed() const;
};

}  // namespace ringtick
