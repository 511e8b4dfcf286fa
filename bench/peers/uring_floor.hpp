#pragma once

#include "uring/native.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <vector>

#include "peers/pages.hpp"
#include "peers/peer.hpp"
#include "peers/plain_client.hpp"
#include "peers/uring_config.hpp"

// The bench protocol by the cheapest loop over liburing that we know of. It has no timeouts, no
// limits and no counters but the protocol's own and a few of its traffic with the kernel.
//
// * SINGLE_ISSUER and DEFER_TASKRUN; one multishot accept, a multishot receive for each client;
// * in broadcast it waits for the tick alone: more completions than can come are asked for, so what
//   a client sent since the last tick is one completion;
// * sends in chunks of 128, MSG_DONTWAIT | MSG_WAITALL with CQE_SKIP_SUCCESS: the submitting call
//   decides them, and only a refusal posts a completion.
namespace ringtick::peers {

constexpr unsigned buffers_count = 16'384;
constexpr std::size_t buffer_size = 1'024;
constexpr std::size_t out_size_max = 64 << 20;

enum class Operation : std::uint8_t { accept, receive, broadcast, send, writable };

inline volatile std::sig_atomic_t stopping = 0;

class UringFloor {
public:
    UringFloor(const Options& options, const UringConfig& config)
        : options_(options),
          config_(config),
          schedule_(options.rate_hz),
          frame_(options.message_size),
          memory_(receive_memory + options.message_size + server_header_size_max) {}

    // The listener last: whoever finds it finds the kernel's thread, too.
    bool open() {
        const int result = open_ring();
        if (result != 0) {
            std::fprintf(stderr, "no io_uring: errno %d\n", -result);
            return false;
        }
        if (config_.huge_pages && !memory_.make_huge()) {
            std::fputs("no huge pages\n", stderr);
            return false;
        }
        for (unsigned i = 0; i < buffers_count; ++i) give_back(i);
        listener_ = listen_on(options_.port);
        if (listener_ < 0) return false;
        arm_accept();
        return true;
    }

    void run() {
        while (stopping == 0) {
            wait();
            if (options_.echo || schedule_.left().count() > 0) continue;
            broadcast();
            schedule_.advance();
            if (ticks_awake_ == 0) continue;
            ticks_awake_ -= 1;
            if (ticks_awake_ == 0) play_begin_ = play_now();
        }
        counts_.enters = enters_;
    }

    const Counts& counts() const { return counts_; }
    Play play() const { return (play_end_ ? *play_end_ : play_now()) - play_begin_; }

private:
    static constexpr std::size_t receive_memory = std::size_t{buffers_count} * buffer_size;

    int open_ring() {
        io_uring_params params{};
        params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
        params.cq_entries = completions_max;
        unsigned entries = std::bit_ceil(config_.chunk);
        if (config_.submission_thread) {
            params.flags |= IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF;
            params.sq_thread_cpu = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1 : 0;
            params.sq_thread_idle = 1;  // Sleeps after the next jiffy without work: the least.
            entries = 4'096;            // So that we need not wait for it within a broadcast.
        } else {
            params.flags |= IORING_SETUP_DEFER_TASKRUN;
        }
        int result = io_uring_queue_init_params(entries, &ring_, &params);
        if (result == 0 && config_.sleep_aside) result = io_uring_queue_init(1, &aside_, 0);
        if (result != 0) return result;
        io_uring_register_ring_fd(&ring_);
        // A socket's place in the table is its number.
        if (config_.fixed_files) result = io_uring_register_files_sparse(&ring_, files_max());
        if (result != 0) return result;
        buffers_ = io_uring_setup_buf_ring(&ring_, buffers_count, 0, 0, &result);
        return result;
    }

    static unsigned files_max() {
        rlimit files{};
        getrlimit(RLIMIT_NOFILE, &files);
        return static_cast<unsigned>(std::min<rlim_t>(files.rlim_cur, 32'768));
    }

    io_uring_sqe* entry() {
        if (queued_ == config_.chunk) {
            io_uring_submit(&ring_);
            enters_ += 1;
            queued_ = 0;
        }
        queued_ += 1;
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        while (sqe == nullptr) {  // The kernel's thread is behind.
            io_uring_sqring_wait(&ring_);
            sqe = io_uring_get_sqe(&ring_);
        }
        return sqe;
    }

    // The table has a share in its sockets: while one is in there, close(2) ends nothing.
    void keep_in_table(int place, int socket) {
        if (!config_.fixed_files) return;
        const int updated =
            io_uring_register_files_update(&ring_, static_cast<unsigned>(place), &socket, 1);
        if (updated == 1) return;
        std::fprintf(stderr, "no place for a socket in the table: errno %d\n", -updated);
        std::abort();
    }

    // Says whose it is. The low bits of a client's address are free.
    static void name(io_uring_sqe* sqe, Operation operation, const PlainClient* client) {
        io_uring_sqe_set_data64(
            sqe, reinterpret_cast<std::uint64_t>(client) | static_cast<std::uint64_t>(operation));
    }

    void arm_accept() {
        io_uring_sqe* const sqe = entry();
        io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
        name(sqe, Operation::accept, nullptr);
    }

    void arm_receive(const PlainClient& client) {
        io_uring_sqe* const sqe = entry();
        io_uring_prep_recv_multishot(sqe, client.socket, nullptr, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = 0;
        name(sqe, Operation::receive, &client);
    }

    void arm_send(Operation operation,
                  const PlainClient& client,
                  std::span<const std::byte> bytes) {
        io_uring_sqe* const sqe = entry();
        io_uring_prep_send(sqe, client.socket, bytes.data(), bytes.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
        if (config_.fixed_files) sqe->flags |= IOSQE_FIXED_FILE;
        name(sqe, operation, &client);
    }

    // Until the socket takes more; its completion ends `blocked`.
    void block(PlainClient& client) {
        client.blocked = true;
        io_uring_sqe* const sqe = entry();
        io_uring_prep_poll_add(sqe, client.socket, POLLOUT);
        name(sqe, Operation::writable, &client);
    }

    void give_back(unsigned buffer) {
        io_uring_buf_ring_add(buffers_, memory_.bytes().data() + buffer * buffer_size, buffer_size,
                              static_cast<unsigned short>(buffer),
                              io_uring_buf_ring_mask(buffers_count), 0);
        io_uring_buf_ring_advance(buffers_, 1);
    }

    // On a ring where nothing happens. What comes meanwhile for the other stays deferred.
    void sleep_aside() {
        io_uring_submit(&ring_);
        const auto left = schedule_.left();
        __kernel_timespec timeout{.tv_sec = left.count() / 1'000'000'000,
                                  .tv_nsec = left.count() % 1'000'000'000};
        io_uring_cqe* none = nullptr;
        io_uring_submit_and_wait_timeout(&aside_, &none, 1, &timeout, nullptr);
        enters_ += 2;
        queued_ = 0;
    }

    void wait() {
        if (config_.drain_first) {
            io_uring_submit_and_get_events(&ring_);
            enters_ += 1;
            const std::uint64_t before = activity_.completions;
            reap();
            activity_.drained += activity_.completions - before;
        }
        if (config_.sleep_aside && ticks_awake_ == 0) sleep_aside();
        // A signal between the loop's look at `stopping` and this call is seen at the timeout.
        const auto left = options_.echo ? std::chrono::milliseconds(100) : schedule_.left();
        __kernel_timespec timeout{.tv_sec = left.count() / 1'000'000'000,
                                  .tv_nsec = left.count() % 1'000'000'000};
        const unsigned wanted = options_.echo || ticks_awake_ > 0 ? 1 : config_.wait_count;
        io_uring_cqe* first = nullptr;
        if (config_.min_wait_us > 0) {
            io_uring_submit_and_wait_min_timeout(&ring_, &first, wanted, &timeout,
                                                 config_.min_wait_us, nullptr);
        } else {
            io_uring_submit_and_wait_timeout(&ring_, &first, wanted, &timeout, nullptr);
        }
        enters_ += 1;
        queued_ = 0;
        activity_.waits += 1;
        // Only the kernel's thread can be behind. What it was given is decided after that.
        while (io_uring_sq_ready(&ring_) > 0) io_uring_submit(&ring_);
        reap();
        send_scheduled();
        bury();
    }

    void reap() {
        while (true) {
            unsigned head = 0;
            unsigned count = 0;
            io_uring_cqe* cqe = nullptr;
            io_uring_for_each_cqe(&ring_, head, cqe) {
                on_completion(*cqe);
                count += 1;
            }
            if (count == 0) break;
            activity_.completions += count;
            io_uring_cq_advance(&ring_, count);
            io_uring_get_events(&ring_);
            enters_ += 1;
        }
    }

    void on_completion(const io_uring_cqe& cqe) {
        constexpr std::uint64_t operation_bits = 7;
        const auto operation = static_cast<Operation>(cqe.user_data & operation_bits);
        auto* const client = std::bit_cast<PlainClient*>(cqe.user_data & ~operation_bits);
        switch (operation) {
            case Operation::accept:
                return on_accept(cqe);
            case Operation::receive:
                return on_receive(*client, cqe);
            case Operation::broadcast:
                return on_broadcast_refused(*client, cqe.res);
            case Operation::send:
                return on_send_refused(*client, cqe.res);
            case Operation::writable:
                return on_writable(*client);
        }
    }

    void on_accept(const io_uring_cqe& cqe) {
        if (cqe.res >= 0) {
            auto& client = clients_.emplace_back(std::make_unique<PlainClient>());
            client->socket = cqe.res;
            keep_in_table(client->socket, client->socket);
            ticks_awake_ = newcomer_ticks;
            arm_receive(*client);
        }
        if ((cqe.flags & IORING_CQE_F_MORE) == 0) arm_accept();
    }

    void on_receive(PlainClient& client, const io_uring_cqe& cqe) {
        bool stays = cqe.res > 0 || cqe.res == -ENOBUFS;
        if (cqe.res > 0) {
            activity_.receives += 1;
            const unsigned buffer = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
            const auto received =
                memory_.bytes().subspan(buffer * buffer_size, static_cast<std::size_t>(cqe.res));
            stays = !client.leaving && take(client, received, options_.echo, counts_) &&
                    client.out.size() < out_size_max;
            give_back(buffer);
            if (!client.out.empty()) schedule_send(client);
        }
        if (!stays && !client.leaving) leave(client);
        if ((cqe.flags & IORING_CQE_F_MORE) != 0) return;
        client.receiving = false;
        if (!client.leaving) {
            client.receiving = true;
            arm_receive(client);
        }
        remove_if_done(client);
    }

    void leave(PlainClient& client) {
        if (play_begin_.ticks > 0 && !play_end_) play_end_ = play_now();
        client.leaving = true;
        schedule_send(client);
    }

    // The last words of a client that goes, a close frame's answer, wait for nobody. The end of the
    // connection ends its receive and its poll.
    static void part(PlainClient& client) {
        send(client.socket, client.out.data(), client.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        shutdown(client.socket, SHUT_RDWR);
    }

    void remove_if_done(PlainClient& client) {
        if (client.leaving && !client.receiving && !client.blocked) gone_.push_back(&client);
    }

    // When no completion in the queue names them any more.
    void bury() {
        for (const PlainClient* const client : gone_) {
            keep_in_table(client->socket, -1);
            close(client->socket);
            std::erase(scheduled_, client);
            std::erase_if(clients_, [client](const auto& other) { return other.get() == client; });
        }
        gone_.clear();
    }

    void on_writable(PlainClient& client) {
        client.blocked = false;
        if (!client.leaving) schedule_send(client);
        remove_if_done(client);
    }

    // What was given to the kernel is decided by now: a refusal would have been reaped.
    void send_scheduled() {
        std::vector<PlainClient*> sending;
        sending.swap(scheduled_);
        for (PlainClient* const client : sending) {
            client->scheduled = false;
            drop_front(client->out, client->in_flight);
            client->in_flight = 0;
            if (client->leaving) part(*client);
            if (client->leaving || client->blocked || client->out.empty()) continue;
            client->in_flight = client->out.size();
            arm_send(Operation::send, *client, client->out);
            schedule_send(*client);  // To drop it.
        }
    }

    void schedule_send(PlainClient& client) {
        if (client.scheduled) return;
        client.scheduled = true;
        scheduled_.push_back(&client);
    }

    // `result`: how many bytes went, or why none did.
    void on_send_refused(PlainClient& client, int result) {
        drop_front(client.out, result > 0 ? static_cast<std::size_t>(result) : 0);
        client.in_flight = 0;
        if (!client.leaving && (result >= 0 || result == -EAGAIN)) block(client);
    }

    void on_broadcast_refused(PlainClient& client, int result) {
        counts_.sent -= result > 0 ? 0 : 1;
        counts_.skipped += result > 0 ? 0 : 1;
        if (client.leaving || (result <= 0 && result != -EAGAIN)) return;
        if (result > 0) append(client.out, sent_frame_.subspan(static_cast<std::size_t>(result)));
        block(client);
    }

    void broadcast() {
        sent_frame_ = frame_.of_tick(counts_.ticks += 1);
        if (config_.huge_pages) {
            const auto place = memory_.bytes().subspan(receive_memory, sent_frame_.size());
            std::ranges::copy(sent_frame_, place.begin());
            sent_frame_ = place;
        }
        for (const auto& client : clients_) {
            if (!client->open || client->leaving) continue;
            counts_.skipped += client->blocked ? 1U : 0U;
            // An answer, to its handshake, say, has yet to go.
            if (client->blocked || !client->out.empty()) continue;
            arm_send(Operation::broadcast, *client, sent_frame_);
            counts_.sent += 1;
        }
    }

    Play play_now() const {
        Play now = activity_;
        now.ticks = counts_.ticks;
        now.sent = counts_.sent;
        rusage usage{};
        getrusage(RUSAGE_THREAD, &usage);
        now.switches = static_cast<std::uint64_t>(usage.ru_nvcsw);
        return now;
    }

    Options options_;
    UringConfig config_;
    int listener_ = -1;
    Schedule schedule_;
    BroadcastFrame frame_;
    std::span<const std::byte> sent_frame_;
    Pages memory_;
    io_uring ring_{};
    io_uring aside_{};  // If sleep_aside.
    io_uring_buf_ring* buffers_ = nullptr;
    unsigned queued_ = 0;       // Not handed over yet.
    unsigned ticks_awake_ = 0;  // While newcomers come, it does not sleep until the tick.
    Counts counts_;
    Play activity_;
    Play play_begin_;
    std::optional<Play> play_end_;
    std::uint64_t enters_ = 0;
    std::vector<std::unique_ptr<PlainClient>> clients_;
    std::vector<PlainClient*> scheduled_;  // With something to send, or in flight.
    std::vector<const PlainClient*> gone_;
};

// Ends run(), also where it waits: without SA_RESTART.
inline void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stopping = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
}

}  // namespace ringtick::peers
