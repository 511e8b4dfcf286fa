#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// How often one connection gets a snapshot: every tick, every 2nd, 3rd or 6th. Who keeps missing
// them gets fewer, evenly, instead of a burst now and then; who takes all of them gets more again,
// a step at a time.
//
// Ticks missed one after the other are a gap, and a gap is judged by what was taken since the one
// before it, however long both are: so a path that stalls for half a second in five is told from
// one that is too narrow, and one that fills a large buffer and then stands still from neither. A
// single gap says nothing about the pace; only after a step up, which is a trial, one is enough.
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
    // There was no room for the one that is due. It stays due, so that the next is made as soon as
    // there is room, but is one miss for as many ticks as it would have served. True: it counts.
    bool missed(std::uint64_t tick) {
        if (taken_ != taken_at_miss_) gaps_ = std::min<std::uint8_t>(gaps_ + 1, gaps_max);
        taken_at_miss_ = taken_;
        if (tick < next_miss_) return false;
        next_miss_ = tick + divisor_;
        missed_ += 1;
        return true;
    }
    // What counted as taken was not: the next one is due at once, for it will be newer.
    bool refused(std::uint64_t tick) {
        taken_ -= 1;
        next_ = 0;
        return missed(tick);
    }

    // Of a connection that another process has served so far: every so many ticks.
    void start_at(std::uint32_t divisor) {
        for (std::size_t step = 0; step < divisors.size(); ++step) {
            if (divisors[step] == divisor) take_step(static_cast<std::uint8_t>(step));
        }
    }

    // Looks at the last second. True: the divisor changed.
    bool review() {
        const std::uint32_t taken = taken_ - taken_before_;
        const std::uint32_t missed = missed_ - missed_before_;
        taken_before_ = taken_;
        missed_before_ = missed_;
        if (taken == 0) return false;  // In a gap, or between two that are due.
        if (missed == 0 && gaps_ == 0) return on_calm(taken);
        const bool in_gap = taken_ == taken_at_miss_;
        if (in_gap && gaps_ < gaps_max) return false;  // How long it will be is not known yet.
        return judge();
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
    static constexpr std::uint8_t gaps_max = 2;  // More are not told apart: one of them is over.

    // One of four is too many, twice.
    bool judge() {
        const bool bad = 3 * (missed_ - missed_judged_) >= taken_ - taken_judged_;
        start_over();
        const bool again = suspect_;
        suspect_ = bad;
        return bad && again && slow_down();
    }

    void start_over() {
        taken_judged_ = taken_;
        missed_judged_ = missed_;
        gaps_ = 0;
    }

    void take_step(std::uint8_t step) {
        step_ = step;
        divisor_ = divisors[step];
    }

    bool slow_down() {
        if (rose_last_) patience_ = std::min<std::uint8_t>(patience_ * 2, patience_max);
        rose_last_ = false;
        calm_ = 0;
        if (step_ + 1U == divisors.size()) return false;
        take_step(step_ + 1);
        return true;
    }

    bool on_calm(std::uint32_t taken) {
        calm_ = std::min<std::uint8_t>(calm_ + 1, forgotten_after);
        if (calm_ == forgotten_after) {
            patience_ = patience_min;
            rose_last_ = false;
        }
        if (step_ == 0 || calm_ < patience_) return false;
        calm_ = 0;
        rose_last_ = true;
        suspect_ = true;  // It is a trial, and a stall may come right after it: some seconds count.
        taken_judged_ = taken_ - std::min(taken_ - taken_judged_, 4 * taken);
        take_step(step_ - 1);
        return true;
    }

    // What the tick looks at, first.
    std::uint64_t next_ = 0;
    std::uint32_t divisor_ = 1;  // Of the step.
    std::uint32_t taken_ = 0;

    std::uint64_t next_miss_ = 0;
    std::uint32_t missed_ = 0;
    std::uint32_t taken_at_miss_ = ~0U;  // What had been taken when one was missed last.
    std::uint32_t taken_before_ = 0;     // Of both, at the last review,
    std::uint32_t missed_before_ = 0;
    std::uint32_t taken_judged_ = 0;  // and when they were judged last.
    std::uint32_t missed_judged_ = 0;
    std::uint8_t gaps_ = 0;  // That began since then.
    std::uint8_t step_ = 0;
    std::uint8_t calm_ = 0;  // Seconds without a miss since the last step.
    std::uint8_t patience_ = patience_min;
    bool suspect_ = false;    // One judgement more like the last, and there is a step down.
    bool rose_last_ = false;  // The last step was up, and not long ago.
};

}  // namespace ringtick
