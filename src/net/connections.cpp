#include "net/connections.hpp"

#include "base/assert.hpp"
#include "net/admission.hpp"
#include "net/flow.hpp"

#include <algorithm>
#include <cerrno>

namespace ringtick {

namespace {

// A message and frames that are held back behind it; or, before, a request head and what is
// pipelined behind it, which may all be frames.
std::size_t input_size(const NetOptions& options) {
    // A byte can complete a record, and bring all that was in it.
    const std::size_t record = options.tls != nullptr ? TlsSession::record_payload_max : 0;
    return assembly_size(options.message.message_size_max, options.deflate) +
           options.request.head_size_max + late_input_max(options) + record;
}

}  // namespace

Connections::Connections(const NetOptions& options,
                         const http::HandshakePolicy& policy,
                         Ring& ring,
                         BufferRing& buffers,
                         ConnectionEvents& events)
    : options_(options),
      policy_(policy),
      ring_(ring),
      buffers_(buffers),
      events_(events),
      table_(slots_of(options)),
      parsers_(slots_of(options)),
      places_(options.places != nullptr ? *options.places : own_places_) {
}

Result<void> Connections::open() {
    const std::uint32_t slots = slots_of(options_);
    if (options_.places == nullptr) {
        own_places_.open(options_.connections_max, slots, 0);
    }
    if (auto opened = inputs_.open(slots, input_size(options_)); !opened) return opened;
    if (auto opened = outputs_.open(slots, options_.output_size_max); !opened) return opened;
    leftover_ = std::make_unique_for_overwrite<std::byte[]>(input_size(options_));
    if (options_.deflate) {
        compression_ = std::make_unique<Compression>(options_.message.message_size_max);
    }
    if (options_.tls != nullptr) {
        tls_ = std::make_unique<TlsLinks>();
        if (auto opened = tls_->open(slots, input_size(options_)); !opened) return opened;
    }
    for (auto* list : {&starved_, &throttled_, &unsent_, &dead_}) list->reserve(2UL * slots);
    return {};
}

std::size_t Connections::memory_fixed() const {
    return table_.memory() + parsers_.memory() + own_places_.memory() + input_size(options_) +
           (compression_ ? compression_->memory() : 0) + (tls_ ? tls_->memory_fixed() : 0) +
           8 * sizeof(Handle) * slots_of(options_);
}

std::size_t Connections::memory_reserved() const {
    return inputs_.reserved() + outputs_.reserved() + (tls_ ? tls_->memory_reserved() : 0);
}

void Connections::listen(int listener) {
    ASSERT(listener >= 0);
    ASSERT(listener_ < 0);
    listener_ = listener;
    accept_armed_ = true;
    ring_.arm_accept(listener_, accept_token);
}

void Connections::stop_listening() {
    if (accept_armed_) ring_.cancel(accept_token);
    listener_ = -1;
}

void Connections::begin_turn(Nanoseconds now, std::uint64_t tick, std::uint64_t due) {
    ASSERT(now >= now_);
    ASSERT(tick >= tick_);
    const Nanoseconds pause = now - now_;
    now_ = now;
    forgive(pause, tick, due);
    if (tick != tick_) {
        const bool was_pause = tick_ < forgiven_until_;
        tick_ = tick;
        if (was_pause) keep_forgiven_credit();
        go_on_with(throttled_, throttled_.size());
    }
    if (listener_ >= 0 && !accept_armed_ && now_ >= accept_resumes_at_) {
        accept_armed_ = true;
        ring_.arm_accept(listener_, accept_token);
    }
}

// Where every completion enters. The kernel may answer long after we have moved on, so take back
// what it lent before asking who it was for.
void Connections::on_completion(const Completion& completion) {
    const BufferRing::Loan loan = buffers_.borrow(completion);
    const Token token = completion.token;
    if (token.op == Op::accept) return on_accept(completion);
    Connection* const c = table_.find(token.owner);
    if (c == nullptr) {
        stats_.completions_stale += 1;
        return;
    }

    switch (token.op) {
        case Op::recv:
            on_recv(token.owner, *c, completion, loan.bytes());
            break;
        case Op::send:
            on_send(token.owner, *c, completion.result);
            break;
        case Op::broadcast:
            on_broadcast(token.owner, *c, completion.result);
            break;
        case Op::writable:
            c->blocked = false;
            blocked_count_ -= 1;
            c->progressed_at = now_;
            break;
        case Op::cancel:
            break;  // Refused by the kernel, else it were silent. The next tick's tries again.
        case Op::accept:
        case Op::signal:
        case Op::write_file:
        case Op::sync_file:
        case Op::open_file:
        case Op::name_file:
        case Op::close_file:
        case Op::message:
        case Op::undelivered:
            UNREACHABLE();  // The loop keeps signals, files and messages to itself.
    }
    settle(token.owner, *c);
}

void Connections::end_turn() {
    // By now this turn's buffers are back. Half of them at most, so that those who are armed and
    // those who starved share what there is.
    go_on_with(starved_, std::max(1U, buffers_.count() / 2));
    if (tls_) shake_hands();
    flush();
    if (!passing_.empty()) pass_on_all();
    bury();
}

void Connections::on_accept(const Completion& completion) {
    if (!completion.more) accept_armed_ = false;
    if (completion.result >= 0) return admit(completion.result);
    // By stop_listening(), or by pause_all(), which may be over by now.
    if (listener_ < 0 || completion.result == -ECANCELED) return;

    // Out of descriptors or memory: the connection stays in the backlog, and to ask again at once
    // would be refused at once, for ever. Wait for somebody to leave.
    stats_.accept_failures += 1;
    accept_resumes_at_ = now_ + options_.accept_pause;
}

void Connections::on_recv(Handle handle,
                          Connection& c,
                          const Completion& completion,
                          std::span<std::byte> bytes) {
    ASSERT(c.recv_armed);
    c.recv_armed = completion.more;
    if (completion.result <= 0) return on_recv_end(handle, c, completion.result);

    ASSERT(bytes.size() == static_cast<std::size_t>(completion.result));
    stats_.receives += 1;
    stats_.bytes_received += bytes.size();
    begin_tick_of(c);
    c.bytes_this_tick += static_cast<std::uint32_t>(bytes.size());
    c.heard_at = now_;
    c.pinged = false;
    read(handle, c, bytes);
    limit_recv(handle, c);
    if (!c.recv_armed) want_recv(handle, c);
}

// A receive that brought nothing: it is over, or there was no memory for it.
void Connections::on_recv_end(Handle handle, Connection& c, std::int32_t result) {
    if (c.state == Connection::State::dead) return;
    switch (-result) {
        case 0:
            return on_end_of_stream(handle, c);
        case ENOBUFS:
            // Flow control, not a fault. Arming again at once would only fail again at once, so
            // wait until this turn has given its buffers back. What arrived waits in the socket.
            ASSERT(!c.recv_armed);
            stats_.receive_starved += 1;
            return arm_later(starved_, handle, c);
        case ECANCELED:
        case EINTR:
            return want_recv(handle, c);  // Ended by limit_recv().
        default:
            return die(handle, c, CloseReason::reset);
    }
}

void Connections::on_send(Handle handle, Connection& c, std::int32_t result) {
    ASSERT(sends_in_flight_ > 0);
    sends_in_flight_ -= 1;
    if (c.is_tls) return on_sealed_sent(handle, c, result);
    ASSERT(c.output.in_flight());
    c.output.sent(result > 0 ? static_cast<std::size_t>(result) : 0);
    if (c.state == Connection::State::dead) return;
    if (result == -ECANCELED) return;  // By pause_all(), which may be over by now: it is sent anew.
    if (result <= 0) return die(handle, c, CloseReason::reset);

    c.progressed_at = now_;
    if (c.output.empty()) on_drained(handle, c);
    go_on(handle, c);
}

void Connections::read(Handle handle, Connection& c, std::span<std::byte> bytes) {
    c.is_tls ? read_sealed(handle, c, bytes) : read_plain(handle, c, bytes);
}

void Connections::read_plain(Handle handle, Connection& c, std::span<std::byte> bytes) {
    switch (c.state) {
        case Connection::State::http:
            return read_http(handle, c, bytes);
        case Connection::State::open:
        case Connection::State::closing:
            return read_frames(handle, c, bytes);
        case Connection::State::draining:
        case Connection::State::dead:
            return;  // Nobody listens any more.
    }
    UNREACHABLE();
}

}  // namespace ringtick
