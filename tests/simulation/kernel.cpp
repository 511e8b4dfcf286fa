#include "simulation/kernel.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "server/allocation_counter.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ringtick {

namespace {

SimulatedKernel* kernel_here = nullptr;

constexpr std::size_t backlog_max = 64;

Completion completion(Token token, std::int32_t result, bool more = false) {
    return {.token = token, .result = result, .more = more, .has_buffer = false, .buffer_id = 0};
}

}  // namespace

SimulatedKernel::SimulatedKernel(std::uint64_t seed,
                                 const Faults& faults,
                                 const RingFeatures& features)
    : rng_(Rng::mix(seed ^ 0x6B65'726E'656CULL)), faults_(faults), features_(features) {
    ASSERT(kernel_here == nullptr);
    kernel_here = this;
}

SimulatedKernel::~SimulatedKernel() {
    kernel_here = nullptr;
}

SimulatedKernel* SimulatedKernel::here() {
    return kernel_here;
}

Outside::Outside(SimulatedKernel& kernel)
    : kernel_(kernel), before_(allocations_of_this_thread().value_or(0) - kernel.allocations_) {
}

Outside::~Outside() {
    kernel_.allocations_ = allocations_of_this_thread().value_or(0) - before_;
}

bool SimulatedKernel::strikes(std::uint32_t per_mille) {
    const bool now = per_mille > 0 && rng_.below(1'000) < per_mille;
    faults_made_ += now ? 1 : 0;
    return now;
}

// Time passes while the server works: a bit between any two looks, and now and then a lot.
Nanoseconds SimulatedKernel::look_at_clock() {
    now_ += Nanoseconds(200 + rng_.below(2'000));
    if (strikes(faults_.slow_work)) now_ += std::chrono::microseconds(rng_.below(9'000));
    return now_;
}

SimulatedSocket* SimulatedKernel::connect(std::uint32_t address) {
    if (backlog_.size() >= backlog_max) return nullptr;
    Socket& socket = made_.emplace_back();
    socket.address = address;
    backlog_.push_back(&socket);
    return &socket;
}

std::string SimulatedKernel::left_behind() const {
    std::string left;
    // Who takes nothing is not waited for when a server stops.
    const auto open =
        std::ranges::count_if(sockets_, [](const auto& entry) { return entry.second->room() > 0; });
    if (open > 0) left += fmt::format(" {} open sockets", open);
    if (!closing_.empty()) left += fmt::format(" {} closed sockets with requests", closing_.size());
    if (accept_armed_) left += " an accept";
    const std::size_t home = free_buffers_.size() + returned_buffers_.size();
    if (home != buffers_count_) left += fmt::format(" {} buffers lent", buffers_count_ - home);
    return left;
}

SimulatedSocket* SimulatedKernel::socket_of(int descriptor) {
    const auto found = sockets_.find(descriptor);
    return found == sockets_.end() ? nullptr : found->second;
}

SimulatedSocket& SimulatedKernel::open_socket(int descriptor) {
    const auto found = sockets_.find(descriptor);
    ASSERT(found != sockets_.end());  // EBADF: whatever asks for it, nobody here should.
    return *found->second;
}

std::vector<SimulatedSocket*> SimulatedKernel::all_sockets() const {
    std::vector<Socket*> all = closing_;
    for (const auto& [descriptor, socket] : sockets_) all.push_back(socket);
    return all;
}

// A request that is under way keeps the socket. So the peer hears of the close when the last ends.
void SimulatedKernel::close(int descriptor) {
    Socket& socket = open_socket(descriptor);
    sockets_.erase(descriptor);
    socket.closed = true;
    closing_.push_back(&socket);
    release_if_done(socket);
}

void SimulatedKernel::release_if_done(Socket& socket) {
    if (!socket.closed || socket.is_referenced()) return;
    // tcp(7): what was not read is lost, and the peer is told so.
    const bool unread = !socket.arrived.empty() || !socket.under_way.empty();
    if (unread && !socket.writes_ended) socket.reset_by_server = true;
    socket.fin_from_server = true;
    std::erase(closing_, &socket);
}

// shutdown(2). Both ways: what is armed ends.
void SimulatedKernel::shut_down(Socket& socket, bool both_ways) {
    socket.writes_ended = true;
    socket.fin_from_server = true;
    if (!both_ways) return;
    socket.arrived.clear();
    socket.under_way.clear();
    socket.fin_at = now_;
    if (!socket.sending.empty()) end_send(socket, -EPIPE);
    if (socket.writable_armed) end_wait(socket);
}

// A queue that is full keeps what else comes behind it, in order (IORING_FEAT_NODROP).
void SimulatedKernel::tell(const Completion& completion) {
    if (overflow_.empty() && posted_.size() < features_.completions) {
        posted_.push_back(completion);
    } else {
        overflow_.push_back(completion);
    }
}

// A turn that has no time to read all that came does not know yet of these that they went.
void SimulatedKernel::note_unread_sends() {
    if (posted_.empty() && overflow_.empty()) return;
    const auto all = all_sockets();
    const auto note = [&](const Completion& completion) {
        if (completion.token.op != Op::send) return;
        for (Socket* const socket : all) {
            if (socket->send.pack() == completion.token.pack()) socket->disturbed = true;
        }
    };
    std::ranges::for_each(posted_, note);
    std::ranges::for_each(overflow_, note);
}

void SimulatedKernel::find_room_for_overflow() {
    while (!overflow_.empty() && posted_.size() < features_.completions) {
        posted_.push_back(overflow_.front());
        overflow_.pop_front();
    }
}

void SimulatedKernel::post(Token token, std::int32_t result, bool more) {
    tell(completion(token, result, more));
}

// A request's last word may come when nobody thinks of it any more. False: it does.
bool SimulatedKernel::post_last(Token token, std::int32_t result) {
    if (!strikes(faults_.late_end)) {
        post(token, result);
        return true;
    }
    const Nanoseconds at = now_ + std::chrono::microseconds(rng_.below(200'000));
    late_.push_back({.at = at, .completion = completion(token, result)});
    return false;
}

void SimulatedKernel::run() {
    find_room_for_overflow();
    for (const Late& late : late_) {
        if (late.at <= now_) tell(late.completion);
    }
    std::erase_if(late_, [this](const Late& late) { return late.at <= now_; });
    accept();
    if (interrupted_ && signal_armed_) {
        interrupted_ = false;
        post(signal_, POLLIN, true);
    }
    // Somebody else is first each time.
    auto all = all_sockets();
    const std::size_t first = all.empty() ? 0 : rng_.below(static_cast<std::uint32_t>(all.size()));
    std::ranges::rotate(all, all.begin() + static_cast<std::ptrdiff_t>(first));
    for (Socket* const socket : all) {
        go_on_sending(*socket);
        if (socket->writable_armed && (socket->room() > 0 || socket->reset_by_client)) {
            end_wait(*socket);
        }
        receive(*socket);
        release_if_done(*socket);
    }
    if (!overflow_.empty()) stats_.cq_overflow += 1;
}

void SimulatedKernel::accept() {
    while (accept_armed_ && !backlog_.empty()) {
        if (strikes(faults_.failed_accept)) {
            constexpr std::array<int, 4> errors{EMFILE, ENFILE, ENOMEM, ECONNABORTED};
            accept_armed_ = false;
            post_last(accept_, -errors[rng_.below(errors.size())]);
            return;
        }
        int descriptor = first_descriptor;
        while (sockets_.contains(descriptor)) descriptor += 1;
        sockets_[descriptor] = backlog_.front();
        backlog_.pop_front();
        post(accept_, descriptor, true);
    }
}

// What the network has brought by now. Who wants to hear no more drops it.
void SimulatedKernel::arrive(Socket& socket) {
    while (!socket.under_way.empty() && socket.under_way.front().at <= now_) {
        const auto& bytes = socket.under_way.front().bytes;
        if (!socket.writes_ended || !socket.closed) {
            socket.arrived.insert(socket.arrived.end(), bytes.begin(), bytes.end());
        }
        socket.under_way.pop_front();
    }
}

void SimulatedKernel::fill_buffer(Socket& socket) {
    const std::uint16_t id = free_buffers_.back();
    free_buffers_.pop_back();
    std::size_t size = std::min<std::size_t>(socket.arrived.size(), buffer_size_);
    if (strikes(faults_.short_receive)) size = 1 + rng_.below(static_cast<std::uint32_t>(size));
    copy_bytes(std::span(storage_ + std::size_t{id} * buffer_size_, buffer_size_),
               std::span(socket.arrived).first(size));
    socket.arrived.erase(socket.arrived.begin(),
                         socket.arrived.begin() + static_cast<std::ptrdiff_t>(size));
    Socket::Receive& request = socket.receive;
    request.brought += static_cast<std::uint32_t>(size);
    const bool spent = request.budget > 0 && request.brought >= request.budget;
    request.armed = !request.once && !spent && !strikes(faults_.ended_receive);
    tell({.token = request.token,
          .result = static_cast<std::int32_t>(size),
          .more = request.armed,
          .has_buffer = true,
          .buffer_id = id});
}

// As a multishot receive does: a completion for each buffer filled, until nothing more is there.
void SimulatedKernel::receive(Socket& socket) {
    arrive(socket);
    if (!socket.receive.armed) return;
    if (socket.reset_by_client) return end_receive(socket, -ECONNRESET);
    while (socket.receive.armed && !socket.arrived.empty()) {
        if (free_buffers_.empty()) return end_receive(socket, -ENOBUFS);
        fill_buffer(socket);
    }
    const bool is_end = socket.under_way.empty() && socket.fin_at <= now_;
    if (socket.receive.armed && is_end) end_receive(socket, 0);
}

void SimulatedKernel::end_receive(Socket& socket, std::int32_t result) {
    socket.receive.armed = false;
    post_last(socket.receive.token, result);
}

void SimulatedKernel::go_on_sending(Socket& socket) {
    if (socket.sending.empty()) return;
    if (socket.reset_by_client) return end_send(socket, -ECONNRESET);
    const auto rest = socket.sending.subspan(socket.sent);
    std::size_t size = std::min(rest.size(), socket.room());
    if (size < rest.size()) socket.disturbed = true;
    if (size == 0) return;
    const bool cut = strikes(faults_.short_send);
    if (cut) size = 1 + rng_.below(static_cast<std::uint32_t>(size));
    socket.unread.insert(socket.unread.end(), rest.begin(),
                         rest.begin() + static_cast<std::ptrdiff_t>(size));
    socket.sent += size;
    if (cut || socket.sent == socket.sending.size()) {
        end_send(socket, static_cast<std::int32_t>(socket.sent));
    }
}

// What went before an error is told as success; the error comes with the next request.
void SimulatedKernel::end_send(Socket& socket, std::int32_t result) {
    if (result < 0 && socket.sent > 0) result = static_cast<std::int32_t>(socket.sent);
    const bool whole = std::cmp_equal(result, socket.sending.size());
    socket.sending = {};
    socket.sent = 0;
    const bool is_told = post_last(socket.send, result) && overflow_.empty();
    if (!is_told || !whole) socket.disturbed = true;
}

void SimulatedKernel::end_wait(Socket& socket) {
    socket.writable_armed = false;
    const int events = socket.reset_by_client || socket.writes_ended ? POLLHUP | POLLERR : POLLOUT;
    post_last(socket.writable, events);
}

// Success is silent, and what fails is told behind what was received meanwhile.
void SimulatedKernel::show(Socket& socket, std::span<const std::byte> bytes, Token token) {
    const std::int32_t result = send_now(socket, bytes);
    if (result == static_cast<std::int32_t>(bytes.size())) return;
    if (result != -EPIPE) socket.disturbed = true;
    told_at_submit_.push_back(completion(token, result));
}

// As much as there is room for, or a negative errno.
std::int32_t SimulatedKernel::send_now(Socket& socket, std::span<const std::byte> bytes) {
    if (socket.writes_ended || socket.reset_by_client) return -EPIPE;
    ASSERT(socket.sending.empty());  // Else bytes would part those of a message.
    std::size_t size = std::min(bytes.size(), socket.room());
    if (size > 0 && strikes(faults_.short_send)) {
        size = rng_.below(static_cast<std::uint32_t>(size));
    }
    socket.unread.insert(socket.unread.end(), bytes.begin(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return size > 0 ? static_cast<std::int32_t>(size) : -EAGAIN;
}

// Silent itself, as Ring promises.
void SimulatedKernel::cancel(Token target) {
    const std::uint64_t bits = target.pack();
    if (accept_armed_ && accept_.pack() == bits) {
        accept_armed_ = false;
        post_last(accept_, -ECANCELED);
        return;
    }
    for (Socket* const socket : all_sockets()) {
        if (socket->receive.armed && socket->receive.token.pack() == bits) {
            end_receive(*socket, -ECANCELED);
        } else if (!socket->sending.empty() && socket->send.pack() == bits) {
            end_send(*socket, -ECANCELED);
        } else if (socket->writable_armed && socket->writable.pack() == bits) {
            socket->writable_armed = false;
            post_last(socket->writable, -ECANCELED);
        } else {
            continue;
        }
        return release_if_done(*socket);
    }
}

void SimulatedKernel::sleep(Nanoseconds deadline) {
    const auto lent = std::ranges::count_if(posted_, &Completion::has_buffer) +
                      std::ranges::count_if(overflow_, &Completion::has_buffer);
    ASSERT(free_buffers_.size() + returned_buffers_.size() + static_cast<std::size_t>(lent) ==
           buffers_count_);
    sleeps_ += 1;
    Nanoseconds until = std::max(deadline, now_);
    if (strikes(faults_.late_sleep)) until += std::chrono::microseconds(rng_.below(120'000));
    if (world_ != nullptr) world_->go_on(until);
    set_now(until);
    if (!strikes(faults_.pause)) return;
    until += std::chrono::milliseconds(rng_.below(6'000));
    is_paused_ = true;
    if (world_ != nullptr) world_->go_on(until);
    is_paused_ = false;
    set_now(until);
}

}  // namespace ringtick
