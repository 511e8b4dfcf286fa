// The floor with io_uring: the bytes of the bench protocol by the cheapest loop over liburing that
// we know of. It has no timeouts, no limits and no counters but the protocol's own.
//
// * SINGLE_ISSUER and DEFER_TASKRUN; one multishot accept, a multishot receive for each client;
// * in broadcast it waits for the tick alone: more completions than can come are asked for, so what
//   a client sent since the last tick is one completion;
// * sends in chunks of 128 (the submission queue's size), MSG_DONTWAIT | MSG_WAITALL with
//   CQE_SKIP_SUCCESS: the submitting call decides them, and only a refusal posts a completion.
#include "uring/native.hpp"

#include <poll.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>

#include "peers/peer.hpp"
#include "peers/plain_client.hpp"

namespace ringtick::peers {
namespace {

constexpr unsigned chunk = 128;
constexpr unsigned completions_max = 32'768;
constexpr unsigned buffers_count = 16'384;
constexpr std::size_t buffer_size = 1'024;
constexpr std::size_t out_size_max = 64 << 20;

enum class Operation : std::uint8_t { accept, receive, broadcast, send, writable };

volatile std::sig_atomic_t stopping = 0;

class FloorUring {
public:
    FloorUring(const Options& options, int listener)
        : options_(options),
          listener_(listener),
          schedule_(options.rate_hz),
          frame_(options.message_size),
          memory_(buffers_count * buffer_size) {}

    bool open() {
        io_uring_params params{};
        params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                       IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
        params.cq_entries = completions_max;
        int result = io_uring_queue_init_params(chunk, &ring_, &params);
        if (result == 0) {
            io_uring_register_ring_fd(&ring_);
            buffers_ = io_uring_setup_buf_ring(&ring_, buffers_count, 0, 0, &result);
        }
        if (result != 0) {
            std::fprintf(stderr, "no io_uring: errno %d\n", -result);
            return false;
        }
        for (unsigned i = 0; i < buffers_count; ++i) give_back(i);
        arm_accept();
        return true;
    }

    void run() {
        while (stopping == 0) {
            wait();
            if (options_.echo || schedule_.left().count() > 0) continue;
            broadcast();
            schedule_.advance();
            if (ticks_awake_ > 0) ticks_awake_ -= 1;
        }
        counts_.enters = enters_;
        print_totals(counts_);
    }

private:
    io_uring_sqe* entry() {
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        if (sqe != nullptr) return sqe;
        io_uring_submit(&ring_);
        enters_ += 1;
        return io_uring_get_sqe(&ring_);
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
        io_uring_buf_ring_add(buffers_, memory_.data() + buffer * buffer_size, buffer_size,
                              static_cast<unsigned short>(buffer),
                              io_uring_buf_ring_mask(buffers_count), 0);
        io_uring_buf_ring_advance(buffers_, 1);
    }

    void wait() {
        // A signal between the loop's look at `stopping` and this call is seen at the timeout.
        const auto left = options_.echo ? std::chrono::milliseconds(100) : schedule_.left();
        __kernel_timespec timeout{.tv_sec = left.count() / 1'000'000'000,
                                  .tv_nsec = left.count() % 1'000'000'000};
        io_uring_cqe* first = nullptr;
        io_uring_submit_and_wait_timeout(&ring_, &first,
                                         options_.echo || ticks_awake_ > 0 ? 1 : completions_max,
                                         &timeout, nullptr);
        enters_ += 1;
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
            ticks_awake_ = newcomer_ticks;
            arm_receive(*client);
        }
        if ((cqe.flags & IORING_CQE_F_MORE) == 0) arm_accept();
    }

    void on_receive(PlainClient& client, const io_uring_cqe& cqe) {
        bool stays = cqe.res > 0 || cqe.res == -ENOBUFS;
        if (cqe.res > 0) {
            const unsigned buffer = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
            const auto received =
                std::span(memory_).subspan(buffer * buffer_size, static_cast<std::size_t>(cqe.res));
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
        for (const auto& client : clients_) {
            if (!client->open || client->leaving) continue;
            counts_.skipped += client->blocked ? 1U : 0U;
            // An answer, to its handshake, say, has yet to go.
            if (client->blocked || !client->out.empty()) continue;
            arm_send(Operation::broadcast, *client, sent_frame_);
            counts_.sent += 1;
        }
    }

    Options options_;
    int listener_;
    Schedule schedule_;
    BroadcastFrame frame_;
    std::span<const std::byte> sent_frame_;
    Bytes memory_;
    io_uring ring_{};
    io_uring_buf_ring* buffers_ = nullptr;
    unsigned ticks_awake_ = 0;  // While newcomers come, it does not sleep until the tick.
    Counts counts_;
    std::uint64_t enters_ = 0;
    std::vector<std::unique_ptr<PlainClient>> clients_;
    std::vector<PlainClient*> scheduled_;  // With something to send, or in flight.
    std::vector<const PlainClient*> gone_;
};

void stop(int) {
    stopping = 1;
}

// Without SA_RESTART, so that a wait ends.
void stop_on(int signal) {
    struct sigaction action {};
    action.sa_handler = stop;
    sigaction(signal, &action, nullptr);
}

}  // namespace
}  // namespace ringtick::peers

int main(int argc, char** argv) {
    const auto options = ringtick::peers::parse(argc, argv);
    if (!options) return 2;
    ringtick::peers::raise_descriptor_limit();
    ringtick::peers::stop_on(SIGTERM);
    ringtick::peers::stop_on(SIGINT);
    const int listener = ringtick::peers::listen_on(options->port);
    if (listener < 0) return 1;
    ringtick::peers::FloorUring server(*options, listener);
    if (!server.open()) return 1;
    server.run();
    return 0;
}
