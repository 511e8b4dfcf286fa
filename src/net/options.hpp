#pragma once

#include "base/time.hpp"
#include "http/request_parser.hpp"
#include "net/proxy_trust.hpp"
#include "ws/message_decoder.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringtick {

class Places;
class TlsContext;

// Every bound of the network side. All of its memory is taken at start, from these figures.
struct NetOptions {
    std::uint32_t connections_max = 4'096;
    std::uint32_t connections_per_ip_max = 64;  // 0: not limited. Loopback never is.
    Places* places = nullptr;  // Those of all threads, which have these two as well; null: our own.
    ProxyTrust trust;
    std::uint32_t listen_backlog = 1'024;

    std::uint32_t receive_buffers = 0;  // A power of two; 0: one per connection, 256 to 16,384.
    std::uint32_t receive_buffer_size = 2'048;

    http::RequestLimits request;
    MessageLimits message;
    bool deflate = false;                           // permessage-deflate for who offers it.
    std::uint32_t inbound_bytes_per_tick = 65'536;  // 0: not limited by the tick.
    std::uint32_t messages_per_tick = 128;          // On average over ten ticks; 0: not limited.
    std::uint32_t pongs_per_tick = 16;              // Past it, the latest ping only; 0: all.
    std::uint32_t output_size_max = 98'304;  // Bytes waiting for one connection, snapshot included.

    const TlsContext* tls = nullptr;  // Loaded before anybody comes; null: plain bytes.
    // Steps of them that cost more than a look. 0: 8; 2 with a key of RSA.
    std::uint32_t tls_handshakes_per_turn = 0;

    Nanoseconds handshake_timeout = std::chrono::seconds(5);
    Nanoseconds response_timeout = std::chrono::seconds(60);
    Nanoseconds message_timeout = std::chrono::seconds(10);
    Nanoseconds ping_after = std::chrono::seconds(20);
    Nanoseconds idle_timeout = std::chrono::seconds(45);
    Nanoseconds stall_timeout = std::chrono::seconds(10);
    Nanoseconds close_timeout = std::chrono::seconds(1);
    Nanoseconds accept_pause = std::chrono::milliseconds(100);  // After EMFILE and its like.
};

}  // namespace ringtick
