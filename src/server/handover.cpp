#include "server/handover.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/image.hpp"
#include "server/clock.hpp"
#include "server/handover_socket.hpp"
#include "server/log.hpp"
#include "tick/record.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace ringtick {

namespace {

// By their slots they are told from the signals.
constexpr Token listener_token{.op = Op::signal, .owner = {.slot = 1, .generation = 1}};
constexpr std::uint32_t peer_slot = 2;

constexpr Nanoseconds nap = std::chrono::microseconds(500);

}  // namespace

Handover::~Handover() {
    drop_peer();
    if (listener_ >= 0) handover_socket::close(listener_);
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> Handover::open(const std::string& path,
                            const std::string& identity,
                            Nanoseconds patience) {
    const auto listener = handover_socket::listen(path);
    if (!listener) return std::unexpected(Error{"handover socket", listener.error().error_number});
    listener_ = *listener;
    path_ = path;
    user_ = handover_socket::this_user();
    identity_ = identity;
    patience_ = patience;
    return {};
}

void Handover::arm() {
    if (is_open()) parts_.ring.arm_signal(listener_, listener_token);
}

void Handover::on_completion(const Completion& completion) {
    if (completion.token.owner == listener_token.owner) {
        accept();
        if (!completion.more) arm();
        return;
    }
    const bool is_peers = peer_ >= 0 && completion.token.owner == Handle{peer_slot, peer_number_};
    if (!is_peers) return;  // Of one that was dropped.
    read_peer();
    if (peer_ >= 0 && !completion.more) {
        parts_.ring.arm_signal(peer_, completion.token);
    }
}

void Handover::accept() {
    for (int socket = handover_socket::accept(listener_, user_); socket >= 0;
         socket = handover_socket::accept(listener_, user_)) {
        if (state_ == State::ready) {  // It is being given everything.
            handover_socket::close(socket);
            continue;
        }
        drop_peer();
        peer_ = socket;
        peer_number_ += 1;
        state_ = State::connected;
        parts_.ring.arm_signal(peer_, {.op = Op::signal, .owner = {peer_slot, peer_number_}});
    }
}

void Handover::drop_peer() {
    if (peer_ < 0) return;
    parts_.ring.cancel({.op = Op::signal, .owner = {peer_slot, peer_number_}});
    handover_socket::close(peer_);
    peer_ = -1;
    state_ = State::idle;
}

void Handover::read_peer() {
    while (peer_ >= 0) {
        const auto received = handover_socket::receive(peer_, false);
        for (const int stray : received.descriptors) handover_socket::close(stray);
        if (received.message.empty() && (errno == EAGAIN || errno == EINTR)) return;
        const std::span<const std::byte> message = received.message;
        const auto kind = message.empty() ? std::byte{} : message[0];
        if (state_ == State::connected && kind == std::byte{std::uint8_t(HandoverKind::hello)}) {
            on_hello(message.subspan(1));
        } else if (state_ == State::welcomed &&
                   kind == std::byte{std::uint8_t(HandoverKind::ready)}) {
            state_ = State::ready;
        } else if (state_ == State::ready) {  // It has ended, or speaks out of turn.
            give_up();
        } else {
            drop_peer();
        }
    }
}

void Handover::on_hello(std::span<const std::byte> message) {
    ImageReader image(message);
    std::uint32_t version = 0;
    image.whole(version);
    const bool fine = image.ok() && version == handover_version &&
                      as_text(message.subspan(sizeof version)) == identity_;
    const auto kind = fine ? HandoverKind::welcome : HandoverKind::refused;
    state_ = State::welcomed;
    if (send(kind, as_bytes(identity_), {}, monotonic_now()) && fine) return;
    log_warning(
        "somebody came to take this server over who is of another build or has other "
        "options; it goes on");
    drop_peer();
}

// Naps where there is no room, as often as `until` lets it.
bool Handover::send(HandoverKind kind,
                    std::span<const std::byte> rest,
                    std::span<const int> descriptors,
                    Nanoseconds until) {
    std::vector<std::byte> message(1 + rest.size());
    message[0] = static_cast<std::byte>(kind);
    copy_bytes(std::span(message).subspan(1), rest);
    while (!handover_socket::send(peer_, message, descriptors)) {
        if (errno != EAGAIN && errno != EINTR) return false;
        const Nanoseconds now = monotonic_now();
        if (now >= until) return false;
        parts_.ring.submit_and_sleep(now + nap);
    }
    return true;
}

std::vector<std::byte> Handover::make_image(const Moment& moment,
                                            std::span<const Handle> moved) const {
    ImageWriter image;
    image.whole(moment.tick);
    image.whole(moment.next_at.count());
    image.whole(moment.ticked_at.count());
    image.whole(moment.began_at.count());
    image.whole(stats.handovers);
    image.whole(parts_.drain.on());
    image.whole(parts_.drain.close_at().count());
    std::uint32_t slots = 0;
    for (const Handle handle : moved) slots = std::max(slots, handle.slot + 1);
    std::vector<std::uint32_t> places(std::max(slots, parts_.connections.slots()), Room::no_place);
    for (std::uint32_t i = 0; i < moved.size(); ++i) places[moved[i].slot] = i;

    std::vector<std::byte> state;
    for (const auto& room : parts_.rooms.all()) {
        state.resize(room->game().state_size_max());
        const std::size_t size = room->game().save_state(state);
        image.whole(size);
        image.bytes(std::span(state).first(size));
    }
    image.whole(static_cast<std::uint32_t>(moved.size()));
    for (const Handle handle : moved) parts_.connections.save_moved(handle, image);
    parts_.rooms.save_moved(image, places);
    const auto bytes = image.image();
    return {bytes.begin(), bytes.end()};
}

bool Handover::send_all(std::span<const std::byte> image,
                        std::span<const int> sockets,
                        Nanoseconds until) {
    ImageWriter begin;
    begin.whole(image.size());
    begin.whole(checksum(image));
    begin.whole(static_cast<std::uint32_t>(sockets.size()));
    bool fine = send(HandoverKind::begin, begin.image(), {}, until);
    while (fine && !image.empty()) {
        const auto piece =
            image.first(std::min(image.size(), handover_socket::message_size_max - 1));
        fine = send(HandoverKind::piece, piece, {}, until);
        image = image.subspan(piece.size());
    }
    while (fine && !sockets.empty()) {
        const auto some = sockets.first(std::min(sockets.size(), handover_socket::descriptors_max));
        fine = send(HandoverKind::sockets, {}, some, until);
        sockets = sockets.subspan(some.size());
    }
    return fine;
}

// Also that which was said right before the end of patience, and nothing after it.
bool Handover::is_taken(Nanoseconds until) {
    bool last_look = false;
    while (true) {
        const auto received = handover_socket::receive(peer_, false);
        const int error = errno;
        for (const int stray : received.descriptors) handover_socket::close(stray);
        if (!received.message.empty()) {
            return received.message[0] == static_cast<std::byte>(HandoverKind::taken);
        }
        const bool waits = error == EAGAIN || error == EINTR;
        if (!waits || last_look) return false;
        const Nanoseconds now = monotonic_now();
        last_look = now >= until;
        if (last_look) {
            handover_socket::refuse_more(peer_);
        } else {
            parts_.ring.submit_and_sleep(now + nap);
        }
    }
}

bool Handover::give(const Moment& moment) {
    ASSERT(is_due());
    std::vector<Handle> moved;
    std::vector<int> sockets{parts_.listener.socket()};
    parts_.connections.for_each_movable([&](Handle handle, int socket) {
        moved.push_back(handle);
        sockets.push_back(socket);
    });
    const auto image = make_image(moment, moved);
    const bool sent = send_all(image, sockets, moment.until);
    // Whatever was sent, from here on it is either taken or never can be.
    if (!is_taken(sent ? moment.until : moment.began_at)) {
        give_up();
        return false;
    }
    parts_.connections.forget_moved(moved);
    drop_peer();
    leave();
    log_info(
        fmt::format("a new process has taken {} connections, with {} KiB of what is known of "
                    "them; this one ends",
                    moved.size(), image.size() / 1'024));
    return true;
}

void Handover::give_up() {
    stats.failed += 1;
    drop_peer();
    log_warning("the handover failed: the new process ended, or took too long; this one serves on");
}

}  // namespace ringtick
