#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>

namespace ringtick {

// --realtime: the loop's thread runs before every normal one (SCHED_FIFO, sched(7)), and is awake
// for the last moment before a tick, so that neither a busy neighbour nor the way out of sleep
// makes the tick late. What a neighbour does inside the kernel still has to end first where the
// kernel was booted with preempt=none. A loop that never slept would still leave the others a
// twentieth of each second (sysctl kernel.sched_rt_runtime_us).
constexpr int realtime_priority = 10;
constexpr Nanoseconds realtime_spin = std::chrono::microseconds(50);

// What the machine answered.
struct Realtime {
    int refusal = 0;                 // The errno of sched_setscheduler(2), or 0: it is granted.
    bool capable = false;            // Has CAP_SYS_NICE.
    std::uint64_t priority_max = 0;  // RLIMIT_RTPRIO, which counts without.
};

// Asks for the calling thread alone: those that it starts, the kernel's among them, stay normal.
Realtime request_realtime();

// For the start line: what was obtained, and if that is less, why and what helps.
std::string describe(const Realtime& realtime, Nanoseconds spin);

// The time. If it is not `deadline` yet but less than `spin` before, awaits it first, awake.
Nanoseconds now_or_at(Nanoseconds deadline, Nanoseconds spin);

}  // namespace ringtick
