#pragma once

#include "base/handle.hpp"
#include "base/pool.hpp"
#include "base/result.hpp"
#include "base/slot_map.hpp"
#include "base/time.hpp"
#include "net/compression.hpp"
#include "net/connection.hpp"
#include "net/events.hpp"
#include "net/memory.hpp"
#include "net/options.hpp"
#include "net/passage.hpp"
#include "net/places.hpp"
#include "net/stats.hpp"
#include "net/tls_link.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/completion.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ringtick {

class ImageReader;
class ImageWriter;

// Every connection from accept to its last completion: HTTP, the opening handshake, WebSocket
// frames, what is sent, and the end. Knows no game and reads no clock: begin_turn() tells the time.
//
// A turn is: begin_turn, on_completion for each completion, perhaps snapshots and their
// completions, end_turn. Only end_turn sends what was queued, and frees slots: so a handle and a
// reference stay good through a turn.
//
// Threading: the ring's thread. Allocates in open() only.
class Connections {
public:
    Connections(const NetOptions& options,
                const http::HandshakePolicy& policy,
                Ring& ring,
                BufferRing& buffers,
                ConnectionEvents& events);

    [[nodiscard]] Result<void> open();
    // Starts accepting on a listening socket, which stays the caller's.
    void listen(int listener);
    void stop_listening();

    // `due`: the ticks that have fallen due since `tick`, be they run or not.
    void begin_turn(Nanoseconds now, std::uint64_t tick, std::uint64_t due = 0);
    void on_completion(const Completion& completion);
    void end_turn();

    // Deadlines, pings and stalls; a few times a second.
    void sweep();

    // Queues one message that must arrive. False, and the connection is closed, if it does not fit.
    bool send_message(Handle handle, Opcode opcode, std::span<const std::byte> payload);

    // The connection, if a frame of up to `size_max` bytes would be handed over now. If not, null:
    // the snapshot is skipped and counted, and the next one will be newer.
    Connection* ready_for_snapshot(Handle handle, std::size_t size_max);
    // It is ready, but gets none: that counts as skipped, too.
    void hold_back_snapshot(Connection& ready);
    // Hands a whole frame to the ring, or behind what waits to be sent, for one that was ready just
    // now. The bytes must live until the ring was submitted and its completions were given to
    // on_completion().
    void send_snapshot(Handle handle, Connection& ready, std::span<const std::byte> frame);

    // Withholds this connection's snapshots, as if its socket had no room, and counts and treats it
    // as one that reads slowly: for so many ticks from now on; and where they are more than so many
    // bytes in so many ticks, until told otherwise (0 bytes: no limit). Messages that must arrive
    // are not withheld. Ends with the connection.
    void stall_snapshots(Handle handle, std::uint32_t ticks);
    void narrow_snapshots(Handle handle, std::uint32_t bytes, std::uint32_t ticks);

    // Begins the closing handshake; of a connection not yet open, ends it.
    void close(Handle handle, CloseCode code, std::string_view reason, CloseReason why);
    bool is_open(Handle handle) {
        const Connection* const c = table_.find(handle);
        return c != nullptr && c->state == Connection::State::open;
    }
    void close_all(CloseCode code, std::string_view reason, CloseReason why);

    // moving.cpp: to and from another process, between two ticks (server/handover.hpp). From
    // pause_all() on nothing more is received, sent or accepted on those that can move; true once
    // the kernel has none of their requests any more. Call it, and hand over and reap, until then.
    bool pause_all();
    void go_on_all();
    static bool can_move(const Connection& c);
    template <class Visit>
    void for_each_movable(Visit visit) {
        std::as_const(table_).for_each([&](Handle handle, const Connection& c) {
            if (can_move(c)) visit(handle, c.socket);
        });
    }
    void save_moved(Handle handle, ImageWriter& image);
    // Nothing is done with the socket before begin_adopted(). None: there is no place. What is read
    // may be refused: then the process is to end.
    std::optional<Handle> adopt(int socket, ImageReader& image);
    // Nobody has served them since `served_until`, for as many ticks as have fallen due.
    void begin_adopted(Nanoseconds served_until, Nanoseconds now, std::uint64_t due);
    void forget_moved(std::span<const Handle> moved);

    // passing_on.cpp: to and from other threads of this process, each with Connections of its own.
    // A way there and a way back; what is under way is the other's from then on.
    struct Route {
        Passage* there = nullptr;  // To that thread, from this one.
        Passage* here = nullptr;   // From it.
        int ring = -1;             // By which it is told.
    };
    // The result of a message that somebody has been passed on; its owner is for take_in().
    static constexpr std::int32_t passed_on = 1;
    // After open(): takes the memory of a way to here.
    [[nodiscard]] Result<void> open_passage(Passage& passage) const;
    // After open(), before anybody comes: this is thread `shard` of those that `routes` lead to.
    void join(std::uint32_t shard, std::span<const Route> routes);
    void take_in(Handle owner);
    void on_undelivered(Handle owner);

    // Somebody waits for an answer sooner than the tick.
    bool urgent() const { return urgent_count_ > 0 || tls_waiting_count() > 0; }
    // Receives are to be stopped: hand the requests over before gathering more.
    bool cancels_queued() const { return cancels_queued_; }
    void cancels_submitted() { cancels_queued_ = false; }
    bool accepting() const { return accept_armed_; }
    // When begin_turn() is to accept again after there were no descriptors, or max().
    Nanoseconds accepts_again_at() const {
        return listener_ < 0 || accept_armed_ ? Nanoseconds::max() : accept_resumes_at_;
    }
    // Somebody is received from again at the next tick, or turn.
    bool held_back() const { return !throttled_.empty() || !starved_.empty(); }
    std::uint32_t count() const { return table_.count(); }
    // Those whose TLS handshake is done, and those whose handshake waits for a turn.
    std::uint32_t tls_count() const;
    std::uint32_t tls_waiting_count() const;
    std::uint32_t slots() const;
    // Those who missed most snapshots, most first. Returns how many there are in `out`.
    std::size_t slowest(std::span<ClientStats> out) const;
    // Those who are open, by slot from `first_slot` on. Returns how many there are in `out`.
    std::size_t clients(std::uint32_t first_slot, std::span<ClientStats> out) const;
    // An answer's body is under way, or waits, that lies in this memory.
    bool is_sending(std::span<const std::byte> memory) const;
    std::uint32_t blocked_count() const { return blocked_count_; }  // Sockets that are full.
    // Handed to the kernel and not heard of again. No broadcast is among them: each is over when it
    // has been submitted.
    std::uint32_t sends_in_flight() const { return sends_in_flight_; }
    const NetStats& stats() const { return stats_; }
    // From open() on, and only with options.deflate.
    Compression* compression() const { return compression_.get(); }
    std::size_t memory_fixed() const;     // Bytes taken at start.
    std::size_t memory_reserved() const;  // Bytes of address space, backed as they are used.

private:
    // connections.cpp: completions
    void on_accept(const Completion& completion);
    void on_recv(Handle handle,
                 Connection& c,
                 const Completion& completion,
                 std::span<std::byte> bytes);
    void on_recv_end(Handle handle, Connection& c, std::int32_t result);
    void on_end_of_stream(Handle handle, Connection& c);
    void on_send(Handle handle, Connection& c, std::int32_t result);
    void read(Handle handle, Connection& c, std::span<std::byte> bytes);
    void read_plain(Handle handle, Connection& c, std::span<std::byte> bytes);

    // sealing.cpp: of those that speak TLS
    static bool shakes_hands(const Connection& c);
    static bool has_sealed_to_send(const Connection& c);
    static bool has_to_send(const Connection& c) {
        if (c.is_tls) return has_sealed_to_send(c);
        return !c.output.empty() && !c.output.in_flight();
    }
    void begin_tls(Handle handle, Connection& c);
    void leave_tls(Handle handle, const Connection& c);
    void read_sealed(Handle handle, Connection& c, std::span<const std::byte> bytes);
    void gather_handshake(Handle handle, Connection& c, std::span<const std::byte> bytes);
    void shake_hands();
    bool shake_hands_with(Handle handle, Connection& c);
    void refuse_plain(Handle handle, Connection& c);
    void begin_records(Handle handle, Connection& c, std::span<const std::byte> rest);
    void read_records(Handle handle, Connection& c, std::span<const std::byte> bytes);
    void on_close_notify(Handle handle, Connection& c);
    void fail_session(Handle handle, Connection& c);
    void flush_sealed(Handle handle, Connection& c);
    void on_sealed_sent(Handle handle, Connection& c, std::int32_t result);
    static void end_sealed(Connection& c);
    static void end_sealed_at_once(Connection& c);

    // admission.cpp: who may come in
    void admit(int socket);
    Handle begin_http(int socket, bool is_tls);
    http::Status take_place(const Peer& peer);
    bool is_limited(const Peer& peer) const;
    bool count_as(Connection& c, const Peer& peer, std::uint32_t most);
    void uncount(Connection& c);
    void give_place_back(Connection& c);
    void count_refusal(http::Status status);
    void turn_away(Handle handle,
                   Connection& c,
                   http::Status status,
                   http::Method method = http::Method::other);
    void leave(Handle handle, Connection& c);
    bool admit_client(Handle handle,
                      Connection& c,
                      const Peer& client,
                      http::Method method = http::Method::other);
    bool read_proxy_header(Handle handle, Connection& c);

    // moving.cpp
    bool could_be(const Connection& c) const;
    void take_bytes(Handle handle, Connection& c, ImageReader& image);

    // passing_on.cpp
    void pass_on(Handle handle, Connection& c, std::uint32_t shard);
    void pass_on_all();
    bool move_out(Handle handle, Connection& c);
    void lose(const PassedConnection& passed);
    void take_in(PassedConnection& passed, std::span<const std::byte> input);

    // flow.cpp: what is armed and when
    void begin_tick_of(Connection& c) const;
    void arm_later(std::vector<Handle>& waiting, Handle handle, Connection& c);
    void want_recv(Handle handle, Connection& c);
    void arm_recv(Handle handle, Connection& c);
    bool is_full(Handle handle, const Connection& c) const;
    void limit_recv(Handle handle, Connection& c);
    bool over_budget(const Connection& c) const;
    void go_on_with(std::vector<Handle>& waiting, std::size_t count_max);
    void go_on(Handle handle, Connection& c);
    void queue_flush(Handle handle, Connection& c);
    void flush();
    void settle(Handle handle, Connection& c);

    // snapshots.cpp. Those not inlined are what the way of every snapshot leads past.
    [[gnu::noinline]] bool takes_snapshot(Connection& c, std::size_t size);
    [[gnu::noinline]] void send_behind_messages(Handle handle,
                                                Connection& c,
                                                std::span<const std::byte> frame);
    void on_broadcast(Handle handle, Connection& c, std::int32_t result);

    // http_exchange.cpp
    void read_http(Handle handle, Connection& c, std::span<std::byte> bytes);
    void drop_input(Handle handle, Connection& c, std::size_t size);
    void advance_http(Handle handle, Connection& c);
    void answer(Handle handle, Connection& c, const http::RequestParser& parser);
    void upgrade(Handle handle, Connection& c, const http::Request& request, std::size_t head_size);
    void refuse_method(Handle handle, Connection& c);
    void refuse_unknown(Handle handle, Connection& c, http::Method method);
    bool admits(const http::Request& request) const;
    void refuse(Handle handle,
                Connection& c,
                http::Status status,
                std::string_view sentence,
                http::Method method = http::Method::other);

    // websocket_session.cpp
    void read_frames(Handle handle, Connection& c, std::span<std::byte> input);
    std::span<std::byte> decode(Handle handle, Connection& c, std::span<std::byte> input);
    bool must_wait(Handle handle, const Connection& c) const;
    std::span<std::byte> held_memory(Handle handle) const;
    void hold(Handle handle, Connection& c, std::span<const std::byte> input);
    void read_held(Handle handle, Connection& c);
    bool on_frame_event(Handle handle, Connection& c, const MessageDecoder::Event& event);
    void on_ping(Handle handle, Connection& c, std::span<const std::byte> payload);
    void send_waiting_pong(Handle handle, Connection& c);
    void on_close_frame(Handle handle, Connection& c, CloseCode code);
    static bool append_plain(Connection& c, Opcode opcode, std::span<const std::byte> payload);
    bool append_compressed(Connection& c, Opcode opcode, std::span<const std::byte> payload);
    bool append_frame(Handle handle,
                      Connection& c,
                      Opcode opcode,
                      std::span<const std::byte> payload);

    // closing.cpp
    void begin_leaving(Handle handle, Connection& c, CloseReason why);
    void begin_close(
        Handle handle, Connection& c, CloseCode code, std::string_view reason, CloseReason why);
    void on_drained(Handle handle, Connection& c);
    void begin_drain(Handle handle, Connection& c);
    void die(Handle handle, Connection& c, CloseReason why);
    void bury();
    static void close_socket(int socket);
    void sweep_one(Handle handle, Connection& c);
    void sweep_open(Handle handle, Connection& c);
    void use_memory(Connection& c) const {
        c.memory_used = true;
        c.memory_used_at = now_;
    }
    void release_if_quiet(Handle handle, Connection& c);
    void cancel_requests(Handle handle, const Connection& c);
    bool stalled(Connection& c) const;
    bool may_take_more(Connection& c) const;
    void forgive(Nanoseconds pause, std::uint64_t tick, std::uint64_t ticks);
    void keep_forgiven_credit();

    const NetOptions options_;
    const http::HandshakePolicy policy_;
    Ring& ring_;
    BufferRing& buffers_;
    ConnectionEvents& events_;

    SlotMap<Connection> table_;
    Pool<http::RequestParser> parsers_;
    Places own_places_;  // If they are not shared.
    Places& places_;
    SlotMemory inputs_;
    SlotMemory outputs_;
    std::unique_ptr<std::byte[]> leftover_;  // Bytes behind an opening handshake.
    std::unique_ptr<Compression> compression_;
    std::unique_ptr<TlsLinks> tls_;

    // Each holds a connection at most once, and once more while it is gone through; and who is on
    // one keeps its slot. So none outgrows what open() reserved.
    std::vector<Handle> starved_;    // No buffer was free: armed again at the end of the turn.
    std::vector<Handle> throttled_;  // Over its budget: armed again at the next tick.
    std::vector<Handle> unsent_;     // Has output and no send in flight.
    std::vector<Handle> dead_;       // Waits for its last completion.
    std::vector<Handle> passing_;    // Another thread goes on with it, once nothing is under way.

    std::uint32_t shard_ = ConnectionEvents::any_shard;
    std::span<const Route> routes_;

    int listener_ = -1;
    bool accept_armed_ = false;
    Nanoseconds accept_resumes_at_{};
    Nanoseconds rates_reviewed_at_{};
    Nanoseconds now_{};
    std::uint64_t tick_ = 0;
    std::uint64_t forgiven_until_ = 0;  // The tick that the last pause that was forgiven led to.
    std::uint32_t urgent_count_ = 0;
    std::uint32_t blocked_count_ = 0;
    std::uint32_t sends_in_flight_ = 0;
    std::uint32_t turned_away_count_ = 0;
    bool cancels_queued_ = false;
    bool is_moving_ = false;
    NetStats stats_;
};

}  // namespace ringtick
