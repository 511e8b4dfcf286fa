#pragma once

#include "base/time.hpp"
#include "server/clock.hpp"

#include <chrono>
#include <cstdint>

namespace ringtick {

// When long work on a recording is to say how far it is: once a second, the first time after one.
// One thread; looks at the clock once in 64 ticks.
class ProgressPace {
public:
    bool is_due(std::uint64_t ticks_done) {
        if (ticks_done % 64 != 0) return false;
        const Nanoseconds now = monotonic_now();
        if (now < due_at_) return false;
        due_at_ = now + std::chrono::seconds(1);
        return true;
    }

private:
    Nanoseconds due_at_ = monotonic_now() + std::chrono::seconds(1);
};

}  // namespace ringtick
