// Connections that another process goes on with (server/handover.hpp): what is asked of the kernel
// for them is called back, what is known of them is told, and here they are forgotten.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/image.hpp"
#include "net/admission.hpp"
#include "net/connections.hpp"
#include "net/flow.hpp"

#include <algorithm>
#include <utility>

namespace ringtick {

namespace {

// No patience that there is an option for is longer.
constexpr Nanoseconds deadline_most = std::chrono::hours(48);

// All of a connection that outlives the process, but for its bytes.
template <class Image, class C>
void describe_moved(Image& image, C& c) {
    image.choice(c.peer.kind, Peer::Kind::ip);
    image.bytes(std::as_writable_bytes(std::span(c.peer.address.bytes)));
    image.whole(c.deflate_window_bits);
    image.whole(c.pinged);
    for (auto* const moment : {&c.pinged_at, &c.heard_at, &c.progressed_at, &c.deadline}) {
        auto ns = moment->count();
        image.whole(ns);
        if constexpr (Image::reads) *moment = Nanoseconds(ns);
    }
    image.whole(c.inflated_debt);
    image.whole(c.message_credit);
    image.whole(c.pong_waiting);
    image.whole(c.pong_size);
    image.bytes(c.pong);
}

}  // namespace

std::uint32_t Connections::slots() const {
    return slots_of(options_);
}

// What OpenSSL knows of a connection it tells nobody: those end, and come back by their token.
bool Connections::can_move(const Connection& c) {
    return c.state == Connection::State::open && c.tls == nullptr && !c.ended_by_peer &&
           !c.end_after_output && !c.decoder.ended();
}

bool Connections::pause_all() {
    is_moving_ = true;
    if (accept_armed_) ring_.cancel(accept_token);
    bool quiet = !accept_armed_;
    std::as_const(table_).for_each([&](Handle handle, const Connection& c) {
        if (!can_move(c) || !c.armed()) return;
        cancel_requests(handle, c);
        quiet = false;
    });
    return quiet;
}

void Connections::go_on_all() {
    is_moving_ = false;
    table_.for_each([this](Handle handle, Connection& c) {
        if (c.state == Connection::State::dead) return;
        if (!c.recv_armed) want_recv(handle, c);
        settle(handle, c);
    });
}

void Connections::save_moved(Handle handle, ImageWriter& image) {
    Connection& c = *table_.find(handle);
    ASSERT(can_move(c));
    ASSERT(!c.armed());
    describe_moved(image, c);
    image.whole(c.rate.divisor());
    const auto tell = [&image](std::span<const std::byte> bytes) {
        image.whole(bytes.size());
        image.bytes(bytes);
    };
    image.whole(c.decoder.mid_message());
    if (c.decoder.mid_message()) {
        MessageDecoder::describe(image, c.decoder);
        tell(inputs_.of(handle.slot).first(c.decoder.assembled()));
    }
    tell(held_memory(handle).first(c.held_size));
    tell(c.output.empty() ? std::span<const std::byte>() : c.output.unsent());
}

std::optional<Handle> Connections::adopt(int socket, ImageReader& image) {
    if (table_.full() || !places_.take()) return std::nullopt;
    const Handle handle = table_.insert(Connection{});
    Connection& c = *table_.find(handle);
    c.socket = socket;
    c.state = Connection::State::open;
    c.output = Output(outputs_.of(handle.slot));
    describe_moved(image, c);
    if (!could_be(c)) image.refuse();
    const bool deflates = image.ok() && c.deflate_window_bits > 0;
    c.decoder = MessageDecoder(options_.message, deflates ? &compression_->inflater : nullptr);
    c.tick_seen = tick_;
    std::uint32_t divisor = 1;
    image.whole(divisor);
    c.rate.start_at(divisor);
    if (c.rate.divisor() != divisor) image.refuse();
    take_bytes(handle, c, image);
    use_memory(c);
    c.has_place = true;
    // There may be more of one address than come in now.
    if (!count_as(c, c.peer, Places::no_limit)) UNREACHABLE();
    return handle;
}

// Moments are of the clock that all processes share; a deadline may be max().
bool Connections::could_be(const Connection& c) const {
    const auto is_past = [this](Nanoseconds at) { return at >= Nanoseconds{} && at <= now_; };
    const bool deflates = c.deflate_window_bits > 0;
    const bool ends = c.deadline != Nanoseconds::max();
    const bool ends_in_time = c.deadline >= Nanoseconds{} && c.deadline <= now_ + deadline_most;
    const bool bits_fit = c.deflate_window_bits >= 9 && c.deflate_window_bits <= 15;
    return is_past(c.pinged_at) && is_past(c.heard_at) && is_past(c.progressed_at) &&
           (!ends || ends_in_time) && c.pong_size <= c.pong.size() &&
           (!deflates || (bits_fit && compression_ != nullptr));
}

// What it sent that is not read yet, and what it was to be sent.
void Connections::take_bytes(Handle handle, Connection& c, ImageReader& image) {
    const auto next = [&image] {
        std::size_t size = 0;
        image.whole(size);
        return image.take(size);
    };
    bool mid_message = false;
    image.whole(mid_message);
    if (mid_message) {
        MessageDecoder::describe(image, c.decoder);
        const auto gathered = next();
        if (gathered.size() != c.decoder.assembled()) image.refuse();
        if (image.ok()) copy_bytes(inputs_.of(handle.slot), gathered);
    }
    const auto held = next();
    if (held.size() > held_memory(handle).size()) image.refuse();
    if (image.ok()) c.held_size = copy_bytes(held_memory(handle), held);
    if (const auto unsent = next(); image.ok() && !unsent.empty()) {
        if (!c.output.append(unsent)) image.refuse();
    }
}

void Connections::begin_adopted(Nanoseconds served_until, Nanoseconds now, std::uint64_t due) {
    ASSERT(now >= now_);
    now_ = now;
    forgive(now - served_until, tick_, due);
    table_.for_each([this](Handle handle, Connection& c) {
        c.tick_seen = tick_;
        go_on(handle, c);
        settle(handle, c);
    });
}

// Closed, not shut down: the other process has it.
void Connections::forget_moved(std::span<const Handle> moved) {
    for (const Handle handle : moved) {
        Connection& c = *table_.find(handle);
        ASSERT(!c.armed());
        if (c.urgent) urgent_count_ -= 1;
        close_socket(c.socket);
        leave(handle, c);
        if (c.parser != nullptr) parsers_.give_back(c.parser);
        const auto is_it = [handle](Handle other) { return other == handle; };
        for (auto* const list : {&starved_, &throttled_, &unsent_}) std::erase_if(*list, is_it);
        inputs_.release(handle.slot);
        outputs_.release(handle.slot);
        table_.erase(handle);
    }
}

}  // namespace ringtick
