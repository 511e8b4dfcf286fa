#include "server/realtime.hpp"

#include "server/clock.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace ringtick {

namespace {

// Of this thread (capget(2), for which glibc has no function).
bool has_capability(unsigned capability) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0) return false;
    return (data.at(capability / 32).effective >> capability % 32 & 1) != 0;
}

// Tells the core that this is a loop of waiting: it spends less, and lets its twin have more.
void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

std::string describe_refusal(const Realtime& realtime) {
    if (realtime.refusal != EPERM) {
        return fmt::format("not possible ({})", std::generic_category().message(realtime.refusal));
    }
    if (!realtime.capable) {
        return fmt::format("not allowed (RLIMIT_RTPRIO {}, no CAP_SYS_NICE)",
                           realtime.priority_max);
    }
    return "not allowed, for all of CAP_SYS_NICE (a seccomp filter, or a cgroup without a "
           "real-time budget)";
}

}  // namespace

Realtime request_realtime() {
    const sched_param parameters{.sched_priority = realtime_priority};
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0) return {};
    const int error = errno;
    rlimit limit{};
    getrlimit(RLIMIT_RTPRIO, &limit);
    return {
        .refusal = error, .capable = has_capability(CAP_SYS_NICE), .priority_max = limit.rlim_cur};
}

std::string describe(const Realtime& realtime, Nanoseconds spin) {
    const auto spin_us = std::chrono::duration_cast<std::chrono::microseconds>(spin).count();
    const std::string spinning =
        spin_us > 0 ? fmt::format("spin {} us", spin_us) : "no spin, for there is no tick";
    if (realtime.refusal == 0) {
        return fmt::format("realtime: SCHED_FIFO {}, {}", realtime_priority, spinning);
    }
    return fmt::format(
        "realtime: {}: only {}; remedy: CAP_SYS_NICE (setcap, AmbientCapabilities=, --cap-add), "
        "or ulimit -r {}, LimitRTPRIO={}, --ulimit rtprio={}",
        describe_refusal(realtime), spinning, realtime_priority, realtime_priority,
        realtime_priority);
}

Nanoseconds now_or_at(Nanoseconds deadline, Nanoseconds spin) {
    Nanoseconds now = monotonic_now();
    if (deadline - now >= spin) return now;
    while (now < deadline) {
        relax();
        now = monotonic_now();
    }
    return now;
}

}  // namespace ringtick
