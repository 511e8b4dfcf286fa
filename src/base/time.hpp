#pragma once

#include <chrono>

namespace ringtick {

// Time as every layer speaks it: nanoseconds of CLOCK_MONOTONIC since an arbitrary start. It is an
// argument everywhere; only `server` reads the clock (clock_gettime(2)).
using Nanoseconds = std::chrono::nanoseconds;

}  // namespace ringtick
