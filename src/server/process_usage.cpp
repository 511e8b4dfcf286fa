#include "server/process_usage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>

namespace ringtick {

namespace {

// The second of the numbers that a small file begins with; nothing if there is none.
std::optional<std::uint64_t> second_number_in(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::array<char, 128> text;
    const ssize_t size = ::read(file, text.data(), text.size());
    ::close(file);
    if (size <= 0) return std::nullopt;

    const char* const end = text.data() + size;
    std::uint64_t number = 0;
    const auto first = std::from_chars(text.data(), end, number);
    if (first.ec != std::errc{} || first.ptr == end) return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, number);
    if (second.ec != std::errc{}) return std::nullopt;
    return number;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t count(long number) {
    return static_cast<std::uint64_t>(number);
}

}  // namespace

ProcessUsage process_usage() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    // proc_pid_statm(5): all of it, then what is resident, in pages.
    const std::uint64_t pages = second_number_in("/proc/self/statm").value_or(0);
    return {.cpu_user_s = seconds(usage.ru_utime),
            .cpu_sys_s = seconds(usage.ru_stime),
            .resident_kib = pages * count(sysconf(_SC_PAGESIZE)) / 1'024,
            .switches_voluntary = count(usage.ru_nvcsw),
            .switches_involuntary = count(usage.ru_nivcsw)};
}

std::optional<std::uint64_t> run_delay_ns(int thread) {
    // Documentation/scheduler/sched-stats of the kernel: time on the core, time waiting for it.
    std::array<char, 48> path{};
    fmt::format_to_n(path.data(), path.size() - 1, "/proc/self/task/{}/schedstat", thread);
    return second_number_in(path.data());
}

}  // namespace ringtick
