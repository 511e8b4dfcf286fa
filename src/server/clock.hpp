#pragma once

#include "base/time.hpp"

#include <time.h>

#include <chrono>

namespace ringtick {

// The one place that reads a clock. CLOCK_MONOTONIC, by the vDSO: no system call.
inline Nanoseconds monotonic_now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

}  // namespace ringtick
