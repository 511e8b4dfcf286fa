// How a connection ends: by the closing handshake, by its peer, or by our patience.
#include "base/assert.hpp"
#include "net/connections.hpp"
#include "net/flow.hpp"
#include "net/peer.hpp"
#include "ws/frame_encoder.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace ringtick {

namespace {

// Pages are given back after so long without use: not at once, or a few messages a second would
// have them come and go.
constexpr Nanoseconds memory_kept_for = std::chrono::seconds(2);

// Turns are a quarter of a second apart at the most. This must be less than the shortest deadline:
// else that is over with the pause.
constexpr Nanoseconds pause_max = std::chrono::milliseconds(500);

// Of a pause, whose messages are taken all at once: two minutes of 60 Hz.
constexpr std::uint64_t forgiven_ticks_max = 7'200;

constexpr Nanoseconds rate_review_period = std::chrono::seconds(1);

}  // namespace

const char* name_of(CloseReason reason) {
    switch (reason) {
        case CloseReason::closed_by_peer:
            return "closed_by_peer";
        case CloseReason::vanished:
            return "vanished";
        case CloseReason::reset:
            return "reset";
        case CloseReason::refused:
            return "refused";
        case CloseReason::protocol:
            return "protocol";
        case CloseReason::too_big:
            return "too_big";
        case CloseReason::flood:
            return "flood";
        case CloseReason::handshake_timeout:
            return "handshake_timeout";
        case CloseReason::message_timeout:
            return "message_timeout";
        case CloseReason::idle_timeout:
            return "idle_timeout";
        case CloseReason::stalled:
            return "stalled";
        case CloseReason::overflow:
            return "overflow";
        case CloseReason::finished:
            return "finished";
        case CloseReason::kicked:
            return "kicked";
        case CloseReason::shutdown:
            return "shutdown";
    }
    UNREACHABLE();
}

void Connections::close_socket(int socket) {
    // Linux frees the descriptor whatever close(2) returns; to try again could close another's.
    ::close(socket);
}

void Connections::close(Handle handle, CloseCode code, std::string_view reason, CloseReason why) {
    Connection* const c = table_.find(handle);
    if (c == nullptr) return;
    if (c->state == Connection::State::open) {
        begin_close(handle, *c, code, reason, why);
    } else if (c->state == Connection::State::http) {
        c->end_after_output = true;
        if (c->output.empty()) begin_drain(handle, *c);
    }
    settle(handle, *c);
}

void Connections::close_all(CloseCode code, std::string_view reason, CloseReason why) {
    table_.for_each([&](Handle handle, Connection&) { close(handle, code, reason, why); });
}

// From now on nobody above is told of it, and it is told nothing but what it is owed.
void Connections::begin_leaving(Handle handle, Connection& c, CloseReason why) {
    ASSERT(c.state == Connection::State::open);
    c.state = Connection::State::closing;
    c.close_reason = why;
    c.deadline = now_ + options_.close_timeout;
    c.close_began_at = now_;
    c.pong_waiting = false;
    // Data is ignored from now on, and what is ignored must not cost us the work of inflating it.
    c.decoder.stop_inflating();
    events_.on_close(handle, why);
}

void Connections::begin_close(
    Handle handle, Connection& c, CloseCode code, std::string_view reason, CloseReason why) {
    begin_leaving(handle, c, why);
    std::array<std::byte, 127> frame;
    const std::size_t size = write_close_frame(frame, code, reason);
    if (!c.output.append_last_words(std::span(frame).first(size))) die(handle, c, why);
}

// All that was to be said has been taken by the kernel.
void Connections::on_drained(Handle handle, Connection& c) {
    ASSERT(c.output.empty());
    if (c.end_after_output) return begin_drain(handle, c);
    switch (c.state) {
        case Connection::State::http:
            c.deadline = now_ + options_.handshake_timeout;  // For the next request.
            advance_http(handle, c);
            // Its side is closed, and all that it asked has been answered.
            if (c.ended_by_peer && c.output.empty()) die(handle, c, CloseReason::closed_by_peer);
            return;
        case Connection::State::open:
            return send_waiting_pong(handle, c);
        case Connection::State::closing:
            c.deadline = now_ + options_.close_timeout;  // From now on it is the peer's turn.
            return;
        case Connection::State::draining:
        case Connection::State::dead:
            return;
    }
}

void Connections::begin_drain(Handle handle, Connection& c) {
    ASSERT(c.state == Connection::State::http || c.state == Connection::State::closing);
    if (c.ended_by_peer) return die(handle, c, c.close_reason);
    c.state = Connection::State::draining;
    c.deadline = now_ + options_.close_timeout;
    if (c.is_tls) return end_sealed(c);
    ::shutdown(c.socket, SHUT_WR);
}

void Connections::on_end_of_stream(Handle handle, Connection& c) {
    c.ended_by_peer = true;
    switch (c.state) {
        case Connection::State::http:
            if (c.passing) return;                 // It is the other thread's to answer.
            if (c.is_tls && c.tls->waits) return;  // Until what it sent before has been opened.
            // A client may ask, close its side, and read the answers.
            if (c.output.empty()) die(handle, c, CloseReason::closed_by_peer);
            return;
        case Connection::State::open:
            if (c.held_size > 0) return;  // Until what it sent before has been read.
            // The same here: what it has been told until now still reaches it.
            if (c.output.empty()) return die(handle, c, CloseReason::vanished);
            begin_leaving(handle, c, CloseReason::vanished);
            c.end_after_output = true;
            return;
        case Connection::State::closing:
            c.end_after_output = true;
            if (c.output.empty()) die(handle, c, c.close_reason);
            return;
        case Connection::State::draining:
            return die(handle, c, c.close_reason);
        case Connection::State::dead:
            return;
    }
}

void Connections::die(Handle handle, Connection& c, CloseReason why) {
    if (c.state == Connection::State::dead) return;
    const bool was_open = c.state == Connection::State::open;
    if (c.is_tls && why != CloseReason::reset) end_sealed_at_once(c);
    // What ended the closing handshake matters less than what began it.
    if (c.state == Connection::State::open || c.state == Connection::State::http) {
        c.close_reason = why;
    }
    c.state = Connection::State::dead;
    stats_.closed[static_cast<std::size_t>(c.close_reason)] += 1;
    if (was_open) events_.on_close(handle, why);

    // close(2) would end neither an armed receive nor send, and not even tell the peer
    // (io_uring_cancelation(7)): the ring holds the socket too. shutdown(2) ends both.
    ::shutdown(c.socket, SHUT_RDWR);
    c.deadline = now_;  // If they are not home by the next sweep, they are cancelled.
    dead_.push_back(handle);
    settle(handle, c);
}

// Frees the slots of those whose last completion has come, and who are on no other list any more:
// only now may another take their place, there and on the lists.
void Connections::bury() {
    std::size_t kept = 0;
    for (const Handle handle : dead_) {
        Connection* const c = table_.find(handle);
        ASSERT(c != nullptr);
        ASSERT(c->state == Connection::State::dead);
        if (c->armed() || c->recv_waiting || c->passing || (c->tls != nullptr && c->tls->waits)) {
            dead_[kept] = handle;
            kept += 1;
            continue;
        }
        close_socket(c->socket);
        leave(handle, *c);
        if (c->parser != nullptr) parsers_.give_back(c->parser);
        inputs_.release(handle.slot);
        outputs_.release(handle.slot);
        table_.erase(handle);
    }
    dead_.resize(kept);
}

// A machine that slept, or a process that was stopped: nobody could act meanwhile, so the pause
// counts against nobody. Moves every moment that something is measured from, or waits for, by as
// long. What was said meanwhile comes all at once, or as fast as it can be read: those messages of
// the ticks that fell due behind `tick`.
void Connections::forgive(Nanoseconds pause, std::uint64_t tick, std::uint64_t ticks) {
    if (pause <= pause_max || table_.count() == 0) return;
    forgiven_until_ = tick + ticks;
    const auto counted = static_cast<std::int32_t>(std::min(ticks, forgiven_ticks_max));
    const std::int32_t credit = message_credit_max(options_) +
                                counted * static_cast<std::int32_t>(options_.messages_per_tick);
    table_.for_each([&](Handle, Connection& c) {
        for (Nanoseconds* moment :
             {&c.heard_at, &c.progressed_at, &c.looked_at, &c.pinged_at, &c.close_began_at}) {
            *moment += pause;
        }
        if (c.deadline != Nanoseconds::max()) c.deadline += pause;
        c.message_credit = std::max(c.message_credit, credit);
    });
}

// The ticks of the pause pass all at once, and what is forgiven for them does not pass away with
// them, but with those that follow.
void Connections::keep_forgiven_credit() {
    table_.for_each([this](Handle, Connection& c) {
        const std::int32_t credit = c.message_credit;
        begin_tick_of(c);
        c.message_credit = std::max(c.message_credit, credit);
    });
}

void Connections::sweep() {
    const bool review = now_ >= rates_reviewed_at_ + rate_review_period;
    if (review) rates_reviewed_at_ = now_;
    table_.for_each([this, review](Handle handle, Connection& c) {
        const bool open = c.state == Connection::State::open;
        if (review && open && c.rate.review()) events_.on_rate(handle, c.rate.divisor());
        sweep_one(handle, c);
        // Of one that stays open nothing waits that was not queued already.
        if (c.state != Connection::State::open) settle(handle, c);
    });
}

void Connections::sweep_one(Handle handle, Connection& c) {
    const bool late = now_ >= c.deadline;
    switch (c.state) {
        case Connection::State::http:
            if (!late) return;
            if (c.passing) return die(handle, c, CloseReason::handshake_timeout);
            if (c.output.empty() && c.input_size > 0 && !shakes_hands(c)) {
                refuse(handle, c, http::Status::request_timeout,
                       "The request did not end in time.");
                c.close_reason = CloseReason::handshake_timeout;
                return;
            }
            return die(
                handle, c,
                c.requests == 0 ? CloseReason::handshake_timeout : CloseReason::closed_by_peer);
        case Connection::State::open:
            return sweep_open(handle, c);
        case Connection::State::closing:
        case Connection::State::draining:
            if (late && !may_take_more(c)) die(handle, c, c.close_reason);
            return;
        case Connection::State::dead:
            if (late) cancel_requests(handle, c);
            return;
    }
}

void Connections::cancel_requests(Handle handle, const Connection& c) {
    if (c.recv_armed) ring_.cancel({.op = Op::recv, .owner = handle});
    const bool sending = c.is_tls ? c.tls->in_flight > 0 : c.output.in_flight();
    if (sending) ring_.cancel({.op = Op::send, .owner = handle});
    if (c.blocked) ring_.cancel({.op = Op::writable, .owner = handle});
}

// A send tells nothing before it is over, and a slow peer may take its time over a long one. So,
// when half of the patience is gone, ask the socket whether anything was taken.
bool Connections::stalled(Connection& c) const {
    const Nanoseconds waited = now_ - c.progressed_at;
    if (waited < options_.stall_timeout / 2) return false;
    const std::uint64_t acknowledged = bytes_acknowledged(c.socket);
    const bool first_look = c.looked_at < c.progressed_at;
    const bool progressed = acknowledged != c.bytes_acknowledged;
    c.looked_at = now_;
    c.bytes_acknowledged = acknowledged;
    if (progressed && !first_look) c.progressed_at = now_;
    return !progressed && waited >= options_.stall_timeout;
}

// While it takes what we owe it, it may take its time, but not for ever: a byte now and then would
// keep its place.
bool Connections::may_take_more(Connection& c) const {
    return !c.output.empty() && !stalled(c) && now_ - c.close_began_at < options_.stall_timeout;
}

void Connections::sweep_open(Handle handle, Connection& c) {
    const bool behind = c.blocked || !c.output.empty();
    if (now_ >= c.deadline) {
        return begin_close(handle, c, CloseCode::policy_violation, "message took too long",
                           CloseReason::message_timeout);
    }
    if (behind && stalled(c)) {
        return begin_close(handle, c, CloseCode::try_again_later, "reads too slowly",
                           CloseReason::stalled);
    }
    // While we do not listen, silence says nothing: it may have answered a ping long ago.
    if (!c.recv_armed) {
        c.heard_at = now_;
        c.pinged = false;
    }
    // Only who was asked and had time to answer is cut off.
    if (c.pinged && now_ - c.pinged_at >= options_.idle_timeout - options_.ping_after) {
        return begin_close(handle, c, CloseCode::going_away, "no sign of life",
                           CloseReason::idle_timeout);
    }
    if (!c.pinged && now_ - c.heard_at >= options_.ping_after) {
        c.pinged_at = now_;
        c.pinged = append_frame(handle, c, Opcode::ping, {});
        return;
    }
    if (c.pong_waiting && !c.output.in_flight()) {
        begin_tick_of(c);
        send_waiting_pong(handle, c);
    }
    release_if_quiet(handle, c);
}

// What it was sent, or sent in pieces, is done with: somebody who is only shown snapshots needs no
// page of his own. Who talks keeps them: giving them back is a system call, and playing costs none.
void Connections::release_if_quiet(Handle handle, Connection& c) {
    if (!c.memory_used || now_ - std::max(c.memory_used_at, c.heard_at) < memory_kept_for) return;
    const bool input_empty = c.held_size == 0 && !c.decoder.mid_message();
    if (!input_empty || !c.output.empty()) return;
    c.memory_used = false;
    inputs_.release(handle.slot);
    outputs_.release(handle.slot);
    if (c.is_tls && c.tls->empty()) tls_->release(handle.slot);
}

}  // namespace ringtick
