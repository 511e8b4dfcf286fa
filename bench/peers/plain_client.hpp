#pragma once

#include "base/bytes.hpp"
#include "http/accept_key.hpp"
#include "ws/frame_encoder.hpp"
#include "ws/mask.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "peers/peer.hpp"

// The least WebSocket that the floors need: the opening handshake, and frames counted, or echoed
// one by one. They are what a library is compared with, and no server for a stranger.
namespace ringtick::peers {

using Bytes = std::vector<std::byte>;

struct PlainClient {
    int socket = -1;
    bool open = false;
    bool blocked = false;  // The kernel refused some of `out`.
    Bytes input;           // The beginning of a frame, or of the handshake.
    Bytes out;             // To be sent.
    // For the floor on a ring only:
    std::size_t in_flight = 0;  // Of `out`: given to the kernel, which has not answered yet.
    bool scheduled = false;     // Is on the list of those to be sent to.
    bool receiving = true;      // Its multishot receive is armed.
    bool leaving = false;       // To be forgotten when nothing is under way.
};

// Ticks that a floor answers at once for after a client came, before it sleeps until ticks again.
constexpr unsigned newcomer_ticks = 2;
constexpr std::size_t input_size_max = 4 << 20;

inline void append(Bytes& to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

inline void drop_front(Bytes& bytes, std::size_t size) {
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

// Takes the handshake off the front of `bytes` and puts the answer into client.out. False if it is
// none.
inline bool take_handshake(PlainClient& client, std::span<std::byte>& bytes) {
    std::string head(as_text(bytes));
    const std::size_t end = head.find("\r\n\r\n");
    if (end == std::string::npos) return head.size() < 8192;
    std::ranges::transform(head, head.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr std::string_view name = "\r\nsec-websocket-key:";
    const std::size_t found = head.find(name);
    if (found == std::string::npos || found > end) return false;
    std::string_view key = as_text(bytes).substr(found + name.size());
    key = key.substr(key.find_first_not_of(' '));
    key = key.substr(0, 24);
    if (!http::is_websocket_key(key)) return false;
    const auto accept = http::accept_key_for(key);
    append(client.out, as_bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Accept: "));
    append(client.out, as_bytes({accept.data(), accept.size()}));
    append(client.out, as_bytes("\r\n\r\n"));
    bytes = bytes.subspan(end + 4);
    client.open = true;
    return true;
}

struct ClientFrame {
    std::size_t header_size = 0;
    std::size_t payload_size = 0;
    std::size_t size() const { return header_size + payload_size; }
};

// A header that is whole, or nothing. Its length field as RFC 6455, section 5.2, has it.
inline std::optional<ClientFrame> frame_at(std::span<const std::byte> bytes) {
    if (bytes.size() < 6) return std::nullopt;
    const auto length = std::to_integer<std::size_t>(bytes[1]) & 0x7F;
    const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() < 6 + extra) return std::nullopt;
    std::size_t size = extra == 0 ? length : 0;
    for (std::size_t i = 0; i < extra; ++i) {
        size = size << 8 | std::to_integer<std::size_t>(bytes[2 + i]);
    }
    return ClientFrame{.header_size = 6 + extra, .payload_size = size};
}

// Answers with the same frame, unmasked, or with a pong for a ping.
inline void echo_frame(PlainClient& client, std::span<std::byte> bytes, const ClientFrame& frame) {
    MaskingKey key{};
    std::memcpy(key.data(), bytes.data() + frame.header_size - key.size(), key.size());
    const auto payload = bytes.subspan(frame.header_size, frame.payload_size);
    unmask(payload, key, 0);
    const auto ping = static_cast<std::byte>(0x80 | static_cast<int>(Opcode::ping));
    const auto pong = static_cast<std::byte>(0x80 | static_cast<int>(Opcode::pong));
    std::array<std::byte, server_header_size_max> header{};
    const std::size_t header_size = write_frame_header(header, Opcode::binary, payload.size());
    header[0] = bytes[0] == ping ? pong : bytes[0];
    append(client.out, std::span(header).first(header_size));
    append(client.out, payload);
}

// Takes what came, counts its messages and puts the answers into client.out. False if the client is
// leaving, or speaks something else.
inline bool take(PlainClient& client, std::span<std::byte> received, bool echo, Counts& counts) {
    Bytes joined;
    std::span<std::byte> bytes = received;
    if (!client.input.empty()) {
        joined.swap(client.input);
        append(joined, received);
        bytes = joined;
    }
    if (!client.open && !take_handshake(client, bytes)) return false;
    while (client.open) {
        const auto frame = frame_at(bytes);
        if (frame && frame->payload_size > input_size_max) return false;
        if (!frame || frame->size() > bytes.size()) break;
        const auto opcode = static_cast<Opcode>(std::to_integer<int>(bytes[0]) & 0x0F);
        const bool control = static_cast<int>(opcode) >= 8;
        const bool masked = std::to_integer<int>(bytes[1]) >= 0x80;
        if (!masked) return false;  // Section 5.1.
        if (!control && std::to_integer<int>(bytes[0]) >= 0x80) {
            counts.received += 1;
            counts.sent += echo ? 1 : 0;
        }
        if (echo || control) echo_frame(client, bytes, *frame);
        if (opcode == Opcode::close) return false;
        bytes = bytes.subspan(frame->size());
    }
    client.input.assign(bytes.begin(), bytes.end());
    return true;
}

// The message of a tick, framed once for everybody.
class BroadcastFrame {
public:
    explicit BroadcastFrame(std::size_t message_size)
        : bytes_(server_header_size(message_size) + message_size, std::byte{'x'}),
          header_size_(write_frame_header(bytes_, Opcode::binary, message_size)) {}

    std::span<const std::byte> of_tick(std::uint64_t tick) {
        auto* const message = reinterpret_cast<unsigned char*>(bytes_.data() + header_size_);
        write_message({message, bytes_.size() - header_size_}, tick);
        return bytes_;
    }

private:
    Bytes bytes_;
    std::size_t header_size_;
};

// Bound to 127.0.0.1, or -1. What is set here, the clients' sockets inherit (tcp(7)).
inline int listen_on(std::uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -1;
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
    if (bind(listener, plain, sizeof address) == 0 && listen(listener, 4096) == 0) return listener;
    std::perror("cannot listen");
    return -1;
}

}  // namespace ringtick::peers
