// The floor: the bytes of the bench protocol by a bare send(2) loop, the cheapest that a program
// can do without io_uring. It has no timeouts, no limits and no counters but the protocol's own.
//
// In broadcast it sleeps until the tick, then gathers what came by epoll (waking for each arrival
// would cost it several times as much), then sends. A message of which the kernel took only a part
// is finished before its client gets another.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>

#include "peers/peer.hpp"
#include "peers/plain_client.hpp"

namespace ringtick::peers {
namespace {

int signal_descriptor() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

class Floor {
public:
    Floor(const Options& options, int listener)
        : options_(options),
          listener_(listener),
          signals_(signal_descriptor()),
          epoll_(epoll_create1(EPOLL_CLOEXEC)),
          schedule_(options.rate_hz),
          frame_(options.message_size) {
        watch(listener_, EPOLLIN, nullptr, EPOLL_CTL_ADD);
        watch(signals_, EPOLLIN, this, EPOLL_CTL_ADD);
    }

    void run() {
        while (!stopping_) {
            if (options_.echo) {
                gather(-1);
                continue;
            }
            wait_for_deadline();
            gather(0);
            if (schedule_.left().count() > 0) continue;  // A newcomer, or a signal.
            broadcast();
            schedule_.advance();
            if (ticks_awake_ > 0) ticks_awake_ -= 1;
        }
        print_totals(counts_);
    }

private:
    void watch(int descriptor, std::uint32_t events, void* owner, int operation) const {
        epoll_event event{.events = events, .data = {.ptr = owner}};
        epoll_ctl(epoll_, operation, descriptor, &event);
    }

    // What clients send does not wake it, but while there are newcomers, whose handshakes wait.
    void wait_for_deadline() {
        const auto left = schedule_.left();
        const timespec timeout{.tv_sec = left.count() / 1'000'000'000,
                               .tv_nsec = left.count() % 1'000'000'000};
        const int arrivals = ticks_awake_ > 0 ? epoll_ : listener_;
        std::array<pollfd, 2> awaited{{{.fd = arrivals, .events = POLLIN, .revents = 0},
                                       {.fd = signals_, .events = POLLIN, .revents = 0}}};
        ppoll(awaited.data(), awaited.size(), &timeout, nullptr);
    }

    void gather(int timeout_ms) {
        std::array<epoll_event, 512> events{};
        int count = 0;
        do {
            count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
            for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)]);
        } while (count == static_cast<int>(events.size()));
    }

    void on_event(const epoll_event& event) {
        if (event.data.ptr == nullptr) return accept_all();
        if (event.data.ptr == this) {
            stopping_ = true;
            return;
        }
        auto* const client = static_cast<PlainClient*>(event.data.ptr);
        bool stays = true;
        if ((event.events & EPOLLOUT) != 0) stays = flush(*client);
        if (stays && (event.events & ~std::uint32_t{EPOLLOUT}) != 0) stays = receive(*client);
        if (!stays) remove(client);
    }

    void accept_all() {
        while (true) {
            const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (socket < 0) return;
            auto& client = clients_.emplace_back(std::make_unique<PlainClient>());
            client->socket = socket;
            ticks_awake_ = newcomer_ticks;
            watch(socket, EPOLLIN, client.get(), EPOLL_CTL_ADD);
        }
    }

    bool receive(PlainClient& client) {
        const ssize_t size = recv(client.socket, buffer_.data(), buffer_.size(), 0);
        if (size < 0) return errno == EAGAIN;
        if (size == 0) return false;
        const auto received = std::span(buffer_).first(static_cast<std::size_t>(size));
        const bool stays = take(client, received, options_.echo, counts_);
        if (!client.out.empty() && !client.blocked) return flush(client) && stays;
        return stays;
    }

    bool flush(PlainClient& client) {
        const ssize_t sent =
            send(client.socket, client.out.data(), client.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent > 0) drop_front(client.out, static_cast<std::size_t>(sent));
        set_blocked(client, !client.out.empty());
        return true;
    }

    // Whoever does not take its echoes is not read from, so they cannot grow.
    void set_blocked(PlainClient& client, bool blocked) const {
        if (client.blocked == blocked) return;
        client.blocked = blocked;
        const bool reading = !options_.echo || !blocked;
        std::uint32_t events = 0;
        if (reading) events |= EPOLLIN;
        if (blocked) events |= EPOLLOUT;
        watch(client.socket, events, &client, EPOLL_CTL_MOD);
    }

    void remove(const PlainClient* client) {
        close(client->socket);
        std::erase_if(clients_, [client](const auto& other) { return other.get() == client; });
    }

    void broadcast() {
        const auto frame = frame_.of_tick(counts_.ticks += 1);
        for (const auto& client : clients_) {
            if (!client->open) continue;
            const ssize_t sent = client->blocked ? 0
                                                 : send(client->socket, frame.data(), frame.size(),
                                                        MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent == static_cast<ssize_t>(frame.size())) {
                counts_.sent += 1;
            } else {
                on_refusal(*client, frame, sent);
            }
        }
    }

    // Whoever is gone is seen so by the next gathering.
    void on_refusal(PlainClient& client, std::span<const std::byte> frame, ssize_t sent) {
        if (sent <= 0) {
            counts_.skipped += 1;
            return;
        }
        append(client.out, frame.subspan(static_cast<std::size_t>(sent)));
        set_blocked(client, true);
        counts_.sent += 1;
    }

    Options options_;
    int listener_;
    int signals_;
    int epoll_;
    Schedule schedule_;
    BroadcastFrame frame_;
    unsigned ticks_awake_ = 0;
    bool stopping_ = false;
    Counts counts_;
    std::vector<std::unique_ptr<PlainClient>> clients_;
    std::array<std::byte, 65'536> buffer_{};
};

}  // namespace
}  // namespace ringtick::peers

int main(int argc, char** argv) {
    const auto options = ringtick::peers::parse(argc, argv);
    if (!options) return 2;
    ringtick::peers::raise_descriptor_limit();
    const int listener = ringtick::peers::listen_on(options->port);
    if (listener < 0) return 1;
    std::make_unique<ringtick::peers::Floor>(*options, listener)->run();
    return 0;
}
