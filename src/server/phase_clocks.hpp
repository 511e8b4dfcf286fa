#pragma once

#include "base/time.hpp"
#include "tick/tick_clock.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace ringtick {

// When the rooms of each phase tick: all at the same rate, each phase a part of a period after the
// one before. The first phase's clock runs whether it has rooms or not; the others' ticks are
// waited for only while there is a room in them, so that one room wakes nobody more often than its
// ticks.
//
// `Phases` says how many there are, phases(), and which have rooms, has_rooms(phase); it lives as
// long.
template <class Phases>
class PhaseClocks {
public:
    // `first`: the tick that was over at `start`.
    PhaseClocks(const Phases& rooms, std::uint32_t rate_hz, Nanoseconds start, std::uint64_t first)
        : rooms_(rooms) {
        const Nanoseconds period = Nanoseconds(std::chrono::seconds(1)) / rate_hz;
        for (std::uint32_t phase = 0; phase < rooms.phases(); ++phase) {
            clocks_.emplace_back(rate_hz, start + period * phase / rooms.phases(), first);
        }
    }

    const TickClock& first() const { return clocks_.front(); }
    TickClock& of(std::uint32_t phase) { return clocks_[phase]; }

    // The phase whose tick is due first.
    std::uint32_t next() const {
        std::uint32_t next = 0;
        for (std::uint32_t phase = 1; phase < clocks_.size(); ++phase) {
            if (!rooms_.has_rooms(phase)) continue;
            if (clocks_[phase].deadline() < clocks_[next].deadline()) next = phase;
        }
        return next;
    }
    Nanoseconds deadline() const { return clocks_[next()].deadline(); }

    // Where nobody is, no tick is missed.
    void skip_empty(Nanoseconds now) {
        for (std::uint32_t phase = 1; phase < clocks_.size(); ++phase) {
            if (!rooms_.has_rooms(phase)) clocks_[phase].skip(now);
        }
    }

    std::uint64_t ticks_forgiven() const {
        std::uint64_t forgiven = 0;
        for (const TickClock& clock : clocks_) forgiven += clock.ticks_forgiven();
        return forgiven;
    }

private:
    const Phases& rooms_;
    std::vector<TickClock> clocks_;
};

}  // namespace ringtick
