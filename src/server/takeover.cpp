#include "server/takeover.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/image.hpp"
#include "server/clock.hpp"
#include "server/handover_socket.hpp"
#include "server/match_identity.hpp"
#include "tick/record.hpp"
#include "tick/tick_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringtick {

namespace {

// Far more than a tick, for the other one decides when it begins; it may be in a stall.
constexpr std::uint32_t patience_ms = 10'000;
// More than this no server has to tell of itself.
constexpr std::size_t image_size_max = std::size_t{1} << 30;
// Longer than any tick, and than any patience (--handover-timeout).
constexpr Nanoseconds far = std::chrono::minutes(2);
// What a snapshot can tell, with years to spare.
constexpr std::uint64_t ticks_max = std::uint64_t{1} << 32;

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

// The first line in which they are not the same.
std::string difference(std::string_view theirs, std::string_view ours) {
    while (!theirs.empty() || !ours.empty()) {
        const std::string_view its = next_line(theirs);
        const std::string_view mine = next_line(ours);
        if (its == mine) continue;
        return fmt::format("the one that serves has \"{}\", not \"{}\"", its, mine);
    }
    return "it is of a build with another way to hand over";
}

}  // namespace

std::string handover_identity(const Options& options, const Program& program) {
    const NetOptions& net = options.net;
    return fmt::format(
        "program {}\nschema {:016x}\nrules {:016x}\n--listen {}:{}\n--rate-hz {}\n--rooms {}\n"
        "--seed {}\n--bots {}\n--bots-max {}\n--players-max {}\n--players-expected {}\n"
        "--rewind-ms {}\n--connections-max {}\n--message-max {}\n--fragments-max {}\n"
        "--output-max {}\n--inbound-per-tick {}\n--receive-buffer-size {}\n--request-head-max {}\n"
        "--inbox-messages {}\n--inbox-bytes {}\n--deflate {}\n"
        "TLS {}\n",
        program.name, program.schema, rules_of(program), options.listen.host, options.listen.port,
        options.rate_hz, options.rooms, options.seed, options.bots, options.bots_max,
        options.players_max, options.players_expected, options.rewind_ms, net.connections_max,
        net.message.message_size_max, net.message.fragments_max, net.output_size_max,
        net.inbound_bytes_per_tick, net.receive_buffer_size, net.request.head_size_max,
        options.inbox_messages, options.inbox_bytes, net.deflate, options.tls.given());
}

Takeover::~Takeover() {
    for (const int socket : sockets_) {
        if (socket >= 0) handover_socket::close(socket);
    }
    if (socket_ >= 0) handover_socket::close(socket_);
}

std::string Takeover::connect(const Options& options, const std::string& identity) {
    const std::string& path = options.handover;
    rate_hz_ = options.rate_hz;
    const auto connected = handover_socket::connect(path, patience_ms);
    if (!connected) {
        return fmt::format("cannot ask for a server at {} ({}): choose another --handover", path,
                           std::generic_category().message(connected.error().error_number));
    }
    if (connected->found == handover_socket::Found::stranger) {
        return fmt::format("{} is another user's: choose another --handover", path);
    }
    if (connected->found == handover_socket::Found::no_socket) {
        return fmt::format("{} is no handover socket: choose another --handover", path);
    }
    if (connected->found == handover_socket::Found::nobody) return {};
    socket_ = connected->socket;
    ImageWriter hello;
    hello.whole(static_cast<std::uint8_t>(HandoverKind::hello));
    hello.whole(handover_version);
    hello.bytes(as_bytes(identity));
    const bool said = handover_socket::send(socket_, hello.image());
    const auto answer =
        said ? handover_socket::receive(socket_, true).message : std::vector<std::byte>();
    const bool waited_in_vain = said && (errno == EAGAIN || errno == EINTR);
    if (answer.empty() && waited_in_vain) {
        return fmt::format("the server at {} does not answer: stop it, or start again", path);
    }
    if (answer.empty()) {
        return fmt::format(
            "the server at {} has turned to another process, which came to take it over at the "
            "same time, or has ended: see who serves before you start again",
            path);
    }
    if (answer[0] == static_cast<std::byte>(HandoverKind::welcome)) return {};
    return fmt::format(
        "the server at {} goes on, for this one could not go on with the same match: {}. Start "
        "with the same options and rules, or stop it and start with --resume-from",
        path, difference(as_text(std::span(answer).subspan(1)), identity));
}

bool Takeover::fail(std::string why) {
    why_ = std::move(why);
    return false;
}

bool Takeover::receive(int signals) {
    ASSERT(is_on());
    const auto ready = static_cast<std::byte>(HandoverKind::ready);
    bool fine = handover_socket::send(socket_, {&ready, 1});
    const auto waited = handover_socket::wait(socket_, signals, patience_ms);
    if (waited == handover_socket::Waited::interrupted) {
        return fail("stopped before it had taken anything over: the one that serves goes on");
    }
    fine = fine && waited == handover_socket::Waited::something && receive_begin();
    while (fine && (image_.size() < image_size_ || sockets_.size() < sockets_count_)) {
        fine = receive_piece();
    }
    if (lost_descriptors_) {
        return fail(
            fmt::format("there is no room for the descriptors of {} connections: the server that "
                        "was to be taken over goes on. Raise `ulimit -n`",
                        sockets_count_ - 1));
    }
    if (!fine || checksum(image_) != checksum_) {
        return fail(
            "the server that was to be taken over did not say all: it goes on, or has "
            "ended; if that, start with --resume-from");
    }
    return true;
}

bool Takeover::receive_begin() {
    const auto received = handover_socket::receive(socket_, true);
    if (received.message.empty() ||
        received.message[0] != static_cast<std::byte>(HandoverKind::begin)) {
        return false;
    }
    ImageReader begin(std::span(received.message).subspan(1));
    begin.whole(image_size_);
    begin.whole(checksum_);
    begin.whole(sockets_count_);
    return begin.finished() && image_size_ <= image_size_max && sockets_count_ > 0;
}

bool Takeover::receive_piece() {
    const auto received = handover_socket::receive(socket_, true);
    sockets_.insert(sockets_.end(), received.descriptors.begin(), received.descriptors.end());
    lost_descriptors_ = received.lost_descriptors;
    if (received.message.empty() || sockets_.size() > sockets_count_) return false;
    const auto bytes = std::span(received.message).subspan(1);
    if (received.message[0] == static_cast<std::byte>(HandoverKind::sockets)) return true;
    if (received.message[0] != static_cast<std::byte>(HandoverKind::piece)) return false;
    image_.insert(image_.end(), bytes.begin(), bytes.end());
    return image_.size() <= image_size_;
}

int Takeover::take_listener() {
    return std::exchange(sockets_.front(), -1);
}

bool Takeover::load(Connections& connections, Rooms& rooms, Drain& drain) {
    ImageReader image(image_);
    const auto refused = [this] {
        return fail(
            "what the server that was to be taken over says of itself does not add up: it "
            "goes on");
    };
    if (!read_moment(image)) return refused();
    for (const auto& room : rooms.all()) {
        std::size_t size = 0;
        image.whole(size);
        const auto state = image.take(size);
        if (!image.ok() || !room->game().load_state(moment_.tick, state)) return refused();
    }
    if (is_draining_) drain.begin(close_at_);
    connections.begin_turn(monotonic_now(), moment_.tick);
    std::uint32_t count = 0;
    image.whole(count);
    if (!image.ok() || count != sockets_.size() - 1) return refused();
    std::vector<Handle> moved;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto handle = connections.adopt(sockets_[i + 1], image);
        if (!handle || !image.ok()) return refused();
        moved.push_back(*handle);
    }
    rooms.adopt(image, moved);
    return image.finished() ? true : refused();
}

// A process that would begin at once with all the ticks of an hour, or in an hour, serves nobody.
bool Takeover::read_moment(ImageReader& image) {
    image.whole(moment_.tick);
    for (Nanoseconds* const at : {&moment_.next_at, &moment_.ticked_at, &moment_.began_at}) {
        std::int64_t ns = 0;
        image.whole(ns);
        *at = Nanoseconds(ns);
    }
    image.whole(handovers_);
    image.whole(is_draining_);
    std::int64_t close_at_ns = 0;
    image.whole(close_at_ns);
    close_at_ = Nanoseconds(close_at_ns);
    const Nanoseconds now = monotonic_now();
    const auto is_past = [now](Nanoseconds at) { return at >= now - far && at <= now; };
    return image.ok() && moment_.tick < ticks_max && is_past(moment_.ticked_at) &&
           is_past(moment_.began_at) && moment_.next_at >= now - far &&
           moment_.next_at <= now + far && close_at_ >= Nanoseconds{};
}

bool Takeover::commit() {
    const auto taken = static_cast<std::byte>(HandoverKind::taken);
    if (!handover_socket::send(socket_, {&taken, 1})) {
        return fail(
            "the server that was to be taken over has given up waiting and goes on, or has ended; "
            "if that, start with --resume-from");
    }
    taken_at_ = monotonic_now();
    sockets_.resize(1);  // The others are the connections' now, and take_listener() gives this one.
    handover_socket::close(std::exchange(socket_, -1));
    return true;
}

std::uint64_t Takeover::ticks_due(Nanoseconds now) const {
    const Nanoseconds period = TickClock(rate_hz_, {}).deadline();
    return TickClock(rate_hz_, moment_.next_at - period).due_at(now);
}

HandoverStats Takeover::stats() const {
    const Nanoseconds pause = taken_at_ - moment_.began_at;
    return {.handovers = handovers_ + 1,
            .connections_taken = sockets_count_ - 1,
            .pause_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, pause.count()))};
}

}  // namespace ringtick
