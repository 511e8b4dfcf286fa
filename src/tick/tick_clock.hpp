#pragma once

#include "base/assert.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ringtick {

// Says when each tick is due. Tick n is due at start + n periods, counted from the start rather
// than from the last tick, so that a late tick delays nothing after it and 60 Hz stays 60 Hz.
class TickClock {
public:
    // `first`: the tick that was over at the start; those that follow go on from its number.
    TickClock(std::uint32_t rate_hz, Nanoseconds start, std::uint64_t first = 0)
        : rate_hz_(rate_hz), start_(start), first_(first) {
        ASSERT(rate_hz > 0);
    }

    std::uint64_t tick() const { return first_ + tick_; }

    // The first nanosecond at which the next tick is due.
    Nanoseconds deadline() const {
        const std::uint64_t next = tick_ + 1;
        return start_ + std::chrono::seconds(next / rate_hz_) +
               Nanoseconds((next % rate_hz_ * second_ns + rate_hz_ - 1) / rate_hz_);
    }

    // How many ticks have fallen due by now and were not run.
    std::uint64_t due_at(Nanoseconds now) const {
        if (now < deadline()) return 0;
        const auto elapsed_ns = static_cast<std::uint64_t>((now - start_).count());
        const std::uint64_t latest =
            elapsed_ns / second_ns * rate_hz_ + elapsed_ns % second_ns * rate_hz_ / second_ns;
        ASSERT(latest > tick_);  // Pairs with deadline(): the two roundings must agree.
        return latest - tick_;
    }

    // How many ticks to run now. Past `ticks_max` the backlog is forgiven, not chased: a server
    // that tries to catch up on a long stall falls further behind.
    std::uint32_t advance(Nanoseconds now, std::uint32_t ticks_max) {
        ASSERT(ticks_max > 0);
        const std::uint64_t due = due_at(now);
        const std::uint64_t run = std::min<std::uint64_t>(due, ticks_max);
        ticks_forgiven_ += due - run;
        tick_ += due;
        return static_cast<std::uint32_t>(run);
    }

    // Those that are due are not run, and not missed: there was nothing to do in them.
    std::uint64_t skip(Nanoseconds now) {
        const std::uint64_t due = due_at(now);
        tick_ += due;
        return due;
    }

    std::uint64_t ticks_forgiven() const { return ticks_forgiven_; }

private:
    static constexpr std::uint64_t second_ns = 1'000'000'000;

    std::uint64_t rate_hz_;
    Nanoseconds start_;
    std::uint64_t first_;
    std::uint64_t tick_ = 0;  // Since the start.
    std::uint64_t ticks_forgiven_ = 0;
};

}  // namespace ringtick
