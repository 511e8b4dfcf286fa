// What is armed and when: receives within their budgets, sends one at a time.
#include "net/flow.hpp"

#include "base/assert.hpp"
#include "net/connections.hpp"

#include <algorithm>

namespace ringtick {

namespace {

// A request, once begun, comes in one piece or soon after, and its answer is read piece by piece;
// so is a farewell, and answered. Who lets us wait may wait for the tick.
constexpr Nanoseconds urgent_for = std::chrono::milliseconds(250);

bool is_urgent(const Connection& c, Nanoseconds now) {
    switch (c.state) {
        case Connection::State::http:
            return now - std::max(c.heard_at, c.progressed_at) < urgent_for;
        case Connection::State::closing:
            return !c.blocked && now - std::max(c.close_began_at, c.progressed_at) < urgent_for;
        case Connection::State::open:
        case Connection::State::draining:
        case Connection::State::dead:
            return false;
    }
    return false;
}

}  // namespace

// The counts of a tick begin anew with the connection's first bytes in it.
void Connections::begin_tick_of(Connection& c) const {
    ASSERT(c.tick_seen <= tick_);
    if (c.tick_seen == tick_) return;
    const auto ticks =
        static_cast<std::int64_t>(std::min<std::uint64_t>(tick_ - c.tick_seen, 1U << 20));
    const std::int64_t step = ticks * options_.messages_per_tick;
    const std::int64_t most = message_credit_max(options_);
    const std::int64_t credit = c.message_credit > most ? std::max(c.message_credit - step, most)
                                                        : std::min(c.message_credit + step, most);
    c.message_credit = static_cast<std::int32_t>(credit);
    const std::uint64_t budget = (tick_ - c.tick_seen) * options_.inbound_bytes_per_tick;
    c.inflated_debt -= std::min(c.inflated_debt, budget);
    c.tick_seen = tick_;
    c.cancel_sent = false;  // It may have come too early. If more came instead, it is tried again.
    c.bytes_this_tick = 0;
    c.pongs_this_tick = 0;
}

void Connections::arm_recv(Handle handle, Connection& c) {
    ASSERT(!c.recv_armed);
    ASSERT(c.state != Connection::State::dead);
    c.recv_armed = true;
    c.cancel_sent = false;
    const RingFeatures& features = ring_.features();
    // Deferred task work lets a cancel find a multishot, but what came before it may be all that
    // the socket held: more than we keep of those whose input may have to wait.
    const bool may_wait = c.state == Connection::State::http || c.deflate_window_bits > 0 ||
                          options_.inbound_bytes_per_tick == 0;
    if (!features.recv_budget && (may_wait || !features.defer_taskrun)) {
        return ring_.arm_recv_once(c.socket, buffers_.group(), {.op = Op::recv, .owner = handle});
    }
    ring_.arm_recv(c.socket, buffers_.group(), {.op = Op::recv, .owner = handle},
                   receive_budget(options_));
}

// What it sent in this tick, or what became of it when inflated, is enough for now.
bool Connections::over_budget(const Connection& c) const {
    const std::uint32_t per_tick = options_.inbound_bytes_per_tick;
    return per_tick > 0 && (c.bytes_this_tick >= per_tick || c.inflated_debt >= per_tick);
}

void Connections::want_recv(Handle handle, Connection& c) {
    ASSERT(!c.recv_armed);
    if (c.state == Connection::State::dead || c.recv_paused || c.ended_by_peer) return;
    if (c.passing || (is_moving_ && can_move(c))) return;
    begin_tick_of(c);
    if (over_budget(c)) {
        stats_.receive_throttled += 1;
        return arm_later(throttled_, handle, c);
    }
    arm_recv(handle, c);
}

// What the connection sends can no longer be answered, or gathered behind the request that is being
// answered: it must wait for its own peer. Then something is being sent, and on_send() goes on.
bool Connections::is_full(Handle handle, const Connection& c) const {
    const bool waits = c.state == Connection::State::http && !c.output.empty();
    return c.output.waiting() > c.output.capacity() / 2 ||
           (waits && c.input_size > inputs_.of(handle.slot).size() / 2);
}

// Stops a receive whose bytes we do not want yet. Where the kernel knows budgets it ends by
// itself soon; where not, and when our own output is full, it is cancelled.
void Connections::limit_recv(Handle handle, Connection& c) {
    if (is_full(handle, c)) c.recv_paused = true;
    if (!c.recv_armed || c.cancel_sent || !(over_budget(c) || c.recv_paused)) return;
    c.cancel_sent = true;
    cancels_queued_ = true;
    ring_.cancel({.op = Op::recv, .owner = handle});
}

void Connections::arm_later(std::vector<Handle>& waiting, Handle handle, Connection& c) {
    if (c.recv_waiting) return;
    c.recv_waiting = true;
    waiting.push_back(handle);
}

// Goes on with the first `count_max` of those who wait. Some may have gone since.
void Connections::go_on_with(std::vector<Handle>& waiting, std::size_t count_max) {
    const std::size_t count = std::min(count_max, waiting.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Handle handle = waiting[i];
        Connection* const c = table_.find(handle);
        if (c == nullptr) continue;
        c->recv_waiting = false;
        begin_tick_of(*c);
        go_on(handle, *c);
        settle(handle, *c);
    }
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
}

// Reads what was held back and receives more, each as far as it may.
void Connections::go_on(Handle handle, Connection& c) {
    if (c.held_size > 0) read_held(handle, c);
    c.recv_paused = is_full(handle, c);  // Maybe it is only now: no more on top of what is held.
    if (!c.recv_armed) want_recv(handle, c);
}

void Connections::queue_flush(Handle handle, Connection& c) {
    if (c.flush_queued || c.blocked || !has_to_send(c)) return;
    if (c.state == Connection::State::dead) return;
    use_memory(c);
    c.flush_queued = true;
    unsent_.push_back(handle);
}

// One send per connection, of all that waits.
void Connections::flush() {
    for (const Handle handle : unsent_) {
        Connection* const c = table_.find(handle);
        if (c == nullptr) continue;
        c->flush_queued = false;
        if (c->state == Connection::State::dead) continue;
        if (c->is_tls) {
            flush_sealed(handle, *c);
            continue;
        }
        if (c->output.empty()) continue;
        // What is blocked has one request already, and more would not fit.
        if (c->output.in_flight() || c->blocked) continue;
        ring_.send(c->socket, c->output.begin_send(), {.op = Op::send, .owner = handle});
        sends_in_flight_ += 1;
    }
    unsent_.clear();
}

// After anything happened to a connection: what it owes is queued, and whether it is urgent known.
void Connections::settle(Handle handle, Connection& c) {
    queue_flush(handle, c);
    const bool urgent = is_urgent(c, now_);
    if (urgent == c.urgent) return;
    c.urgent = urgent;
    urgent_count_ = urgent ? urgent_count_ + 1 : urgent_count_ - 1;
}

}  // namespace ringtick
