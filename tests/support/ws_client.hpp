#pragma once

#include "base/bytes.hpp"
#include "ws/frame.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick::test {

// A client's frame, masked with the key 1, 2, 3, 4.
inline std::string client_frame(Opcode opcode, std::string_view payload, bool fin = true) {
    std::string frame(1, static_cast<char>((fin ? 0x80 : 0) | static_cast<int>(opcode)));
    if (payload.size() <= 125) {
        frame += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() <= 0xFFFF) {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size() & 0xFF);
    } else {
        frame += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame += static_cast<char>(payload.size() >> shift & 0xFF);
        }
    }
    frame += "\x01\x02\x03\x04";
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame += static_cast<char>(payload[i] ^ static_cast<char>(i % 4 + 1));
    }
    return frame;
}

// `extensions`: what is offered, if anything.
inline std::string upgrade_request(std::string_view path = "/", std::string_view extensions = "") {
    const std::string offer =
        extensions.empty() ? "" : "Sec-WebSocket-Extensions: " + std::string(extensions) + "\r\n";
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           offer + "\r\n";
}

// One frame as a server sends it.
struct ServerFrame {
    Opcode opcode;
    std::string payload;
    bool compressed = false;
};

// A client over a real socket that does nothing by itself: it reads and writes when told to, and
// never waits. Speaks plain enough to be seen to be right.
class WsClient {
public:
    explicit WsClient(std::uint16_t port, int receive_buffer = 0) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (receive_buffer > 0) {
            setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = socket_ >= 0 && connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                                             sizeof address) == 0;
    }
    ~WsClient() { close(); }
    WsClient(const WsClient&) = delete;
    WsClient& operator=(const WsClient&) = delete;

    bool connected() const { return connected_; }
    int socket() const { return socket_; }

    bool send(std::string_view bytes) const {
        if (socket_ < 0) return false;
        return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    // As much as the kernel takes now; returns how much that was.
    std::size_t send_some(std::string_view bytes) const {
        if (socket_ < 0) return 0;
        const ssize_t size =
            ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    void finish() const { shutdown(socket_, SHUT_WR); }
    // Ends with a reset instead of a FIN.
    void abort() {
        const linger now{.l_onoff = 1, .l_linger = 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }
    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }

    // Takes in at most `size_max` of what has arrived. False once the stream has ended.
    bool read(std::size_t size_max = SIZE_MAX) {
        char bytes[16'384];
        while (size_max > 0 && !ended_) {
            const std::size_t wanted = std::min(size_max, sizeof bytes);
            const ssize_t size = recv(socket_, bytes, wanted, MSG_DONTWAIT);
            if (size < 0 && errno == EAGAIN) return true;
            ended_ = size <= 0;
            reset_ = size < 0;
            if (ended_) break;
            received_.append(bytes, static_cast<std::size_t>(size));
            size_max -= static_cast<std::size_t>(size);
        }
        return !ended_;
    }

    const std::string& received() const { return received_; }
    bool ended() const { return ended_; }
    bool was_reset() const { return reset_; }

    // The response's head, taken off the front once it is whole; empty before.
    std::string take_head() {
        const std::size_t end = received_.find("\r\n\r\n");
        if (end == std::string::npos) return {};
        std::string head = received_.substr(0, end + 4);
        received_.erase(0, end + 4);
        return head;
    }

    // The whole frames received so far, taken off the front.
    std::vector<ServerFrame> take_frames() {
        std::vector<ServerFrame> frames;
        while (take_frame(frames)) {
        }
        return frames;
    }

private:
    bool take_frame(std::vector<ServerFrame>& frames) {
        if (received_.size() < 2) return false;
        const auto byte = [this](std::size_t i) { return static_cast<std::uint8_t>(received_[i]); };
        std::size_t size = byte(1) & 0x7FU;
        const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (received_.size() < 2 + extended) return false;
        if (extended > 0) size = 0;
        for (std::size_t i = 0; i < extended; ++i) size = size << 8 | byte(2 + i);
        if (received_.size() < 2 + extended + size) return false;
        frames.push_back({static_cast<Opcode>(byte(0) & 0xF), received_.substr(2 + extended, size),
                          (byte(0) & 0x40) != 0});
        received_.erase(0, 2 + extended + size);
        return true;
    }

    int socket_ = -1;
    bool connected_ = false;
    bool ended_ = false;
    bool reset_ = false;
    std::string received_;
};

}  // namespace ringtick::test
