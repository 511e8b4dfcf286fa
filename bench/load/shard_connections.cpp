// Who: connections come, end and come again.

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "load/shard.hpp"

namespace ringtick::swarm {

namespace {

constexpr std::uint32_t shaking_max = 64;  // Handshakes of a thread under way at once.
constexpr Nanoseconds handshake_patience = std::chrono::seconds(10);
constexpr std::uint32_t clients_per_source = 25'000;  // An address has 28,232 ports to call from.
constexpr int small_receive_buffer = 4'096;

void set_option(int socket, int level, int name, int value) {
    // None of those used here can fail on a TCP socket.
    const int result = setsockopt(socket, level, name, &value, sizeof value);
    ASSERT(result == 0);
}

// More clients than one address has ports call from 127.0.0.2 and so on, and choose the port when
// the whole pair is known (ip(7), IP_BIND_ADDRESS_NO_PORT).
bool bind_source(int socket, const sockaddr_in& server, std::uint32_t id) {
    const bool loopback = ntohl(server.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (!loopback || id < clients_per_source) return true;
    set_option(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + id / clients_per_source);
    return bind(socket, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0;
}

}  // namespace

void Shard::connect_some() {
    while (may_connect()) connect(arrivals_.pop());
}

bool Shard::may_connect() const {
    return !arrivals_.empty() && shaking_ < shaking_max;
}

void Shard::connect(std::uint32_t index) {
    Client& client = clients_[index];
    ASSERT(client.state == Client::State::absent);
    ASSERT(client.socket < 0);
    client.state = Client::State::shaking;
    client.since = now_;
    shaking_ += 1;
    client.socket = open_socket(client, share_.first + index);
    if (client.socket < 0) return refuse(index);

    client.request_armed = true;
    ring_.send(client.socket, as_bytes(settings_.request),
               {.op = Op::send, .owner = client.handle(index)});
    receive(index);
}

// A socket that is connecting, or -1. The request waits inside the ring until it is connected.
int Shard::open_socket(const Client& client, std::uint32_t id) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return -1;
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    // Before connecting: the window that is offered follows from it (tcp(7)).
    if (client.temper != Temper::healthy) {
        set_option(socket, SOL_SOCKET, SO_RCVBUF, small_receive_buffer);
    }
    const auto* const server = reinterpret_cast<const sockaddr*>(&settings_.server);
    const bool begun =
        bind_source(socket, settings_.server, id) &&
        (::connect(socket, server, sizeof settings_.server) == 0 || errno == EINPROGRESS);
    // Of a non-blocking socket the ring would answer EAGAIN, rather than wait.
    if (!begun || fcntl(socket, F_SETFL, 0) != 0) {
        ::close(socket);
        return -1;
    }
    return socket;
}

// The healthy are read as it comes; the others piece by piece until they are in.
void Shard::receive(std::uint32_t index) {
    Client& client = clients_[index];
    ASSERT(!client.recv_armed);
    client.recv_armed = true;
    const Token token{.op = Op::recv, .owner = client.handle(index)};
    if (client.temper == Temper::healthy) {
        ring_.arm_recv(client.socket, buffers_.group(), token);
    } else {
        ring_.arm_recv_once(client.socket, buffers_.group(), token);
    }
}

void Shard::on_request_sent(std::uint32_t index, std::int32_t result) {
    Client& client = clients_[index];
    ASSERT(client.request_armed);
    client.request_armed = false;
    const bool whole = result == static_cast<std::int32_t>(settings_.request.size());
    if (client.state == Client::State::shaking && !whole) return refuse(index);
    settle(index);
}

void Shard::on_recv(std::uint32_t index, const Completion& completion, std::span<std::byte> bytes) {
    Client& client = clients_[index];
    ASSERT(client.recv_armed);
    client.recv_armed = completion.more;
    if (completion.result > 0) {
        read_stream(index, bytes);
    } else if (completion.result != -ENOBUFS) {
        on_end(index);
    }
    if (!client.recv_armed) unarmed_.push_back(index);
}

void Shard::on_open(std::uint32_t index) {
    Client& client = clients_[index];
    ASSERT(client.state == Client::State::shaking);
    client.state = Client::State::open;
    shaking_ -= 1;
    open_ += 1;
    tally(client).connected += 1;
    if (phase_ == Phase::measuring) fill_window(index, now_);
}

// The stream has ended, or broken.
void Shard::on_end(std::uint32_t index) {
    switch (clients_[index].state) {
        case Client::State::shaking:
            return refuse(index);
        case Client::State::open:
            return lose(index);
        case Client::State::closing:
        case Client::State::leaving:
            return;
        case Client::State::absent:
        case Client::State::gone:
            break;
    }
    UNREACHABLE();
}

void Shard::refuse(std::uint32_t index) {
    ASSERT(clients_[index].state == Client::State::shaking);
    shaking_ -= 1;
    tally(clients_[index]).refused += 1;
    leave(index, false);
}

void Shard::lose(std::uint32_t index) {
    ASSERT(clients_[index].state == Client::State::open);
    open_ -= 1;
    tally(clients_[index]).lost += 1;
    leave(index, false);
}

void Shard::leave(std::uint32_t index, bool rejoins) {
    Client& client = clients_[index];
    client.state = Client::State::leaving;
    client.rejoins = rejoins;
    const Handle owner = client.handle(index);
    const Token by{.op = Op::cancel, .owner = owner};
    if (client.recv_armed) ring_.cancel({.op = Op::recv, .owner = owner}, by);
    if (client.request_armed) ring_.cancel({.op = Op::send, .owner = owner}, by);
    settle(index);
}

// The last step of leaving, once nothing is armed.
void Shard::settle(std::uint32_t index) {
    Client& client = clients_[index];
    if (client.state != Client::State::leaving) return;
    if (client.recv_armed || client.request_armed) return;
    if (client.socket >= 0) ::close(client.socket);
    client.socket = -1;
    client.generation += 1;
    client.state = client.rejoins ? Client::State::absent : Client::State::gone;
    if (client.rejoins) arrivals_.push(index);
}

// A receive that ended is armed again, or was the last. Not at once: without buffers it would only
// end again, and these have come back by now.
void Shard::rearm() {
    for (const std::uint32_t index : unarmed_) {
        const Client& client = clients_[index];
        if (client.recv_armed) continue;
        const bool reads = client.temper == Temper::healthy || client.state != Client::State::open;
        if (client.state == Client::State::leaving) {
            settle(index);
        } else if (client.socket >= 0 && reads) {
            receive(index);
        }
    }
    unarmed_.clear();
}

// Once a second: who has waited too long.
void Shard::sweep() {
    swept_ = now_;
    for (std::uint32_t index = 0; index < clients_.size(); ++index) {
        const Client& client = clients_[index];
        const bool late = now_ - client.since > handshake_patience;
        if (client.state == Client::State::shaking && late) refuse(index);
    }
}

}  // namespace ringtick::swarm
