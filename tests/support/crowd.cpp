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
// wrong. With SECONDS 0 it plays in laps: each line on stdin names the least number of ticks after
// which to end one, with a JSON line, and the end of stdin ends the program.
//
// A lap ends when everyone has come as far as the first had when it was to end, so that what is
// still on its way counts as missed by nobody. A tick that at least one client saw was shown; a
// client *missed* those shown ticks that it did not see. Ticks that nobody saw are *unshown*: the
// server broadcast nothing then. A client's *gaps* are both together.
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
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

// Of one lap: its ticks, and how few and how many of them one client did without.
struct Lap {
    std::uint64_t ticks = 0;
    std::uint64_t unshown = 0;
    std::uint64_t missed_min = UINT64_MAX;
    std::uint64_t missed_max = 0;
    std::uint64_t gap_longest = 0;
};

class Crowd {
public:
    explicit Crowd(const Plan& plan) : plan_(plan), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
    ~Crowd() { ::close(epoll_); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // True once everyone is in and has seen something.
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
        while (shown_to_ < plan_.clients && Clock::now() < patience) read_what_came(10);
        return shown_to_ == plan_.clients;
    }

    void freeze() {
        for (std::size_t i = 0; i < plan_.frozen; ++i) {
            epoll_ctl(epoll_, EPOLL_CTL_DEL, members_[i].client->socket(), nullptr);
        }
    }

    // For so long as was asked for, or lap by lap.
    void play() {
        started_ = Clock::now();
        if (plan_.seconds > 0) {
            const auto end = started_ + std::chrono::seconds(plan_.seconds);
            while (Clock::now() < end) play_on();
            return print(end_lap());
        }
        epoll_event event{.events = EPOLLIN, .data = {.u64 = laps}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
        while (!left_) {
            play_on();
            if (latest_ < lap_due_) continue;
            print(end_lap());
            lap_due_ = never;
        }
    }

    Lap end_lap() {
        const std::uint64_t begin = lap_end_;
        catch_up();
        std::set<std::uint64_t> shown;
        for (const Member& member : readers()) {
            const auto end = std::ranges::upper_bound(member.seen, lap_end_);
            shown.insert(member.seen.begin(), end);
        }
        Lap lap{.ticks = lap_end_ - begin, .unshown = lap_end_ - begin - shown.size()};
        for (Member& member : readers()) {
            const auto end = std::ranges::upper_bound(member.seen, lap_end_);
            const std::uint64_t missed =
                shown.size() - static_cast<std::uint64_t>(end - member.seen.begin());
            lap.missed_min = std::min(lap.missed_min, missed);
            lap.missed_max = std::max(lap.missed_max, missed);
            lap.gap_longest = std::max(lap.gap_longest, member.gap_longest);
            member.seen.erase(member.seen.begin(), end);
            member.gap_longest = 0;
        }
        if (readers().empty()) lap.missed_min = 0;
        return lap;
    }

    const Totals& totals() const { return totals_; }

private:
    static constexpr std::uint64_t laps = UINT64_MAX;  // Names stdin, among the members.
    static constexpr std::uint64_t never = UINT64_MAX;

    struct Member {
        std::unique_ptr<WsClient> client;
        bool open = false;
        bool shown = false;  // A snapshot.
        std::uint64_t tick = 0;
        std::vector<std::uint64_t> seen;  // In this lap, or already in the next.
        std::uint64_t gap_longest = 0;
    };

    // Those who read, and whose ticks can be read.
    std::span<Member> readers() {
        return std::span(members_).subspan(std::max(plan_.frozen, plan_.deflating));
    }

    // Everyone's inputs are spread evenly over the second.
    void play_on() {
        const double rate = static_cast<double>(plan_.clients) * plan_.input_hz;
        const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
        const auto due = static_cast<std::uint64_t>(elapsed * rate);
        while (totals_.inputs < due) send_next();
        read_what_came(1);
    }

    // Moves the end of the lap to where the first is, and the others to there.
    void catch_up() {
        lap_end_ = latest_;
        const auto is_behind = [this](const Member& member) {
            return member.tick < lap_end_ && !member.client->ended();
        };
        const auto patience = Clock::now() + std::chrono::seconds(20);
        while (std::ranges::any_of(readers(), is_behind) && Clock::now() < patience) {
            read_what_came(10);
        }
    }

    void print(const Lap& lap) const {
        const auto show = [](const char* name, std::uint64_t value) {
            std::printf("\"%s\":%llu,", name, static_cast<unsigned long long>(value));
        };
        std::printf("{");
        show("messages", totals_.messages);
        show("compressed", totals_.compressed);
        show("gaps", totals_.gaps);
        show("errors", totals_.errors);
        show("inputs", totals_.inputs);
        show("ended", totals_.ended);
        show("lap_ticks", lap.ticks);
        show("lap_unshown", lap.unshown);
        show("lap_missed_min", lap.missed_min);
        show("lap_missed_max", lap.missed_max);
        show("lap_gaps_min", lap.unshown + lap.missed_min);
        show("lap_gaps_max", lap.unshown + lap.missed_max);
        std::printf("\"lap_gap_longest\":%llu}\n",
                    static_cast<unsigned long long>(lap.gap_longest));
        std::fflush(stdout);
    }

    void send_next() {
        const std::size_t who = totals_.inputs % plan_.clients;
        totals_.inputs += 1;
        if (who < plan_.frozen || members_[who].client->ended()) return;
        members_[who].client->send(who < plan_.deflating ? stored_ : plain_);
    }

    void read_what_came(int timeout_ms) {
        epoll_event events[256];
        const int count = epoll_wait(epoll_, events, 256, timeout_ms);
        for (int i = 0; i < count; ++i) {
            if (events[i].data.u64 == laps) {
                read_lap();
            } else {
                read(members_[events[i].data.u64]);
            }
        }
    }

    void read_lap() {
        char line[32] = {};
        left_ = ::read(STDIN_FILENO, line, sizeof line - 1) <= 0;
        lap_due_ = lap_end_ + std::strtoul(line, nullptr, 10);
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
        }
        for (const auto& frame : member.client->take_frames()) check(member, frame);
    }

    void check(Member& member, const ServerFrame& frame) {
        if (frame.opcode != Opcode::binary) return;
        shown_to_ += member.shown ? 0 : 1;
        member.shown = true;
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
        if (member.tick != 0) {
            const std::uint64_t gap = tick - member.tick - 1;
            totals_.gaps += gap;
            member.gap_longest = std::max(member.gap_longest, gap);
        }
        member.tick = tick;
        member.seen.push_back(tick);
        latest_ = std::max(latest_, tick);
        totals_.messages += 1;
    }

    Plan plan_;
    int epoll_;
    std::vector<Member> members_;
    std::size_t shown_to_ = 0;
    Totals totals_;
    const std::string plain_ = client_frame(Opcode::binary, std::string(16, 'i'));
    const std::string stored_ = stored_frame(std::string(16, 'i'));
    Clock::time_point started_;
    std::uint64_t latest_ = 0;  // Of all ticks that anybody saw.
    std::uint64_t lap_end_ = 0;
    std::uint64_t lap_due_ = never;
    bool left_ = false;
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
    crowd.end_lap();  // From here on everyone is in.
    std::puts("ready");
    std::fflush(stdout);
    crowd.play();
    return crowd.totals().errors == 0 ? 0 : 1;
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
