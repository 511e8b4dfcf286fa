// A connection's HTTP side: requests in, answers out, one at a time, and the opening handshake that
// turns it into a WebSocket.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "http/response.hpp"
#include "net/connections.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace ringtick {

namespace {

constexpr Nanoseconds never = Nanoseconds::max();

CloseReason reason_of(http::Status refusal) {
    switch (refusal) {
        case http::Status::bad_request:
            return CloseReason::protocol;
        case http::Status::content_too_large:
        case http::Status::uri_too_long:
        case http::Status::header_fields_too_large:
            return CloseReason::too_big;
        default:
            return CloseReason::refused;
    }
}

}  // namespace

void Connections::read_http(Handle handle, Connection& c, std::span<std::byte> bytes) {
    const auto memory = inputs_.of(handle.slot);
    if (c.end_after_output) return;  // The last answer is on its way: nothing more is read.
    if (memory.size() - c.input_size < bytes.size()) {
        // Only pipelining gets here: a head that long was refused by the parser.
        if (c.passing || !c.output.empty()) return die(handle, c, CloseReason::too_big);
        return refuse(handle, c, http::Status::header_fields_too_large, "Too much at once.");
    }
    c.input_size += copy_bytes(memory.subspan(c.input_size), bytes);
    use_memory(c);
    advance_http(handle, c);
}

// Drops the first `size` bytes of what was gathered.
void Connections::drop_input(Handle handle, Connection& c, std::size_t size) {
    ASSERT(size <= c.input_size);
    c.input_size -= size;
    std::byte* const memory = inputs_.of(handle.slot).data();
    if (c.input_size > 0) std::memmove(memory, memory + size, c.input_size);
}

// The next request is looked at when the last answer has gone: so answers keep their order.
void Connections::advance_http(Handle handle, Connection& c) {
    ASSERT(c.state == Connection::State::http);
    if (!c.output.empty() || c.input_size == 0 || c.passing) return;
    if (c.proxy_header_due && !read_proxy_header(handle, c)) return;
    const auto input = inputs_.of(handle.slot).first(c.input_size);
    http::RequestParser& parser = *c.parser;
    switch (parser.parse(input)) {
        case http::RequestParser::State::need_input:
            return;
        case http::RequestParser::State::refused:
            return refuse(handle, c, parser.refusal(), "The request is not one we can serve.",
                          parser.method());
        case http::RequestParser::State::complete:
            return answer(handle, c, parser);
    }
    UNREACHABLE();
}

void Connections::answer(Handle handle, Connection& c, const http::RequestParser& parser) {
    const auto memory = inputs_.of(handle.slot);
    std::array<http::Header, http::RequestLimits::headers_max> headers;
    const http::Request request = parser.request(memory.first(c.input_size), headers);
    // Who is refused is so by any thread, and makes no room on another.
    const bool may_play = !http::asks_for_websocket(request) || admits(request);
    const std::uint32_t shard = may_play ? events_.shard_for(request) : ConnectionEvents::any_shard;
    if (shard != shard_ && shard != ConnectionEvents::any_shard) return pass_on(handle, c, shard);
    stats_.requests += 1;
    c.requests += 1;
    if (options_.trust.includes(c.peer)) {
        const Peer client = forwarded_client(request, options_.trust);
        if (!admit_client(handle, c, client, request.method)) return;
    }
    if (http::asks_for_websocket(request)) {
        return upgrade(handle, c, request, parser.head_size());
    }
    if (request.method == http::Method::other) {
        return refuse_method(handle, c);
    }

    const HttpAnswer answer = events_.on_request(request, c.output.free());
    if (answer.head_size == 0) return refuse_unknown(handle, c, request.method);
    c.output.commit(answer.head_size);
    if (!answer.body.empty()) c.output.commit_body(answer.body);
    c.end_after_output = !request.keep_alive;
    c.deadline = now_ + options_.response_timeout;

    drop_input(handle, c, parser.head_size());
    *c.parser = http::RequestParser(options_.request);  // Last: it ends `parser`.
}

bool Connections::admits(const http::Request& request) const {
    const auto verdict = http::check_opening_handshake(request, policy_);
    return verdict.status == http::Status::switching_protocols;
}

bool Connections::is_sending(std::span<const std::byte> memory) const {
    bool found = false;
    table_.for_each(
        [&](Handle, const Connection& c) { found = found || c.output.has_body_in(memory); });
    return found;
}

void Connections::refuse_method(Handle handle, Connection& c) {
    refuse(handle, c, http::Status::method_not_allowed, "GET and HEAD are served here.");
}

// Nobody above has an answer.
void Connections::refuse_unknown(Handle handle, Connection& c, http::Method method) {
    if (method == http::Method::post) return refuse_method(handle, c);
    refuse(handle, c, http::Status::not_found, "There is nothing at this address.", method);
}

void Connections::upgrade(Handle handle,
                          Connection& c,
                          const http::Request& request,
                          std::size_t head_size) {
    const auto verdict = http::check_opening_handshake(request, policy_);
    if (verdict.status != http::Status::switching_protocols) {
        return refuse(handle, c, verdict.status, verdict.reason, request.method);
    }
    const http::Status status = events_.on_open(handle, request);
    if (status != http::Status::switching_protocols) {
        return refuse(handle, c, status, "This room cannot be entered.");
    }
    std::array<char, deflate_response_size_max> extensions;
    http::HandshakeChoices choices;
    if (verdict.subprotocol) choices.subprotocol = policy_.subprotocol;
    const auto deflate = compression_ ? accept_deflate_offer(request) : std::nullopt;
    if (deflate) {
        choices.extensions = write_deflate_response(extensions, *deflate);
        c.deflate_window_bits = deflate->window_bits;
    }
    const std::size_t size = http::write_handshake_response(c.output.free(), request, choices);
    ASSERT(size > 0);
    c.output.commit(size);
    stats_.opened += 1;

    // What came behind the head belongs to the frames. They are gathered where it lies, so move it
    // out of the way first.
    const auto rest = inputs_.of(handle.slot).subspan(head_size, c.input_size - head_size);
    const std::span<std::byte> leftover(leftover_.get(), rest.size());
    copy_bytes(leftover, rest);
    c.input_size = 0;
    c.state = Connection::State::open;
    c.deadline = never;
    c.progressed_at = now_;
    parsers_.give_back(std::exchange(c.parser, nullptr));
    c.decoder = MessageDecoder(options_.message, deflate ? &compression_->inflater : nullptr);
    read_frames(handle, c, leftover);
    // Its side may be closed already: nothing more will come, and nothing else would notice.
    if (c.ended_by_peer) on_end_of_stream(handle, c);
}

void Connections::refuse(Handle handle,
                         Connection& c,
                         http::Status status,
                         std::string_view sentence,
                         http::Method method) {
    ASSERT(c.state == Connection::State::http);
    stats_.requests_refused += 1;
    const std::size_t size = http::write_refusal(c.output.free(), status, sentence, method);
    if (size == 0) return die(handle, c, CloseReason::protocol);
    c.output.commit(size);
    if (!shakes_hands(c)) c.input_size = 0;  // Else it cannot be told before it has.
    c.end_after_output = true;
    c.close_reason = reason_of(status);
    c.deadline = now_ + options_.close_timeout;
}

}  // namespace ringtick
