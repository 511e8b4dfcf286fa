#pragma once

#include "base/assert.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>

namespace ringtick::swarm {

// When each of many equal events is due, spread evenly from a start on. It depends on no answer and
// no delay (an open loop), and is counted from the start, so that it never drifts.
class Schedule {
public:
    Schedule() = default;
    Schedule(Nanoseconds start, std::uint64_t per_second) : start_(start), per_second_(per_second) {
        ASSERT(per_second <= std::uint64_t{1} << 32);  // Else the products below might not fit.
    }

    bool empty() const { return per_second_ == 0; }

    Nanoseconds due(std::uint64_t index) const {
        ASSERT(!empty());
        const std::uint64_t seconds = index / per_second_;
        const std::uint64_t rest = index % per_second_;
        return start_ + std::chrono::seconds(seconds) +
               Nanoseconds(rest * nanoseconds_per_second / per_second_);
    }

    // How many are due at `now` or were before.
    std::uint64_t due_count(Nanoseconds now) const {
        if (empty() || now < start_) return 0;
        // Event i is due at i * 1e9 / rate rounded down, which is up to `elapsed` just when it is
        // below elapsed + 1.
        const auto bound = static_cast<std::uint64_t>((now - start_).count()) + 1;
        const std::uint64_t seconds = bound / nanoseconds_per_second;
        const std::uint64_t rest = bound % nanoseconds_per_second;
        return seconds * per_second_ +
               (rest * per_second_ + nanoseconds_per_second - 1) / nanoseconds_per_second;
    }

private:
    static constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

    Nanoseconds start_{};
    std::uint64_t per_second_ = 0;
};

}  // namespace ringtick::swarm
