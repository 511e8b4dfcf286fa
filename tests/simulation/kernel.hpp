#pragma once

#include "base/handle.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"
#include "uring/token.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ringtick {

// How often what goes wrong, in a thousand. All of it a kernel may do.
struct Faults {
    std::uint32_t short_receive = 0;  // A buffer that is not filled.
    std::uint32_t short_send = 0;     // A completion of less than what was asked.
    std::uint32_t failed_accept = 0;  // EMFILE, ENOMEM, ECONNABORTED; the multishot ends.
    std::uint32_t ended_receive = 0;  // A multishot that ends for no reason of its own.
    std::uint32_t late_end = 0;       // A last completion that keeps the server waiting.
    std::uint32_t slow_work = 0;      // A look at the clock that finds it much later.
    std::uint32_t late_sleep = 0;     // A sleep that lasts longer than asked for.
    std::uint32_t pause = 0;          // One of seconds: the machine stood still.
    std::uint32_t failed_disk = 0;    // A write, a sync or another request of a file that fails.
};

// What both ends of a connection see of it. The server's end is moved by SimulatedKernel, the
// other by whoever plays its client.
struct SimulatedSocket {
    // To the server: what is under way, and what has come.
    struct Parcel {
        Nanoseconds at{};
        std::vector<std::byte> bytes;
    };
    std::deque<Parcel> under_way;
    std::vector<std::byte> arrived;
    Nanoseconds fin_at = Nanoseconds::max();  // The client's end of stream.
    bool reset_by_client = false;

    // To the client: what it has not read, and how much may wait.
    std::vector<std::byte> unread;
    std::size_t room_max = 65'536;
    std::uint64_t read = 0;  // Bytes that it has read: the server's kernel knows.
    bool fin_from_server = false;
    bool reset_by_server = false;

    std::uint32_t address = 0;  // Of the client, an IPv4 one.

    // The server's requests, and whether it may still make any.
    struct Receive {
        Token token{};
        bool armed = false;
        bool once = false;
        std::uint32_t budget = 0;  // 0: none.
        std::uint32_t brought = 0;
    };
    Receive receive;
    Token send{};
    std::span<const std::byte> sending;
    std::size_t sent = 0;  // Of it.
    bool writable_armed = false;
    Token writable{};
    bool closed = false;        // Its descriptor.
    bool writes_ended = false;  // shutdown(2)
    // Something was in the way of what the server had for it: no room, or a part that went alone,
    // or a send of which it was not told in time, or had no time to be told. Whoever was never
    // disturbed is shown every tick.
    bool disturbed = false;

    std::size_t room() const { return room_max - std::min(room_max, unread.size()); }
    bool is_referenced() const { return receive.armed || !sending.empty() || writable_armed; }
};

class World {
public:
    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    virtual ~World() = default;

    // Time may pass until then.
    virtual void go_on(Nanoseconds until) = 0;
};

// The kernel that a server runs on in a simulation, linked in place of uring's own implementation
// of Ring and BufferRing: many sockets, a clock that moves only here, and whatever its seed makes
// go wrong. While the server sleeps, the world goes on.
//
// It holds the server to what a kernel cannot be asked: one receive, one send and one wait a socket
// at a time; no request of a descriptor that is closed; memory of a send untouched until its end;
// no buffer kept over a sleep.
class SimulatedKernel {
public:
    // No descriptors of this process, so that whoever forgets the simulation gets EBADF. The lowest
    // that is free is given next, as a kernel does.
    static constexpr int first_descriptor = 1'000'000;

    SimulatedKernel(std::uint64_t seed, const Faults& faults, const RingFeatures& features);
    ~SimulatedKernel();
    SimulatedKernel(const SimulatedKernel&) = delete;
    SimulatedKernel& operator=(const SimulatedKernel&) = delete;

    // That of this process; null: there is none.
    static SimulatedKernel* here();

    // What goes on outside while the server sleeps.
    void surround_by(World& world) { world_ = &world; }
    void set_now(Nanoseconds now) { now_ = std::max(now_, now); }
    Nanoseconds now() const { return now_; }

    // A client connects. Null: the backlog is full. The socket stays for as long as this does.
    SimulatedSocket* connect(std::uint32_t address);
    // From now on the machine does not stand still.
    void stay_awake() { faults_.pause = 0; }
    // A signal for the server.
    void interrupt() { interrupted_ = true; }

    // What is armed, lent or open; empty: nothing.
    std::string left_behind() const;
    std::uint64_t faults_made() const { return faults_made_; }
    std::uint64_t overflows() const { return stats_.cq_overflow; }
    // The server cannot run, whatever it waits for.
    bool is_paused() const { return is_paused_; }
    // How often the server went to sleep: what it did in between, it did in one turn.
    std::uint64_t sleeps() const { return sleeps_; }
    // What the simulation took from the heap, within the server's own thread.
    std::uint64_t allocations() const { return allocations_; }

    // For the functions of the C library that this stands before.
    Nanoseconds look_at_clock();
    SimulatedSocket* socket_of(int descriptor);
    void close(int descriptor);
    void shut_down(SimulatedSocket& socket, bool both_ways);
    std::int32_t send_now(SimulatedSocket& socket, std::span<const std::byte> bytes);

private:
    friend class Ring;
    friend class BufferRing;
    friend class Outside;
    using Socket = SimulatedSocket;

    struct Late {
        Nanoseconds at{};
        Completion completion{};
    };

    bool strikes(std::uint32_t per_mille);
    void tell(const Completion& completion);
    void post(Token token, std::int32_t result, bool more = false);
    bool post_last(Token token, std::int32_t result);
    void find_room_for_overflow();
    void note_unread_sends();
    bool disk_fails(Op op, Handle owner);
    void run();  // What task work does: everything that can go on, goes on.
    void accept();
    void arrive(Socket& socket);
    void fill_buffer(Socket& socket);
    void receive(Socket& socket);
    void end_receive(Socket& socket, std::int32_t result);
    void go_on_sending(Socket& socket);
    void end_send(Socket& socket, std::int32_t result);
    void end_wait(Socket& socket);
    void show(Socket& socket, std::span<const std::byte> bytes, Token token);
    void cancel(Token target);
    void release_if_done(Socket& socket);
    void sleep(Nanoseconds deadline);
    Socket& open_socket(int descriptor);
    std::vector<Socket*> all_sockets() const;

    Rng rng_;
    Faults faults_;
    World* world_ = nullptr;
    Nanoseconds now_ = std::chrono::seconds(1'000);
    std::uint64_t faults_made_ = 0;

    std::deque<Socket> made_;         // All that there ever were; the others point to them.
    std::map<int, Socket*> sockets_;  // By descriptor.
    std::vector<Socket*> closing_;    // Closed, and still referenced.
    std::deque<Socket*> backlog_;
    Token accept_{};
    bool accept_armed_ = false;
    Token signal_{};
    bool signal_armed_ = false;
    bool interrupted_ = false;

    std::vector<Completion> posted_;
    std::deque<Completion> overflow_;  // Waits for room among them.
    std::vector<Late> late_;
    std::vector<Completion> told_at_submit_;
    std::vector<Completion> reaped_;

    std::vector<std::uint16_t> free_buffers_;
    std::vector<std::uint16_t> returned_buffers_;  // Given back, not yet published.
    std::size_t buffers_count_ = 0;
    std::byte* storage_ = nullptr;
    std::uint32_t buffer_size_ = 0;

    RingFeatures features_;
    RingStats stats_;
    bool is_paused_ = false;
    std::uint64_t sleeps_ = 0;
    std::uint64_t allocations_ = 0;
};

// Behind each door from the server into the simulation: what is taken from the heap there is not
// the server's. Doors within doors count once.
class Outside {
public:
    explicit Outside(SimulatedKernel& kernel);
    ~Outside();
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

private:
    SimulatedKernel& kernel_;
    std::uint64_t before_;
};

}  // namespace ringtick
