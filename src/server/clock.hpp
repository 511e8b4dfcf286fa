#pragma once

#include "base/time.hpp"

#include <time.h>

#include <chrono>
#include <cstdint>

namespace ringtick {

// The one place that reads a clock. CLOCK_MONOTONIC, by the vDSO: no system call.
inline Nanoseconds monotonic_now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

// Of the calendar, for people to read: seconds since 1970.
inline std::int64_t seconds_since_1970() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return time.tv_sec;
}

}  // namespace ringtick
