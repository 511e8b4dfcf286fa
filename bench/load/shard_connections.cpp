// Who: connections come, end and come again.

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "load/shard.hpp"

namespace ringtick::swarm {

namespace {

constexpr std::uint32_t shaking_max = 256;  // Handshakes of a thread under way at once.
constexpr Nanoseconds handshake_patience = std::chrono::seconds(10);
constexpr Nanoseconds close_patience = std::chrono::seconds(5);
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

// A ramp is for the first time that each client comes; this thread's part of it is every so many-th
// connect.
bool Shard::may_connect() const {
    if (arrivals_.empty() || shaking_ >= shaking_max) return false;
    if (ramp_.empty() || phase_ != Phase::gathering) return true;
    const std::uint64_t due = ramp_.due_count(now_) + settings_.threads - 1 - share_.index;
    return connects_ < due / settings_.threads;
}

void Shard::connect(std::uint32_t index) {
    Client& client = clients_[index];
    ASSERT(client.state == Client::State::absent);
    ASSERT(client.socket < 0);
    client.state = Client::State::shaking;
    client.since = now_;
    shaking_ += 1;
    connects_ += 1;
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
    if (settings_.deflate && client.handshake.compression_agreed()) {
        client.frames.allow_compression();
    }
    if (players_ != nullptr) players_->join(index, now_);
    if (phase_ == Phase::measuring) {
        findings_.rejoined += 1;
        fill_window(index, now_);
    } else {
        tally(client).connected += 1;
    }
}

// The stream has ended, or broken.
void Shard::on_end(std::uint32_t index) {
    switch (clients_[index].state) {
        case Client::State::shaking:
            return refuse(index);
        case Client::State::open:
            return lose(index);
        case Client::State::closing:
            return end_closing(index);
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
    if (client.recv_armed) ring_.cancel({.op = Op::recv, .owner = owner});
    if (client.request_armed) ring_.cancel({.op = Op::send, .owner = owner});
    settle(index);
}

// The last step of leaving, once nothing is armed.
void Shard::settle(std::uint32_t index) {
    Client& client = clients_[index];
    if (client.state != Client::State::leaving) return;
    if (client.recv_armed || client.request_armed) return;
    if (client.socket >= 0) ::close(client.socket);
    client.socket = -1;
    client.start_over();
    client.state = client.rejoins ? Client::State::absent : Client::State::gone;
    if (!client.rejoins) return;
    away_ -= 1;
    arrivals_.push(index);
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
        const Nanoseconds waited = now_ - client.since;
        if (client.state == Client::State::shaking && waited > handshake_patience) refuse(index);
        if (client.state == Client::State::closing && waited > close_patience) end_closing(index);
    }
}

void Shard::churn_some() {
    const std::uint64_t due_count = churn_.due_count(std::min(now_, end_ - Nanoseconds(1)));
    for (; churn_done_ < due_count; ++churn_done_) {
        if (churn_done_ % settings_.threads != share_.index) continue;
        const bool abrupt = churn_done_ / settings_.threads % 2 == 1;
        // The next one who is there, if anybody is.
        for (std::size_t tries = 0; tries < clients_.size(); ++tries) {
            const std::uint32_t index = churn_next_;
            churn_next_ = (churn_next_ + 1) % share_.count;
            const Client& client = clients_[index];
            if (client.state != Client::State::open || client.temper != Temper::healthy) continue;
            churn_one(index, abrupt);
            break;
        }
    }
}

void Shard::churn_one(std::uint32_t index, bool abrupt) {
    constexpr std::array normal_closure{std::byte{1000 >> 8}, std::byte{1000 & 0xFF}};
    Client& client = clients_[index];
    findings_.left += 1;
    client.cut_at = now_;
    open_ -= 1;
    away_ += 1;
    client.rejoins = true;
    // In the middle of a message there is no place for a close frame.
    const bool by_frame = !abrupt && sender_.at_boundary(client);
    if (by_frame && send_control(index, Opcode::close, normal_closure)) {
        client.state = Client::State::closing;
        client.since = now_;
        return;
    }
    // Closing a socket that does not linger resets the connection (socket(7), SO_LINGER).
    const linger none{.l_onoff = 1, .l_linger = 0};
    setsockopt(client.socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    leave(index, true);
}

void Shard::storm_if_due() {
    const bool due = now_ >= measuring_since_ + settings_.duration / 2;
    if (!settings_.storm || stormed_ || !due) return;
    stormed_ = true;
    for (std::uint32_t index = 0; index < clients_.size(); ++index) {
        const Client& client = clients_[index];
        if (client.state != Client::State::open || client.temper != Temper::healthy) continue;
        churn_one(index, true);
    }
}

// RFC 6455, section 5.5.1: a close frame is answered with one.
void Shard::end_closing(std::uint32_t index) {
    ASSERT(clients_[index].state == Client::State::closing);
    if (!clients_[index].close_answered) tally(clients_[index]).errors += 1;
    leave(index, true);
}

void Shard::read_slowly() {
    const std::uint64_t due_count = slow_reads_.due_count(now_);
    // What was missed while this thread was busy is not made up for.
    slow_reads_done_ = std::max(slow_reads_done_, due_count - std::min(due_count, slow_.size()));
    for (; slow_reads_done_ < due_count; ++slow_reads_done_) {
        read_slowly(slow_[slow_reads_done_ % slow_.size()]);
    }
}

void Shard::read_slowly(std::uint32_t index) {
    const Client& client = clients_[index];
    if (client.state != Client::State::open || client.recv_armed) return;
    std::array<std::byte, 256> bytes;
    const ssize_t size = ::recv(client.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size > 0) {
        read_stream(index, std::span(bytes).first(static_cast<std::size_t>(size)));
    } else if (size == 0 || errno != EAGAIN) {
        on_end(index);
    }
}

}  // namespace ringtick::swarm
