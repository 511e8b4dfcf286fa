// TLS between the socket and all that is read and sent: what comes is opened before it goes the way
// of plain bytes, and of what waits in an Output a piece is sealed when the socket is free. So a
// snapshot that finds the last one still on its way is skipped here, too, before it is sealed.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/connections.hpp"
#include "tls/context.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace ringtick {

namespace {

using State = TlsSession::State;

bool is_shaking_hands(State state) {
    return state == State::none || state == State::handshake;
}

// A request line begins with a method, a TLS record never with a letter (RFC 8446, section 5.1).
bool begins_like_http(std::span<const std::byte> input) {
    return !input.empty() && input.front() >= std::byte{'A'} && input.front() <= std::byte{'Z'};
}

// With either a turn's steps take a millisecond or two.
std::uint32_t steps_per_turn(const NetOptions& options) {
    if (options.tls_handshakes_per_turn > 0) return options.tls_handshakes_per_turn;
    return options.tls->signs_slowly() ? 2 : 8;
}

// Something is to be sealed, and can be.
bool has_unsealed(const Connection& c) {
    const State state = c.tls->session.state();
    return (state == State::open || state == State::closed) && !c.output.empty() &&
           !c.output.in_flight();
}

void say_goodbye(TlsLink& link) {
    TlsSession::Wire wire{.output = link.room()};
    link.session.say_goodbye(wire);
    link.commit(wire.written);
}

}  // namespace

bool Connection::armed() const {
    const bool sending = is_tls ? tls->in_flight > 0 : output.in_flight();
    return recv_armed || sending || blocked;
}

bool Connections::shakes_hands(const Connection& c) {
    return c.is_tls && is_shaking_hands(c.tls->session.state());
}

std::uint32_t Connections::tls_count() const {
    return tls_ ? tls_->open_count : 0;
}

std::uint32_t Connections::tls_waiting_count() const {
    return tls_ ? static_cast<std::uint32_t>(tls_->waiting.size()) : 0;
}

// The session itself begins with the first bytes: who only connects costs none.
void Connections::begin_tls(Handle handle, Connection& c) {
    c.tls = tls_->of(handle.slot);
    c.is_tls = true;
}

void Connections::leave_tls(Handle handle, const Connection& c) {
    if (c.tls == nullptr) return;
    if (c.tls->opened) {
        tls_->open_count -= 1;
    } else {
        stats_.tls_failed += 1;
    }
    tls_->give_back(handle.slot);
}

void Connections::read_sealed(Handle handle, Connection& c, std::span<const std::byte> bytes) {
    if (c.state == Connection::State::draining || c.state == Connection::State::dead) return;
    switch (c.tls->session.state()) {
        case State::none:
        case State::handshake:
            return gather_handshake(handle, c, bytes);
        case State::open:
            return read_records(handle, c, bytes);
        case State::closed:
        case State::failed:
            return;  // It has said that nothing follows, or cannot be understood.
    }
    UNREACHABLE();
}

// ---------------------------------------------------------------------------------- the handshake

// Where requests will be gathered: there are none yet.
void Connections::gather_handshake(Handle handle, Connection& c, std::span<const std::byte> bytes) {
    const auto memory = inputs_.of(handle.slot);
    if (memory.size() - c.input_size < bytes.size()) return die(handle, c, CloseReason::too_big);
    c.input_size += copy_bytes(memory.subspan(c.input_size), bytes);
    use_memory(c);
    if (c.tls->waits) return;
    c.tls->waits = true;
    tls_->waiting.push_back(handle);
}

// At the end of a turn, behind the tick: so many steps that cost something, whoever else waits. A
// crowd that knocks at once delays itself, and no tick by more than that.
void Connections::shake_hands() {
    auto& waiting = tls_->waiting;
    std::uint32_t left = steps_per_turn(options_);
    std::size_t taken = 0;
    while (taken < waiting.size() && left > 0) {
        const Handle handle = waiting[taken];
        taken += 1;
        Connection* const c = table_.find(handle);
        ASSERT(c != nullptr);  // Who is on the list keeps its slot.
        c->tls->waits = false;
        if (shake_hands_with(handle, *c)) left -= 1;
        const bool asks = c->state == Connection::State::http;
        if (asks && c->ended_by_peer) on_end_of_stream(handle, *c);
        settle(handle, *c);
    }
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
}

// Takes one connection's handshake as far as what has come of it goes. Whether that cost us more
// than a look.
bool Connections::shake_hands_with(Handle handle, Connection& c) {
    // Who is turned away for what it says has to shake hands all the same, to be told so.
    if (c.state == Connection::State::http && c.proxy_header_due) read_proxy_header(handle, c);
    if (c.state != Connection::State::http || c.proxy_header_due || c.input_size == 0) return false;
    TlsLink& link = *c.tls;
    const auto input = inputs_.of(handle.slot).first(c.input_size);
    const bool first = link.session.state() == State::none;
    if (first && begins_like_http(input)) {
        refuse_plain(handle, c);
        return false;
    }
    if (first && !link.session.begin(*options_.tls, now_)) {
        die(handle, c, CloseReason::overflow);
        return true;
    }
    TlsSession::Wire wire{.input = input, .output = link.room()};
    link.session.shake_hands(wire);
    link.commit(wire.written);
    c.input_size = 0;
    const State state = link.session.state();
    if (state == State::open) begin_records(handle, c, wire.input);
    if (state == State::failed) fail_session(handle, c);
    return first || wire.written > 0 || state != State::handshake;
}

// Somebody wrote http:// or ws://, and can still be told in words.
void Connections::refuse_plain(Handle handle, Connection& c) {
    c.is_tls = false;               // From here on nothing is sealed, nor opened.
    if (!c.output.empty()) return;  // It has been told already that it cannot come in.
    refuse(handle, c, http::Status::bad_request,
           "This port speaks TLS: ask with https:// or wss://.");
}

// `rest` came behind the handshake: perhaps the first request.
void Connections::begin_records(Handle handle, Connection& c, std::span<const std::byte> rest) {
    c.tls->opened = true;
    tls_->open_count += 1;
    stats_.tls_handshakes += 1;
    if (c.tls->session.resumed()) stats_.tls_resumed += 1;
    // It lies where requests are gathered from now on.
    const std::span<std::byte> late(tls_->late.get(), rest.size());
    copy_bytes(late, rest);
    read_records(handle, c, late);
}

// ------------------------------------------------------------------------------------- the records

void Connections::read_records(Handle handle, Connection& c, std::span<const std::byte> bytes) {
    TlsLink& link = *c.tls;
    while (true) {
        TlsSession::Wire wire{.input = bytes, .output = link.room()};
        const std::size_t size = link.session.read(wire, tls_->plain);
        bytes = wire.input;
        link.commit(wire.written);
        if (size == 0) break;
        read_plain(handle, c, std::span(tls_->plain).first(size));
    }
    if (link.session.state() == State::failed) return fail_session(handle, c);
    if (link.session.state() == State::closed) on_close_notify(handle, c);
}

// It will write nothing more, and may still want to read (RFC 8446, section 6.1).
void Connections::on_close_notify(Handle handle, Connection& c) {
    if (c.state == Connection::State::draining || c.state == Connection::State::dead) return;
    if (c.state == Connection::State::http && c.output.empty()) return begin_drain(handle, c);
    on_end_of_stream(handle, c);
}

// What came is no TLS, or was changed on its way: nothing more can be said but why, which the
// session has written.
void Connections::fail_session(Handle handle, Connection& c) {
    if (c.state == Connection::State::draining || c.state == Connection::State::dead) return;
    if (c.state == Connection::State::open) begin_leaving(handle, c, CloseReason::protocol);
    if (c.state == Connection::State::http) c.close_reason = CloseReason::protocol;
    c.output = Output(outputs_.of(handle.slot));
    c.held_size = 0;
    c.end_after_output = true;
    c.state = Connection::State::draining;
    c.deadline = now_ + options_.close_timeout;
    if (c.tls->empty()) ::shutdown(c.socket, SHUT_WR);
}

// ----------------------------------------------------------------------------------------- sending

bool Connections::has_sealed_to_send(const Connection& c) {
    return c.tls->in_flight == 0 && (!c.tls->empty() || has_unsealed(c));
}

// Seals what waits, as much as goes in one piece, and sends it behind what the session has to say.
void Connections::flush_sealed(Handle handle, Connection& c) {
    if (!has_to_send(c)) return;
    TlsLink& link = *c.tls;
    const auto room = link.room_for_piece();
    if (!room.empty() && has_unsealed(c)) {
        TlsSession::Wire wire{.output = room};
        link.session.write(c.output.begin_send(TlsLink::piece_max), wire);
        link.commit(wire.written);
        if (link.session.state() == State::failed) fail_session(handle, c);
    }
    if (link.empty()) return;
    ring_.send(c.socket, link.begin_send(), {.op = Op::send, .owner = handle});
    sends_in_flight_ += 1;
}

void Connections::on_sealed_sent(Handle handle, Connection& c, std::int32_t result) {
    TlsLink& link = *c.tls;
    ASSERT(link.in_flight > 0);
    link.sent(result > 0 ? static_cast<std::size_t>(result) : 0);
    if (c.state == Connection::State::dead) return;
    if (result <= 0) return die(handle, c, CloseReason::reset);

    c.progressed_at = now_;
    if (!link.empty()) return;  // The rest is sent before anything else is sealed.
    if (c.state == Connection::State::draining) {
        ::shutdown(c.socket, SHUT_WR);
        return;
    }
    // Nobody's deadline is moved by what the session says of its own accord.
    if (c.output.in_flight()) {
        c.output.all_sent();
        if (c.output.empty()) on_drained(handle, c);
    }
    go_on(handle, c);
}

// Before our FIN: that it is not somebody else's (RFC 8446, section 6.1).
void Connections::end_sealed(Connection& c) {
    say_goodbye(*c.tls);
    if (c.tls->empty()) ::shutdown(c.socket, SHUT_WR);
}

// The same where nobody waits for the kernel any more, and what the session has still to say: by a
// send(2) that takes what there is room for, as is enough for so little. Not where that would part
// what is under way, or claim that all was told that is not.
void Connections::end_sealed_at_once(Connection& c) {
    TlsLink& link = *c.tls;
    if (link.in_flight > 0 || !c.output.empty()) return;
    if (c.state != Connection::State::draining) say_goodbye(link);  // Else it has been said.
    if (link.empty()) return;
    const auto words = link.begin_send();
    ::send(c.socket, words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    link.sent(words.size());
}

}  // namespace ringtick
