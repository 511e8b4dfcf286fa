#pragma once

#include "base/handle.hpp"
#include "http/message.hpp"
#include "http/opening_handshake.hpp"
#include "ws/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// Why a connection ended, exactly: for counters and logs. The wire gets one of a few close codes.
enum class CloseReason : std::uint8_t {
    closed_by_peer,     // A close frame, or the end of an HTTP exchange.
    vanished,           // End of stream without a close frame.
    reset,              // The socket failed.
    refused,            // An HTTP request that we do not serve, and said so.
    protocol,           // A rule of RFC 6455 or 9112 was broken.
    too_big,            // A message or a request over the limit.
    flood,              // More messages or fragments than allowed.
    handshake_timeout,  // No whole request within the limit.
    message_timeout,    // A message begun and not ended.
    idle_timeout,       // No sign of life, not even a pong.
    stalled,            // Nothing of what we sent was taken for too long.
    overflow,           // Messages that must arrive did not fit the queue.
    finished,           // The game has no more use for it.
    kicked,             // The operator has no more use for it.
    shutdown,           // The server stops, or lets nobody stay.
};
inline constexpr std::size_t close_reasons_count = 15;

const char* name_of(CloseReason reason);

// What a plain HTTP request is answered with: a head written to the memory given, and a body that
// lies elsewhere and stays as it is for as long as it is sent (Connections::is_sending).
struct HttpAnswer {
    std::size_t head_size = 0;
    std::span<const std::byte> body;
};

// What the layer above does about what arrives. Called while completions are reaped: it may send
// and close, and must not call back into the reaping. No connection's slot is freed meanwhile.
class ConnectionEvents {
public:
    // Which thread of those that have been joined answers this: see Connections::join().
    virtual std::uint32_t shard_for(const http::Request& request) {
        (void)request;
        return any_shard;
    }
    static constexpr std::uint32_t any_shard = 0xFFFF'FFFF;

    // A correct opening handshake. Anything but switching_protocols refuses it.
    virtual http::Status on_open(Handle connection, const http::Request& request) = 0;

    // A whole message of an open connection. The bytes are gone after the call.
    virtual void on_message(Handle connection,
                            Opcode opcode,
                            std::span<const std::byte> message) = 0;

    // The connection was open and is no more; nothing can be sent to it.
    virtual void on_close(Handle connection, CloseReason reason) = 0;

    // From now on it gets a snapshot every `divisor` ticks at the most: it missed too many, or,
    // with a smaller one than before, none for a while. Called from sweep().
    virtual void on_rate(Handle connection, std::uint32_t divisor) {
        (void)connection;
        (void)divisor;
    }

    // Not a byte of the last snapshot handed over for it went out. Called before it is ready for
    // another.
    virtual void on_snapshot_refused(Handle connection) { (void)connection; }

    // GET, HEAD, or a POST, which has no body. The answer's head (and what body it writes behind
    // it) goes to `out`.
    virtual HttpAnswer on_request(const http::Request& request, std::span<std::byte> out) = 0;

protected:
    ~ConnectionEvents() = default;
};

}  // namespace ringtick
