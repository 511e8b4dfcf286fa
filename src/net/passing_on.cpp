// Connections whose request another thread of this process answers: here they are heard, and there
// all else happens. Only what has come and not been answered goes with them, so the other thread
// reads it as if it had accepted them itself.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/admission.hpp"
#include "net/connections.hpp"
#include "net/flow.hpp"

#include <algorithm>
#include <utility>

namespace ringtick {

namespace {

// The owner of a message tells from whom, to whom, and in which place of their passage.
constexpr std::uint32_t shard_bits = 12;

constexpr Handle owner_of(std::uint32_t from, std::uint32_t to, std::uint32_t place) {
    return {.slot = from << shard_bits | to, .generation = place};
}

}  // namespace

Result<void> Connections::open_passage(Passage& passage) const {
    return passage.open(inputs_.of(0).size());
}

void Connections::join(std::uint32_t shard, std::span<const Route> routes) {
    ASSERT(routes.size() < 1U << shard_bits);
    ASSERT(shard < routes.size());
    shard_ = shard;
    routes_ = routes;
    passing_.reserve(slots_of(options_));
}

// It stops being read, for whatever is read here the other would miss.
void Connections::pass_on(Handle handle, Connection& c, std::uint32_t shard) {
    ASSERT(c.state == Connection::State::http);
    ASSERT(shard != shard_ && shard < routes_.size());
    ASSERT(!c.passing);
    c.passing = true;
    c.passing_to = static_cast<std::uint16_t>(shard);
    passing_.push_back(handle);
    if (!c.recv_armed) return;
    cancels_queued_ = true;
    ring_.cancel({.op = Op::recv, .owner = handle});
}

void Connections::pass_on_all() {
    std::erase_if(passing_, [this](Handle handle) {
        Connection& c = *table_.find(handle);  // Who is on the list keeps its slot.
        if (c.state != Connection::State::http) {
            c.passing = false;
            return true;
        }
        const bool says_something = c.tls != nullptr && !c.tls->empty();
        if (c.armed() || c.recv_waiting || c.flush_queued || says_something) return false;
        return move_out(handle, c);
    });
}

// False: there is no place yet.
bool Connections::move_out(Handle handle, Connection& c) {
    const Route& route = routes_[c.passing_to];
    ASSERT(route.there != nullptr);
    const auto place = route.there->free_place();
    if (!place) return false;
    ASSERT(!c.is_tls || c.tls != nullptr);
    const Passage::Ref passed = route.there->at(*place);
    passed.connection = {.socket = c.socket,
                         .peer = c.peer,
                         .session = c.is_tls ? std::move(c.tls->session) : TlsSession(),
                         .is_tls = c.is_tls,
                         .ended_by_peer = c.ended_by_peer,
                         .counted = c.counted,
                         .counted_as = c.counted_as,
                         .requests = c.requests,
                         .heard_at = c.heard_at,
                         .deadline = c.deadline,
                         .input_size = c.input_size};
    copy_bytes(passed.input, inputs_.of(handle.slot).first(c.input_size));
    route.there->send(*place);
    ring_.tell(route.ring, owner_of(shard_, c.passing_to, *place), passed_on);
    stats_.passed_on += 1;

    c.has_place = false;
    c.counted = false;
    if (c.urgent) urgent_count_ -= 1;
    leave(handle, c);
    parsers_.give_back(c.parser);
    inputs_.release(handle.slot);
    outputs_.release(handle.slot);
    table_.erase(handle);
    return true;
}

// The kernel had no memory for the message, or the other thread has ended.
void Connections::on_undelivered(Handle owner) {
    Passage& passage = *routes_[owner.slot & ((1U << shard_bits) - 1)].there;
    lose(passage.at(owner.generation).connection);
    passage.give_back(owner.generation);
    stats_.closed[static_cast<std::size_t>(CloseReason::overflow)] += 1;
}

// Nobody will answer it.
void Connections::lose(const PassedConnection& passed) {
    close_socket(passed.socket);
    places_.give_back();
    if (passed.counted) places_.uncount(passed.counted_as);
}

void Connections::take_in(Handle owner) {
    Passage& passage = *routes_[owner.slot >> shard_bits].here;
    ASSERT(passage.has_come(owner.generation));
    const Passage::Ref passed = passage.at(owner.generation);
    stats_.taken_in += 1;
    take_in(passed.connection, passed.input.first(passed.connection.input_size));
    passage.give_back(owner.generation);
}

void Connections::take_in(PassedConnection& passed, std::span<const std::byte> input) {
    if (listener_ < 0) return lose(passed);
    const Handle handle = begin_http(passed.socket, passed.is_tls);
    Connection& c = *table_.find(handle);
    if (c.is_tls) {
        c.tls->session = std::move(passed.session);
        c.tls->opened = true;
        tls_->open_count += 1;
    }
    // The other thread may have looked at the clock after this one did.
    c.heard_at = std::min(passed.heard_at, now_);
    c.deadline = passed.deadline;
    c.peer = passed.peer;
    c.ended_by_peer = passed.ended_by_peer;
    c.requests = passed.requests;
    c.input_size = copy_bytes(inputs_.of(handle.slot), input);
    use_memory(c);
    if (!c.ended_by_peer) arm_recv(handle, c);
    c.has_place = true;
    c.counted = passed.counted;
    c.counted_as = passed.counted_as;
    advance_http(handle, c);
    settle(handle, c);
}

}  // namespace ringtick
