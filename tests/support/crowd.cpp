// crowd: many plain WebSocket clients in one thread, to stand around a server while something is
// counted or provoked. Each sends 16-byte messages at a rate and checks every broadcast it gets
// (length, tick strictly increasing). Not for figures of latency: it answers only 'did all of it
// arrive?'.
//
//   crowd PORT CLIENTS SECONDS INPUT_HZ BYTES [FROZEN [DEFLATING]]
//
// FROZEN clients never read. DEFLATING ones offer permessage-deflate, and send what they send as a
// stored block; of a compressed broadcast they check only that it is smaller: to inflate it would
// take the time that the server is measured in.
//
// Prints "ready" once everyone is connected and one JSON line at the end; exit 0 if nothing was
// wrong.
#include <sys/epoll.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "support/ws_client.hpp"

namespace ringtick::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
    std::uint16_t port = 0;
    std::size_t clients = 0;
    int seconds = 0;
    int input_hz = 0;
    std::size_t message_size = 0;
    std::size_t frozen = 0;
    std::size_t deflating = 0;
};

struct Totals {
    std::uint64_t messages = 0;
    std::uint64_t compressed = 0;  // Of the messages.
    std::uint64_t gaps = 0;        // Ticks not seen: for a client that reads, the server's choice.
    std::uint64_t errors = 0;
    std::uint64_t inputs = 0;
    std::uint64_t ended = 0;
};

// What a client that deflates sends: one stored block, then the empty one without its tail (RFC
// 7692, section 7.2.3.3).
std::string stored_frame(const std::string& payload) {
    const auto size = static_cast<char>(payload.size());
    const std::string block{'\0', size, '\0', static_cast<char>(~size), '\xFF'};
    std::string frame = client_frame(Opcode::binary, block + payload + '\0');
    frame[0] = static_cast<char>(frame[0] | 0x40);
    return frame;
}

class Crowd {
public:
    explicit Crowd(const Plan& plan) : plan_(plan), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
    ~Crowd() { ::close(epoll_); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    bool gather() {
        for (std::size_t i = 0; i < plan_.clients; ++i) {
            auto client = std::make_unique<WsClient>(plan_.port);
            const char* const offer = i < plan_.deflating ? "permessage-deflate" : "";
            if (!client->connected() || !client->send(upgrade_request("/", offer))) return false;
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, client->socket(), &event);
            members_.push_back({.client = std::move(client)});
            read_what_came(0);
        }
        const auto patience = Clock::now() + std::chrono::seconds(20);
        while (open_ < plan_.clients && Clock::now() < patience) read_what_came(10);
        return open_ == plan_.clients;
    }

    void freeze() {
        for (std::size_t i = 0; i < plan_.frozen; ++i) {
            epoll_ctl(epoll_, EPOLL_CTL_DEL, members_[i].client->socket(), nullptr);
        }
    }

    // Everyone's inputs are spread evenly over the second.
    void play() {
        const std::string plain = client_frame(Opcode::binary, std::string(16, 'i'));
        const std::string stored = stored_frame(std::string(16, 'i'));
        const auto start = Clock::now();
        const auto end = start + std::chrono::seconds(plan_.seconds);
        const double rate = static_cast<double>(plan_.clients) * plan_.input_hz;
        for (auto now = start; now < end; now = Clock::now()) {
            const double elapsed = std::chrono::duration<double>(now - start).count();
            const auto due = static_cast<std::uint64_t>(elapsed * rate);
            while (totals_.inputs < due) send_next(plain, stored);
            read_what_came(1);
        }
    }

    const Totals& totals() const { return totals_; }

private:
    struct Member {
        std::unique_ptr<WsClient> client;
        bool open = false;
        std::uint64_t tick = 0;
    };

    void send_next(const std::string& plain, const std::string& stored) {
        const std::size_t who = totals_.inputs % plan_.clients;
        totals_.inputs += 1;
        if (who < plan_.frozen || members_[who].client->ended()) return;
        members_[who].client->send(who < plan_.deflating ? stored : plain);
    }

    void read_what_came(int timeout_ms) {
        epoll_event events[256];
        const int count = epoll_wait(epoll_, events, 256, timeout_ms);
        for (int i = 0; i < count; ++i) read(members_[events[i].data.u64]);
    }

    void read(Member& member) {
        if (!member.client->read()) {
            epoll_ctl(epoll_, EPOLL_CTL_DEL, member.client->socket(), nullptr);
            totals_.ended += 1;
        }
        if (!member.open) {
            const std::string head = member.client->take_head();
            if (head.empty()) return;
            member.open = head.starts_with("HTTP/1.1 101 ");
            open_ += member.open ? 1 : 0;
        }
        for (const auto& frame : member.client->take_frames()) check(member, frame);
    }

    void check(Member& member, const ServerFrame& frame) {
        if (frame.opcode != Opcode::binary) return;
        if (frame.compressed) {
            if (frame.payload.size() >= plan_.message_size) totals_.errors += 1;
            totals_.messages += 1;
            totals_.compressed += 1;
            return;
        }
        std::uint64_t tick = 0;
        if (frame.payload.size() != plan_.message_size) {
            totals_.errors += 1;
            return;
        }
        std::memcpy(&tick, frame.payload.data(), sizeof tick);
        if (tick <= member.tick) totals_.errors += 1;
        if (member.tick != 0) totals_.gaps += tick - member.tick - 1;
        member.tick = tick;
        totals_.messages += 1;
    }

    Plan plan_;
    int epoll_;
    std::vector<Member> members_;
    std::size_t open_ = 0;
    Totals totals_;
};

int run(const Plan& plan) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    Crowd crowd(plan);
    if (!crowd.gather()) {
        std::fprintf(stderr, "crowd: not everyone could connect\n");
        return 1;
    }
    crowd.freeze();
    std::puts("ready");
    std::fflush(stdout);
    crowd.play();
    const Totals& totals = crowd.totals();
    std::printf(
        "{\"messages\":%llu,\"compressed\":%llu,\"gaps\":%llu,\"errors\":%llu,"
        "\"inputs\":%llu,\"ended\":%llu}\n",
        static_cast<unsigned long long>(totals.messages),
        static_cast<unsigned long long>(totals.compressed),
        static_cast<unsigned long long>(totals.gaps),
        static_cast<unsigned long long>(totals.errors),
        static_cast<unsigned long long>(totals.inputs),
        static_cast<unsigned long long>(totals.ended));
    return totals.errors == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ringtick::test

int main(int argc, char** argv) {
    if (argc < 6) {
        std::fprintf(stderr,
                     "usage: crowd PORT CLIENTS SECONDS INPUT_HZ BYTES [FROZEN [DEFLATING]]\n");
        return 2;
    }
    const auto number = [argv](int i) { return std::strtoul(argv[i], nullptr, 10); };
    return ringtick::test::run({.port = static_cast<std::uint16_t>(number(1)),
                                .clients = number(2),
                                .seconds = static_cast<int>(number(3)),
                                .input_hz = static_cast<int>(number(4)),
                                .message_size = number(5),
                                .frozen = argc > 6 ? number(6) : 0,
                                .deflating = argc > 7 ? number(7) : 0});
}
