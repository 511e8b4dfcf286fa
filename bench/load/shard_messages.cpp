// What: messages are checked as they come, and sent as they are due.

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "load/client_frame.hpp"
#include "load/shard.hpp"

namespace ringtick::swarm {

void Shard::read_stream(std::uint32_t index, std::span<const std::byte> bytes) {
    Client& client = clients_[index];
    if (client.state == Client::State::shaking) {
        const HandshakeReader::Answer answer = client.handshake.read(bytes);
        if (answer == HandshakeReader::Answer::refused) return refuse(index);
        if (answer == HandshakeReader::Answer::open) on_open(index);
    }
    const bool closing = client.state == Client::State::closing;
    if (!closing && client.state != Client::State::open) return;
    // Who is closing waits for the server to end the connection (RFC 6455, section 7.1.1).
    if (!read_frames(index, bytes) && !closing) lose(index);
}

// False at the end of the connection, by a close frame or by what is no frame.
bool Shard::read_frames(std::uint32_t index, std::span<const std::byte> bytes) {
    Client& client = clients_[index];
    while (true) {
        const ServerFrameReader::Event event = client.frames.next(bytes);
        switch (event.kind) {
            case ServerFrameReader::Event::Kind::need_input:
                return true;
            case ServerFrameReader::Event::Kind::data:
                if (!on_piece(index, event)) return false;
                break;
            case ServerFrameReader::Event::Kind::control:
                if (!on_control(index, event)) return false;
                break;
            case ServerFrameReader::Event::Kind::violation:
                tally(client).errors += 1;
                return false;
        }
    }
}

// False if it is compressed and cannot be inflated.
bool Shard::on_piece(std::uint32_t index, const ServerFrameReader::Event& piece) {
    if (!piece.compressed) {
        on_data(index, piece);
        return true;
    }
    const auto message = unpacker_->read(index, piece);
    if (!message) return true;
    const bool readable = message->kind == ServerFrameReader::Event::Kind::data;
    if (readable) {
        on_data(index, *message);
    } else {
        tally(clients_[index]).errors += 1;
    }
    return readable;
}

// A message that was right.
void Shard::count(Tally& seen, const ServerFrameReader::Event& end, std::uint64_t size) {
    ASSERT(end.message_end);
    seen.messages += 1;
    seen.bytes += size;
    seen.wire_bytes += end.wire_size;
    seen.framed_bytes += end.wire_size + server_header_size(end.wire_size);
    if (end.compressed) seen.compressed += 1;
}

void Shard::on_data(std::uint32_t index, const ServerFrameReader::Event& piece) {
    switch (settings_.mode) {
        case Mode::echo:
            return on_echo(index, piece);
        case Mode::broadcast:
            return on_broadcast(index, piece);
        case Mode::railroids:
            return on_game(index, piece);
    }
    UNREACHABLE();
}

void Shard::on_game(std::uint32_t index, const ServerFrameReader::Event& piece) {
    const Client& client = clients_[index];
    const auto message = players_->read(index, piece, now_);
    if (!message) return;
    Tally& seen = tally(client);
    if (message->welcome) seen.joined += 1;
    if (message->resumed) count(*message->resumed);
    if (!message->valid) seen.errors += 1;
    if (!message->valid || !counting()) return;
    if (message->shown_again) note_return(index);
    count(seen, piece, message->size);
    seen.gaps += message->gaps;
    if (message->latency) {
        seen.latency.record(static_cast<std::uint64_t>(message->latency->count()));
    }
    const bool healthy = client.temper == Temper::healthy;
    if (message->tick && healthy) findings_.spans.record(*message->tick, now_);
}

void Shard::count(Resumed resumed) {
    ResumeTally& seen = findings_.resumed;
    switch (resumed) {
        case Resumed::fresh:
            seen.fresh += 1;
            return;
        case Resumed::anew:
            seen.anew += 1;
            return;
        case Resumed::keyframe:
            seen.keyframe += 1;
            return;
        case Resumed::delta:
            seen.delta += 1;
            return;
    }
    UNREACHABLE();
}

// From when it was cut off, if it was.
void Shard::note_return(std::uint32_t index) {
    const Nanoseconds cut_at = std::exchange(clients_[index].cut_at, {});
    if (cut_at == Nanoseconds::zero()) return;
    findings_.away.record(static_cast<std::uint64_t>((now_ - cut_at).count()));
}

void Shard::on_echo(std::uint32_t index, const ServerFrameReader::Event& piece) {
    Client& client = clients_[index];
    const std::uint64_t number = client.answered;
    const bool asked = number < client.issued;
    const bool right = asked && piece.opcode == Opcode::binary &&
                       messages_.matches(share_.first + index, number, piece.offset, piece.bytes);
    if (!right) client.echo_wrong = true;
    if (!piece.message_end) return;

    const bool whole = piece.offset + piece.bytes.size() == settings_.payload;
    if (client.echo_wrong || !whole) tally(client).errors += 1;
    client.echo_wrong = false;
    if (!asked) return;
    client.answered += 1;
    if (!counting()) return;

    Tally& seen = tally(client);
    const Nanoseconds due = due_of(index, number);
    count(seen, piece, settings_.payload);
    seen.latency.record(static_cast<std::uint64_t>((now_ - due).count()));
    const bool goes_on = phase_ == Phase::measuring && client.state == Client::State::open;
    if (goes_on) issue_after_answer(index);
}

void Shard::on_broadcast(std::uint32_t index, const ServerFrameReader::Event& piece) {
    Client& client = clients_[index];
    const auto broadcast = client.broadcasts.read(piece, settings_.payload);
    if (!broadcast) return;
    Tally& seen = tally(client);
    const Nanoseconds sent(broadcast->sent_ns);
    if (!broadcast->valid || sent > now_) {
        seen.errors += 1;
        return;
    }
    if (!counting()) return;
    count(seen, piece, settings_.payload);
    seen.gaps += broadcast->gaps;
    seen.latency.record(
        static_cast<std::uint64_t>((now_ - sent + settings_.round_trip / 2).count()));
    if (client.temper == Temper::healthy) findings_.spans.record(broadcast->tick, now_);
}

// False if the server closes.
bool Shard::on_control(std::uint32_t index, const ServerFrameReader::Event& frame) {
    Client& client = clients_[index];
    if (frame.opcode == Opcode::ping) {
        client.pong_size = static_cast<std::uint8_t>(copy_bytes(client.pong, frame.bytes));
        if (!client.pong_owed) pongs_.push_back(index);
        client.pong_owed = true;
    }
    if (frame.opcode != Opcode::close) return true;
    client.close_answered = client.state == Client::State::closing;
    if (client.state == Client::State::open && frame.bytes.size() >= 2) {
        findings_.close_code =
            static_cast<std::uint16_t>(std::to_integer<unsigned>(frame.bytes[0]) << 8 |
                                       std::to_integer<unsigned>(frame.bytes[1]));
    }
    return false;
}

// Once the ring is reaped, so that it is known where each stream stands.
void Shard::send_pongs() {
    for (const std::uint32_t index : pongs_) {
        Client& client = clients_[index];
        client.pong_owed = false;
        // In the middle of a message there is no place for it, and who sends is alive anyway.
        if (client.state != Client::State::open || !sender_.at_boundary(client)) continue;
        // If it found no room the server has other things of ours to read.
        send_control(index, Opcode::pong, std::span(client.pong).first(client.pong_size));
    }
    pongs_.clear();
}

// False if it found no room.
bool Shard::send_control(std::uint32_t index, Opcode opcode, std::span<const std::byte> payload) {
    std::array<std::byte, 131> frame{};
    const std::size_t size = write_client_frame(frame, opcode, payload);
    ASSERT(size > 0);
    const ssize_t sent =
        ::send(clients_[index].socket, frame.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    // A part of it is no use to anyone, and is as good as an end: the server will read no more.
    if (sent > 0 && static_cast<std::size_t>(sent) < size) {
        ::shutdown(clients_[index].socket, SHUT_RDWR);
    }
    return sent == static_cast<ssize_t>(size);
}

// Without a schedule: as much as may be unanswered, to begin with.
void Shard::fill_window(std::uint32_t index, Nanoseconds due) {
    const Client& client = clients_[index];
    if (!settings_.closed_loop() || client.temper == Temper::frozen) return;
    while (client.state == Client::State::open && !window_full(client)) issue(index, due);
}

void Shard::issue_after_answer(std::uint32_t index) {
    if (!settings_.closed_loop()) return issue_scheduled(index);
    if (settings_.round_trip == Nanoseconds::zero()) return issue(index, now_);
    // It is full only of what connections that have left wanted to say.
    if (delayed_.full()) return;
    delayed_.push({.client = index, .generation = clients_[index].generation, .due = now_});
}

void Shard::issue_delayed() {
    while (!delayed_.empty() && delayed_.front().due + settings_.round_trip <= now_) {
        const Delayed delayed = delayed_.pop();
        const Client& client = clients_[delayed.client];
        const bool there =
            client.generation == delayed.generation && client.state == Client::State::open;
        if (there && !window_full(client)) issue(delayed.client, delayed.due);
    }
}

void Shard::issue_due() {
    if (inputs_.empty()) return;
    const std::uint64_t due_count = inputs_due();
    for (; inputs_done_ < due_count; ++inputs_done_) {
        const std::uint64_t id = inputs_done_ % settings_.clients;
        if (id < share_.first || id >= share_.first + share_.count) continue;
        issue_scheduled(static_cast<std::uint32_t>(id - share_.first));
    }
}

// Of all clients. What falls due at the end or later is not.
std::uint64_t Shard::inputs_due() const {
    return inputs_.due_count(std::min(now_ - schedule_delay(), end_ - Nanoseconds(1)));
}

// What the client should have sent by now: nothing more while its window is full, and nothing at
// all for a time when it was not there.
void Shard::issue_scheduled(std::uint32_t index) {
    Client& client = clients_[index];
    const bool sends = client.state == Client::State::open && client.temper != Temper::frozen;
    const std::uint64_t due_count = inputs_due();
    while (client.next_input < due_count && !(sends && window_full(client))) {
        const Nanoseconds due = inputs_.due(client.next_input);
        if (sends && players_ != nullptr) {
            players_->play(index, due, now_);
        } else if (sends) {
            issue(index, due);
        }
        client.next_input += settings_.clients;
    }
}

void Shard::issue(std::uint32_t index, Nanoseconds due) {
    Client& client = clients_[index];
    ASSERT(client.state == Client::State::open);
    ASSERT(!window_full(client));
    due_of(index, client.issued) = due;
    client.issued += 1;
    tally(client).sent += 1;
    sender_.enqueue(index);
}

// A broadcasting server answers nothing, so nothing waits for it.
bool Shard::window_full(const Client& client) const {
    return settings_.mode == Mode::echo && client.issued - client.answered >= settings_.in_flight;
}

}  // namespace ringtick::swarm
