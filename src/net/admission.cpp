// Who may come in: there are so many places, so many of them for one address, and a proxy is asked
// whom it speaks for.
#include "net/admission.hpp"

#include "base/assert.hpp"
#include "net/connections.hpp"
#include "net/flow.hpp"
#include "net/proxy_header.hpp"

#include <string_view>

namespace ringtick {

namespace {

std::string_view sentence_for(http::Status refusal) {
    return refusal == http::Status::too_many_requests
               ? "There are too many connections from your address."
               : "All places are taken.";
}

}  // namespace

void Connections::admit(int socket) {
    ASSERT(socket >= 0);
    stats_.accepted += 1;
    if (listener_ < 0) return close_socket(socket);

    const bool ask = options_.connections_per_ip_max > 0 || !options_.trust.empty();
    const Peer peer = ask ? peer_of(socket) : Peer{};
    const http::Status verdict = take_place(peer);
    const bool welcome = verdict == http::Status::ok;
    if (!welcome && turned_away_count_ == antechamber) {
        count_refusal(verdict);
        return close_socket(socket);
    }

    const Handle handle = begin_http(socket, tls_ != nullptr);
    Connection& c = *table_.find(handle);
    c.peer = peer;
    c.proxy_header_due = options_.trust.includes(peer);
    arm_recv(handle, c);
    if (welcome) {
        c.has_place = true;
        c.counted = is_limited(peer);
        c.counted_as = peer.address;
    } else {
        turn_away(handle, c, verdict);
    }
    settle(handle, c);
}

// As one that nobody has heard of yet.
Handle Connections::begin_http(int socket, bool is_tls) {
    const Handle handle = table_.insert(Connection{});
    Connection& c = *table_.find(handle);
    c.socket = socket;
    c.output = Output(outputs_.of(handle.slot));
    if (is_tls) begin_tls(handle, c);
    c.parser = parsers_.take(http::RequestParser(options_.request));
    c.heard_at = c.progressed_at = now_;
    c.deadline = now_ + options_.handshake_timeout;
    c.tick_seen = tick_;
    c.message_credit = message_credit_max(options_);
    return handle;
}

// Whether a newcomer may come in (ok), and then is counted; or else what it is told.
http::Status Connections::take_place(const Peer& peer) {
    if (!places_.take()) return http::Status::service_unavailable;
    if (!is_limited(peer) || places_.count(peer.address, options_.connections_per_ip_max)) {
        return http::Status::ok;
    }
    places_.give_back();
    return http::Status::too_many_requests;
}

// A trusted proxy brings the connections of many, and loopback is this machine.
bool Connections::is_limited(const Peer& peer) const {
    return options_.connections_per_ip_max > 0 && peer.kind == Peer::Kind::ip &&
           !peer.address.is_loopback() && !options_.trust.includes(peer);
}

// False: there are too many of that address.
bool Connections::count_as(Connection& c, const Peer& peer, std::uint32_t most) {
    ASSERT(!c.counted);
    if (!is_limited(peer)) return true;
    c.counted_as = peer.address;
    c.counted = places_.count(peer.address, most);
    return c.counted;
}

void Connections::uncount(Connection& c) {
    if (!c.counted) return;
    c.counted = false;
    places_.uncount(c.counted_as);
}

void Connections::give_place_back(Connection& c) {
    if (!c.has_place) return;
    c.has_place = false;
    places_.give_back();
}

void Connections::count_refusal(http::Status status) {
    const bool full = status == http::Status::service_unavailable;
    (full ? stats_.refused_full : stats_.refused_per_ip) += 1;
}

// Gives up its place, and is told why where there is room for that.
void Connections::turn_away(Handle handle,
                            Connection& c,
                            http::Status status,
                            http::Method method) {
    ASSERT(!c.turned_away);
    count_refusal(status);
    if (turned_away_count_ == antechamber) return die(handle, c, CloseReason::refused);
    give_place_back(c);
    c.turned_away = true;
    turned_away_count_ += 1;
    refuse(handle, c, status, sentence_for(status), method);
}

// The slot is about to be free.
void Connections::leave(Handle handle, Connection& c) {
    uncount(c);
    give_place_back(c);
    leave_tls(handle, c);
    if (!c.turned_away) return;
    ASSERT(turned_away_count_ > 0);
    turned_away_count_ -= 1;
}

// Who is behind a proxy is known only now, and held to the same rule as those who come by
// themselves. A proxy may use one connection for many clients in turn: it is counted for the last.
// False: turned away.
bool Connections::admit_client(Handle handle,
                               Connection& c,
                               const Peer& client,
                               http::Method method) {
    uncount(c);
    if (count_as(c, client, options_.connections_per_ip_max)) return true;
    turn_away(handle, c, http::Status::too_many_requests, method);
    return false;
}

// False: there is nothing more to be read for now. A header that comes from anybody else is left to
// the parser of requests, to which it is none (400).
bool Connections::read_proxy_header(Handle handle, Connection& c) {
    ASSERT(c.proxy_header_due);
    const auto memory = inputs_.of(handle.slot);
    const ProxyHeader header = parse_proxy_header(memory.first(c.input_size));
    switch (header.state) {
        case ProxyHeader::State::need_input:
            return false;
        case ProxyHeader::State::absent:
            c.proxy_header_due = false;
            return true;
        case ProxyHeader::State::malformed:
            // Where the client's own bytes would begin is unknown, so there is nobody to answer.
            stats_.proxy_headers_malformed += 1;
            die(handle, c, CloseReason::protocol);
            return false;
        case ProxyHeader::State::complete:
            break;
    }
    stats_.proxy_headers += 1;
    c.proxy_header_due = false;
    drop_input(handle, c, header.size);
    // From here on it is the client whose word counts, and it may be a proxy itself.
    if (header.client) c.peer = *header.client;
    return admit_client(handle, c, c.peer) && c.input_size > 0;
}

}  // namespace ringtick
