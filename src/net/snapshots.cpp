// Snapshots: the latest for whoever can take it, and no queue of them for anybody. One is made only
// when the socket is free; what was refused is forgotten, and the next is made when there is room.
#include "base/assert.hpp"
#include "net/connections.hpp"

#include <algorithm>
#include <cerrno>

namespace ringtick {

namespace {

ClientStats stats_of(Handle handle, const Connection& c) {
    Peer peer = c.peer;
    if (c.counted) peer = {.kind = Peer::Kind::ip, .address = c.counted_as};
    return {.connection = handle,
            .peer = peer,
            .snapshots_sent = c.rate.count_taken(),
            .snapshots_skipped = c.rate.count_missed(),
            .rate_divisor = c.rate.divisor(),
            .blocked = c.blocked,
            .limited = c.limited};
}

}  // namespace

Connection* Connections::ready_for_snapshot(Handle handle, std::size_t size_max) {
    Connection* const c = table_.find(handle);
    if (c == nullptr || c->state != Connection::State::open) return nullptr;
    if (!c->rate.due(tick_)) {
        stats_.snapshots_thinned += 1;
        return nullptr;
    }
    if (c->output.empty() && !c->blocked && !c->limited) return c;
    return takes_snapshot(*c, size_max) ? c : nullptr;
}

// Behind messages that wait, within its limit, or not at all.
bool Connections::takes_snapshot(Connection& c, std::size_t size) {
    const bool has_room =
        !c.blocked && !c.output.in_flight() && (c.output.empty() || c.output.free().size() >= size);
    c.limited = c.limited && c.limit.on(tick_);
    if (has_room && (!c.limited || c.limit.lets_through(tick_))) return true;
    hold_back_snapshot(c);
    return false;
}

void Connections::stall_snapshots(Handle handle, std::uint32_t ticks) {
    Connection* const c = table_.find(handle);
    if (c == nullptr) return;
    c->limit.stall(tick_, ticks);
    c->limited = c->limit.on(tick_);
}

void Connections::narrow_snapshots(Handle handle, std::uint32_t bytes, std::uint32_t ticks) {
    ASSERT(ticks > 0);
    Connection* const c = table_.find(handle);
    if (c == nullptr) return;
    c->limit.narrow(tick_, bytes, ticks);
    c->limited = c->limit.on(tick_);
}

void Connections::hold_back_snapshot(Connection& c) {
    (c.rate.missed(tick_) ? stats_.snapshots_skipped : stats_.snapshots_thinned) += 1;
}

// All leave in one send. What is sealed is none of the frame's memory: it goes this way, too.
void Connections::send_behind_messages(Handle handle,
                                       Connection& c,
                                       std::span<const std::byte> frame) {
    const bool fits = c.output.append(frame);
    ASSERT(fits);  // Pairs with ready_for_snapshot().
    if (!c.is_tls) return queue_flush(handle, c);
    use_memory(c);
    flush_sealed(handle, c);  // Now, like every other's: it is the tick's work.
}

void Connections::send_snapshot(Handle handle, Connection& c, std::span<const std::byte> frame) {
    ASSERT(c.state == Connection::State::open && !c.blocked);  // It was ready.
    stats_.snapshots_sent += 1;
    c.rate.taken(tick_);
    if (c.limited) c.limit.took(frame.size());
    if (!c.output.empty()) return send_behind_messages(handle, c, frame);
    c.progressed_at = now_;
    if (c.is_tls) return send_behind_messages(handle, c, frame);
    c.broadcast = frame;
    ring_.broadcast(c.socket, frame, {.op = Op::broadcast, .owner = handle});
}

// Only what did not go out whole is heard of (IOSQE_CQE_SKIP_SUCCESS).
void Connections::on_broadcast(Handle handle, Connection& c, std::int32_t result) {
    stats_.snapshots_sent -= result > 0 ? 0 : 1;  // It was counted when it was handed over.
    if (c.state == Connection::State::dead) return;
    if (result == -EAGAIN) {
        // Not a byte went out, so the frame's edge is intact and the snapshot can be forgotten.
        // The next one is not made before there is room.
        (c.rate.refused(tick_) ? stats_.snapshots_skipped : stats_.snapshots_thinned) += 1;
        if (c.limited) c.limit.gave_back(c.broadcast.size());
        if (c.state == Connection::State::open) events_.on_snapshot_refused(handle);
        c.blocked = true;
        blocked_count_ += 1;
        ring_.arm_writable(c.socket, {.op = Op::writable, .owner = handle});
        return;
    }
    if (result <= 0) return die(handle, c, CloseReason::reset);

    // The peer has the frame's beginning: the rest must come before anything else, also before
    // what was queued since the frame was handed over.
    const auto sent = static_cast<std::size_t>(result);
    ASSERT(sent < c.broadcast.size());
    stats_.snapshots_partial += 1;
    c.progressed_at = now_;
    if (!c.output.prepend(c.broadcast.subspan(sent))) die(handle, c, CloseReason::overflow);
}

std::size_t Connections::slowest(std::span<ClientStats> out) const {
    std::size_t count = 0;
    table_.for_each([&](Handle handle, const Connection& c) {
        const ClientStats client = stats_of(handle, c);
        if (c.state != Connection::State::open || client.snapshots_skipped == 0) return;
        const auto found = out.first(count);
        const auto place =
            std::ranges::lower_bound(found, client.snapshots_skipped, std::ranges::greater{},
                                     &ClientStats::snapshots_skipped);
        if (place == found.end() && count == out.size()) return;
        const auto index = static_cast<std::size_t>(place - found.begin());
        count = std::min(count + 1, out.size());
        std::shift_right(out.begin() + static_cast<std::ptrdiff_t>(index),
                         out.begin() + static_cast<std::ptrdiff_t>(count), 1);
        out[index] = client;
    });
    return count;
}

std::size_t Connections::clients(std::uint32_t first_slot, std::span<ClientStats> out) const {
    std::size_t count = 0;
    table_.for_each([&](Handle handle, const Connection& c) {
        if (c.state != Connection::State::open || handle.slot < first_slot) return;
        if (count == out.size()) return;
        out[count] = stats_of(handle, c);
        count += 1;
    });
    return count;
}

}  // namespace ringtick
