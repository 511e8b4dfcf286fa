// A connection's WebSocket side: frames in, messages up, control frames answered.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/connections.hpp"
#include "ws/frame_encoder.hpp"

#include <algorithm>
#include <cstring>

namespace ringtick {

namespace {

constexpr Nanoseconds never = Nanoseconds::max();

CloseReason reason_of(CloseCode violation) {
    if (violation == CloseCode::message_too_big) return CloseReason::too_big;
    if (violation == CloseCode::policy_violation) return CloseReason::flood;  // Of fragments.
    return CloseReason::protocol;
}

}  // namespace

void Connections::read_frames(Handle handle, Connection& c, std::span<std::byte> input) {
    ASSERT(c.state == Connection::State::open || c.state == Connection::State::closing);
    if (c.end_after_output) return;
    // What came before it is read first.
    hold(handle, c, c.held_size > 0 ? input : decode(handle, c, input));
}

// Returns what is not to be read yet.
std::span<std::byte> Connections::decode(Handle handle, Connection& c, std::span<std::byte> input) {
    MessageDecoder& decoder = c.decoder;
    const auto assembly =
        inputs_.of(handle.slot)
            .first(assembly_size(options_.message.message_size_max, compression_ != nullptr));
    bool more = true;
    while (more && !must_wait(handle, c)) {
        more = on_frame_event(handle, c, decoder.next(input, assembly));
        // What begins behind a message, or behind a control frame by itself, has its own time.
        const bool between = c.state == Connection::State::open && !decoder.mid_message();
        if (more && between) c.deadline = never;
    }
    if (decoder.takes_assembly()) use_memory(c);
    if (!more) input = {};
    if (c.state != Connection::State::open) return input;

    // The clock of a message starts with its first byte; those that follow do not reset it. While
    // we hold it back it stands.
    if (!decoder.mid_message() || !input.empty()) {
        c.deadline = never;
    } else if (c.deadline == never) {
        c.deadline = now_ + options_.message_timeout;
    }
    return input;
}

// Frames that have come are held back while their answers would not fit the output, and while those
// before them were inflated to more than the budget of a tick.
bool Connections::must_wait(Handle handle, const Connection& c) const {
    // Else they are neither answered nor inflated.
    if (c.state != Connection::State::open) return false;
    const std::uint32_t per_tick = options_.inbound_bytes_per_tick;
    return (per_tick > 0 && c.inflated_debt >= per_tick) || is_full(handle, c);
}

// Behind the memory in which messages are gathered.
std::span<std::byte> Connections::held_memory(Handle handle) const {
    return inputs_.of(handle.slot)
        .subspan(assembly_size(options_.message.message_size_max, compression_ != nullptr));
}

// `input` may lie there already.
void Connections::hold(Handle handle, Connection& c, std::span<const std::byte> input) {
    if (input.empty()) return;
    const auto place = held_memory(handle).subspan(c.held_size);
    if (place.size() < input.size()) {
        // More than a receive can bring after it was to stop: where nothing bounds it, we do.
        if (c.state == Connection::State::open) {
            begin_close(handle, c, CloseCode::policy_violation, "too much at once",
                        CloseReason::flood);
        }
        c.end_after_output = true;
        return;
    }
    std::memmove(place.data(), input.data(), input.size());
    use_memory(c);
    c.held_size += input.size();
    // Else its output is full, and on_send() goes on.
    if (over_budget(c)) arm_later(throttled_, handle, c);
}

void Connections::read_held(Handle handle, Connection& c) {
    if (c.state != Connection::State::open && c.state != Connection::State::closing) return;
    const auto held = held_memory(handle).first(c.held_size);
    c.held_size = 0;
    read_frames(handle, c, held);
    if (c.held_size == 0 && c.ended_by_peer) on_end_of_stream(handle, c);
}

// False: nothing more is to be read for now.
bool Connections::on_frame_event(Handle handle, Connection& c, const MessageDecoder::Event& event) {
    using Kind = MessageDecoder::Event::Kind;
    const bool open = c.state == Connection::State::open;
    switch (event.kind) {
        case Kind::need_input:
            return false;
        case Kind::close:
            on_close_frame(handle, c, event.close_code);
            return false;
        case Kind::violation:
            if (open) begin_close(handle, c, event.close_code, "", reason_of(event.close_code));
            c.end_after_output =
                true;  // It can no longer be understood: do not wait for its close.
            if (!open && c.output.empty()) begin_drain(handle, c);
            return false;
        case Kind::ping:
            stats_.pings_received += 1;
            if (open) on_ping(handle, c, event.payload);
            return c.state != Connection::State::dead;
        case Kind::pong:
            return true;  // A sign of life, which every byte is.
        case Kind::message:
            break;
    }
    if (!open) return true;  // Data after our close frame is ignored (RFC 6455, section 5.5.1).

    stats_.messages_received += 1;
    // Inflating costs by what comes out; where that is little, by the tables that went in.
    constexpr std::size_t table_cost = 8;
    c.inflated_debt += event.compressed_size == 0
                           ? 0
                           : std::max(event.payload.size(), table_cost * event.compressed_size);
    if (options_.messages_per_tick > 0 && --c.message_credit < 0) {
        begin_close(handle, c, CloseCode::policy_violation, "too many messages",
                    CloseReason::flood);
        // Section 7.1.7: whoever failed a connection processes nothing more of it, not even a
        // close frame; or a flood would still cost us its decoding.
        c.end_after_output = true;
        return false;
    }
    events_.on_message(handle, event.opcode, event.payload);
    return c.state == Connection::State::open || c.state == Connection::State::closing;
}

// Section 5.5.3: several pings may be answered by one pong to the latest. We do so past a number
// per tick; before, each has its own, in its place among the data.
void Connections::on_ping(Handle handle, Connection& c, std::span<const std::byte> payload) {
    ASSERT(payload.size() <= c.pong.size());
    c.pong_waiting = true;
    c.pong_size = static_cast<std::uint8_t>(copy_bytes(c.pong, payload));
    const std::uint32_t per_tick = options_.pongs_per_tick;
    if (per_tick > 0 && c.pongs_this_tick >= per_tick) return;
    send_waiting_pong(handle, c);
}

void Connections::send_waiting_pong(Handle handle, Connection& c) {
    if (!c.pong_waiting || c.state != Connection::State::open) return;
    c.pong_waiting = false;
    c.pongs_this_tick += 1;
    append_frame(handle, c, Opcode::pong, std::span(c.pong).first(c.pong_size));
}

void Connections::on_close_frame(Handle handle, Connection& c, CloseCode code) {
    c.end_after_output = true;
    if (c.state == Connection::State::closing) {
        if (c.output.empty()) begin_drain(handle, c);
        return;
    }
    // The answer carries the code that came, or none (section 5.5.1).
    begin_close(handle, c, code, "", CloseReason::closed_by_peer);
}

bool Connections::append_plain(Connection& c, Opcode opcode, std::span<const std::byte> payload) {
    const auto place = c.output.free();
    const std::size_t header_size = server_header_size(payload.size());
    if (place.size() < header_size || place.size() - header_size < payload.size()) return false;
    write_frame_header(place, opcode, payload.size());
    copy_bytes(place.subspan(header_size), payload);
    c.output.commit(header_size + payload.size());
    return true;
}

// Compresses straight into the output, where that makes the message smaller and there is room.
bool Connections::append_compressed(Connection& c,
                                    Opcode opcode,
                                    std::span<const std::byte> payload) {
    if (c.deflate_window_bits == 0 || is_control(opcode)) return false;
    // The header's size follows from the payload's: take what the plain one needs, which is no
    // smaller, and close the gap afterwards.
    const auto place = c.output.free();
    const std::size_t reserved = server_header_size(payload.size());
    if (place.size() < reserved) return false;
    const auto room = place.subspan(reserved);
    const std::size_t size = compression_->deflater.deflate(c.deflate_window_bits, payload, room);
    if (size == 0) return false;
    const std::size_t header_size = write_frame_header(place, opcode, size, Payload::compressed);
    if (header_size < reserved) std::memmove(&place[header_size], room.data(), size);
    c.output.commit(header_size + size);
    return true;
}

bool Connections::append_frame(Handle handle,
                               Connection& c,
                               Opcode opcode,
                               std::span<const std::byte> payload) {
    ASSERT(c.state == Connection::State::open);
    if (c.output.empty()) c.progressed_at = now_;
    if (!append_compressed(c, opcode, payload) && !append_plain(c, opcode, payload)) {
        begin_close(handle, c, CloseCode::try_again_later, "reads too slowly",
                    CloseReason::overflow);
        return false;
    }
    queue_flush(handle, c);
    return true;
}

bool Connections::send_message(Handle handle, Opcode opcode, std::span<const std::byte> payload) {
    Connection* const c = table_.find(handle);
    if (c == nullptr || c->state != Connection::State::open) return false;
    const bool sent = append_frame(handle, *c, opcode, payload);
    if (!sent) settle(handle, *c);  // It is being closed.
    stats_.messages_sent += sent ? 1 : 0;
    return sent;
}

}  // namespace ringtick
