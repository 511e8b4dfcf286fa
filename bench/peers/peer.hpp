#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What every server under comparison shares, so that they differ in their libraries alone: the
// arguments, the schedule of ticks, the message of a tick, and the JSON line at the end.
namespace ringtick::peers {

struct Options {
    std::uint16_t port = 0;
    bool echo = false;
    std::uint32_t rate_hz = 30;
    std::size_t message_size = 512;
};

inline std::optional<std::size_t> number_in(std::string_view text,
                                            std::size_t least,
                                            std::size_t most) {
    std::size_t value = 0;
    if (text.empty() || text.size() > 9) return std::nullopt;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + static_cast<std::size_t>(digit - '0');
    }
    if (value < least || value > most) return std::nullopt;
    return value;
}

// Prints the usage and returns nothing if they are wrong.
inline std::optional<Options> parse(int argc, char** argv) {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    const auto word = [&arguments](std::size_t i, std::string_view otherwise) {
        return i < arguments.size() ? std::string_view(arguments[i]) : otherwise;
    };
    const std::string_view mode = word(2, "");
    const auto port = number_in(word(1, ""), 1, 65'535);
    const auto rate = number_in(word(3, "30"), 1, 1'000);
    const auto size = number_in(word(4, "512"), 16, 1 << 20);
    if (argc > 5 || !port || !rate || !size || (mode != "echo" && mode != "broadcast")) {
        std::fprintf(stderr, "usage: %s PORT echo|broadcast [HZ BYTES]\n", arguments[0]);
        return std::nullopt;
    }
    return Options{.port = static_cast<std::uint16_t>(*port),
                   .echo = mode == "echo",
                   .rate_hz = static_cast<std::uint32_t>(*rate),
                   .message_size = *size};
}

// The same clock as CLOCK_MONOTONIC.
using Clock = std::chrono::steady_clock;

// When ticks are due. One that was missed is left out: its time is past.
class Schedule {
public:
    explicit Schedule(std::uint32_t rate_hz)
        : period_(std::chrono::nanoseconds(1'000'000'000) / rate_hz),
          deadline_(Clock::now() + period_) {}

    Clock::time_point deadline() const { return deadline_; }
    std::chrono::nanoseconds left() const {
        return std::max(deadline_ - Clock::now(), Clock::duration::zero());
    }
    void advance() {
        deadline_ += period_;
        const auto now = Clock::now();
        if (now > deadline_) deadline_ += (now - deadline_) / period_ * period_ + period_;
    }

private:
    std::chrono::nanoseconds period_;
    Clock::time_point deadline_;
};

// The tick's number and the time of its start, both 64 bits little endian as this machine has them;
// the rest of the message never changes.
inline void write_message(std::span<unsigned char> message, std::uint64_t tick) {
    const auto now = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
    std::memcpy(message.data(), &tick, sizeof tick);
    std::memcpy(message.data() + sizeof tick, &now, sizeof now);
}

struct Counts {
    std::uint64_t ticks = 0;
    std::uint64_t sent = 0;
    std::uint64_t skipped = 0;  // A client was not ready, so this tick's message was not for it.
    std::uint64_t received = 0;
    std::optional<std::uint64_t> enters = std::nullopt;
};

inline double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

inline std::uint64_t resident_kib() {
    unsigned long pages = 0;
    std::FILE* const file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    const bool known = std::fscanf(file, "%*u %lu", &pages) == 1;
    std::fclose(file);
    return known ? pages * 4 : 0;
}

// The one line that a run leaves. `more`: further members of the object, each with a comma before.
inline void print_totals(const Counts& counts, const std::string& more = {}) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto whole = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "{\"ticks\":%llu,\"sent\":%llu,\"skipped\":%llu,\"received\":%llu,\"cpu_user_s\":%.6f,"
        "\"cpu_sys_s\":%.6f,\"rss_kib\":%llu,\"ctx_voluntary\":%ld,\"ctx_involuntary\":%ld",
        whole(counts.ticks), whole(counts.sent), whole(counts.skipped), whole(counts.received),
        seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), whole(resident_kib()),
        usage.ru_nvcsw, usage.ru_nivcsw);
    if (counts.enters) std::printf(",\"enters\":%llu", whole(*counts.enters));
    std::printf("%s}\n", more.c_str());
}

// As many connections as the machine allows.
inline void raise_descriptor_limit() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace ringtick::peers
