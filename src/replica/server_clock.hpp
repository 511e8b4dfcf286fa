#pragma once

#include "base/assert.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// A moment between two ticks, in 1/65,536 of a tick.
using TickTime = std::int64_t;
inline constexpr TickTime whole_tick = 65'536;

// In two parts, both ways: nanoseconds of many days times 65,536 would not fit.
constexpr TickTime ticks_in(Nanoseconds time, Nanoseconds period) {
    return time / period * whole_tick + (time % period).count() * whole_tick / period.count();
}
constexpr Nanoseconds time_of(TickTime moment, Nanoseconds period) {
    return period * (moment / whole_tick) + period * (moment % whole_tick) / whole_tick;
}

// Which tick the server's messages have reached by now, as seen from here. Each message that says
// its tick is one sample: arrival minus tick times period. Delay only ever makes a sample larger,
// so the smallest of the last few is the truest (NETCODE: minimum filter). The estimate then slews
// towards it, so that what is drawn never jumps:
//
//     error  > 500 ms   a new connection or a long sleep: take it at once
//     error  > 100 ms   halve it
//     otherwise         at most 2 % faster or slower than the local clock
class ServerClock {
public:
    void start(Nanoseconds period) {
        ASSERT(period > Nanoseconds::zero());
        *this = ServerClock{};
        period_ = period;
    }

    void on_arrival(std::uint32_t tick, Nanoseconds now) {
        ASSERT(period_ > Nanoseconds::zero());
        const Nanoseconds origin = now - tick * period_;
        samples_[sample_count_ % samples_.size()] = origin;
        if (sample_count_ == 0) origin_ = origin;
        sample_count_ += 1;
        late_ = origin - earliest();
    }

    // Moves the estimate on. Call before asking, at every drawn frame.
    void advance(Nanoseconds now) {
        using std::chrono::milliseconds;
        const Nanoseconds elapsed = std::max(now - advanced_to_, Nanoseconds::zero());
        advanced_to_ = now;
        if (!running()) return;

        const Nanoseconds error = earliest() - origin_;
        const Nanoseconds size = std::chrono::abs(error);
        if (size > milliseconds(500)) {
            origin_ += error;
        } else if (size > milliseconds(100)) {
            origin_ += error / 2;
        } else {
            const Nanoseconds step = elapsed / 50;
            origin_ += std::clamp(error, -step, step);
        }
    }

    bool running() const { return sample_count_ > 0; }
    Nanoseconds period() const { return period_; }
    Nanoseconds late() const { return late_; }  // Of the last arrival, behind the earliest.

    TickTime at(Nanoseconds now) const { return running() ? ticks_in(now - origin_, period_) : 0; }
    TickTime in_ticks(Nanoseconds duration) const {
        return duration.count() * whole_tick / period_.count();
    }

private:
    Nanoseconds earliest() const {
        const std::size_t count = std::min<std::size_t>(sample_count_, samples_.size());
        return *std::min_element(samples_.begin(), samples_.begin() + count);
    }

    Nanoseconds period_{};
    Nanoseconds origin_{};  // When tick 0 would have arrived.
    Nanoseconds advanced_to_{};
    Nanoseconds late_{};
    std::array<Nanoseconds, 32> samples_{};
    std::uint64_t sample_count_ = 0;
};

}  // namespace ringtick
