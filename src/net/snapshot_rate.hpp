#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace ringtick {

// How often one connection gets a snapshot: every tick, every 2nd, 3rd or 6th. Who keeps missing
// them gets fewer, evenly, instead of a burst now and then; who takes all of them gets more again,
// a step at a time. A pause, however long, says nothing about the pace: a second in which nothing
// at all was taken changes nothing.
class SnapshotRate {
public:
    static constexpr std::array<std::uint8_t, 4> divisors{1, 2, 3, 6};

    // Every so many ticks, at the most.
    std::uint32_t divisor() const { return divisor_; }
    bool due(std::uint64_t tick) const { return tick >= next_; }

    void taken(std::uint64_t tick) {
        taken_ += 1;
        next_ = tick + divisor_;
    }
    // What counted as taken was not: the next one is due at once, for it will be newer.
    void refused() {
        taken_ -= 1;
        missed_ += 1;
        next_ = 0;
    }
    void missed() { missed_ += 1; }

    // Looks at the last second. True: the divisor changed.
    bool review() {
        const std::uint32_t taken = taken_ - taken_before_;
        const std::uint32_t missed = missed_ - missed_before_;
        taken_before_ = taken_;
        missed_before_ = missed_;
        if (taken == 0) return false;
        if (missed == 0) return on_calm();
        calm_ = 0;
        return missed >= missed_share(taken) && slow_down();
    }

    // Since the connection began; they wrap.
    std::uint32_t count_taken() const { return taken_; }
    std::uint32_t count_missed() const { return missed_; }

private:
    // Seconds without a miss before the next step up. Twice as many each time that it was too soon,
    // so that nobody goes up and down for ever.
    static constexpr std::uint8_t patience_min = 2;
    static constexpr std::uint8_t patience_max = 32;
    static constexpr std::uint8_t forgotten_after = 60;

    // One of four is too many.
    static std::uint32_t missed_share(std::uint32_t taken) { return (taken + 2) / 3; }

    bool slow_down() {
        if (rose_last_) patience_ = std::min<std::uint8_t>(patience_ * 2, patience_max);
        rose_last_ = false;
        if (step_ + 1U == divisors.size()) return false;
        step_ += 1;
        divisor_ = divisors[step_];
        return true;
    }

    bool on_calm() {
        calm_ = std::min<std::uint8_t>(calm_ + 1, forgotten_after);
        if (calm_ == forgotten_after) {
            patience_ = patience_min;
            rose_last_ = false;
        }
        if (step_ == 0 || calm_ < patience_) return false;
        step_ -= 1;
        divisor_ = divisors[step_];
        calm_ = 0;
        rose_last_ = true;
        return true;
    }

    std::uint64_t next_ = 0;
    std::uint32_t taken_ = 0;
    std::uint32_t missed_ = 0;
    std::uint32_t taken_before_ = 0;
    std::uint32_t missed_before_ = 0;
    std::uint32_t divisor_ = 1;  // Of the step.
    std::uint8_t step_ = 0;
    std::uint8_t calm_ = 0;  // Seconds.
    std::uint8_t patience_ = patience_min;
    bool rose_last_ = false;  // The last step was up, and not long ago.
};

}  // namespace ringtick
