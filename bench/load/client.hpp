#pragma once

#include "base/handle.hpp"
#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "load/broadcast_reader.hpp"
#include "load/findings.hpp"
#include "load/handshake_reader.hpp"
#include "load/server_frame_reader.hpp"

namespace ringtick::swarm {

// One simulated client and its connection.
//
//   absent --connect--> shaking --101--> open --close frame--> closing
//     ^                    |               |                      |
//     |                 refused    lost, or cut by us        the server's end
//     |                    v               v                      |
//     +----rejoins----- leaving <----------+----------------------+
//                          |
//                          +--else--> gone
//
// Leaving lasts until the kernel has given back what was armed: closing a socket ends no request.
struct Client {
    enum class State : std::uint8_t { absent, shaking, open, closing, leaving, gone };

    State state = State::absent;
    Temper temper = Temper::healthy;
    int socket = -1;
    std::uint32_t generation = 1;
    bool recv_armed = false;
    bool request_armed = false;
    bool send_queued = false;
    bool rejoins = false;
    bool close_answered = false;  // By a close frame, while closing.
    Nanoseconds since{};          // When it began to shake hands or to close.
    Nanoseconds cut_at{};         // When we cut it off, until it is shown a world again.

    // The stream of messages (see client_messages.hpp), in bytes from the connection's start.
    std::uint64_t issued = 0;        // Messages that are to be sent, or were.
    std::uint64_t stream_sent = 0;   // Taken by the kernel, if all goes well,
    std::uint64_t stream_known = 0;  // and what surely was before the send that may be short.

    std::uint64_t answered = 0;    // Echo: messages that came back.
    bool echo_wrong = false;       // The one that is coming back, so far.
    std::uint64_t next_input = 0;  // With a schedule: which of everyone's messages is this one's.

    HandshakeReader handshake;
    ServerFrameReader frames;
    BroadcastReader broadcasts;

    bool pong_owed = false;
    std::uint8_t pong_size = 0;
    std::array<std::byte, 125> pong{};  // What the latest ping said (RFC 6455, section 5.5.3).

    // Another connection begins, with nothing left of the last one. (The lists that the client may
    // still stand in look at its state.)
    void start_over() {
        generation += 1;
        close_answered = false;
        issued = stream_sent = stream_known = answered = 0;
        echo_wrong = false;
        handshake = {};
        frames = {};
        broadcasts = {};
    }

    Handle handle(std::uint32_t slot) const { return {.slot = slot, .generation = generation}; }
};

}  // namespace ringtick::swarm
