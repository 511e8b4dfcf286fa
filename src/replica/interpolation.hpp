#pragma once

#include "base/fixed.hpp"
#include "replica/server_clock.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ringtick {

// A part of a value, in 1/65,536.
constexpr Fixed scaled(Fixed value, TickTime part) {
    return Fixed::from_raw(static_cast<std::int32_t>(value.raw() * part / whole_tick));
}

// Where something is on its way between two places. Two that are farther apart than `leap` were not
// flown: then the nearer in time. The one rule for what a client draws and for what a server goes
// back to when that client shoots at it.
constexpr FixedVector between(FixedVector from, FixedVector to, TickTime part, Fixed leap) {
    const FixedVector way = to - from;
    if (dot(way, way) > squared(leap)) return part < whole_tick / 2 ? from : to;
    return {from.x + scaled(way.x, part), from.y + scaled(way.y, part)};
}

// How far in the past to draw, so that there is nearly always a snapshot on both sides of the drawn
// moment: 1.5 intervals between snapshots, plus the lateness that 95 in 100 arrivals keep within.
// The delay itself moves slowly (a twentieth of the time that passes), for a jump would be seen.
class InterpolationDelay {
public:
    static constexpr Nanoseconds delay_max = std::chrono::milliseconds(500);

    void start(Nanoseconds period) {
        const auto held = held_;
        *this = InterpolationDelay{};
        held_ = held;
        period_ = period;
        delay_ = period * 2;
    }

    // To be this from now on, whatever arrives when; nothing: as what arrives demands.
    void hold(std::optional<Nanoseconds> delay) {
        held_ = delay;
        if (held_) held_ = std::clamp(*held_, Nanoseconds::zero(), delay_max);
    }

    // To be no longer than this, but for one interval: with less, all would be guesses.
    void limit(Nanoseconds most) { limit_ = most; }

    void on_snapshot(std::uint32_t ticks_since_last, Nanoseconds late) {
        gaps_[count_ % gaps_.size()] = std::min<std::uint32_t>(ticks_since_last, 30);
        late_[count_ % late_.size()] = late;
        count_ += 1;
    }

    // From now on snapshots come every so many ticks: what was seen until now says nothing more.
    void on_rate(std::uint32_t divisor) { gaps_.fill(divisor); }

    void advance(Nanoseconds elapsed) {
        const Nanoseconds step = std::max(elapsed, Nanoseconds::zero()) / 20;
        delay_ += std::clamp(wanted() - delay_, -step, step);
    }

    Nanoseconds delay() const { return delay_; }

private:
    Nanoseconds wanted() const {
        if (held_) return *held_;
        const std::size_t count = std::min<std::size_t>(count_, gaps_.size());
        if (count == 0) return period_ * 2;

        std::int64_t gap_sum = 0;
        for (std::size_t i = 0; i < count; ++i) gap_sum += gaps_[i];
        const Nanoseconds interval = period_ * gap_sum / static_cast<std::int64_t>(count);

        auto sorted = late_;
        const auto p95 = sorted.begin() + static_cast<std::ptrdiff_t>((count - 1) * 95 / 100);
        std::nth_element(sorted.begin(), p95, sorted.begin() + static_cast<std::ptrdiff_t>(count));
        return std::min({interval * 3 / 2 + *p95, std::max(limit_, interval), delay_max});
    }

    Nanoseconds period_{};
    Nanoseconds delay_{};
    Nanoseconds limit_ = delay_max;
    std::optional<Nanoseconds> held_;
    std::array<std::uint32_t, 64> gaps_{};
    std::array<Nanoseconds, 64> late_{};
    std::uint64_t count_ = 0;
};

// Two snapshots and the moment between them; or, with no later one, one snapshot and how far ahead
// of it to guess.
template <class Snapshot>
struct Moment {
    const Snapshot* from = nullptr;
    const Snapshot* to = nullptr;
    TickTime time = 0;        // The moment itself.
    TickTime since_from = 0;  // From `from` to the moment, within bounds.
    TickTime between = 0;     // From `from` to `to`; 0 without `to`.
};

// The last decoded snapshots, by age. Memory inside; the oldest makes room for the newest. Decode
// into spare(), then commit() it: a refused message leaves no trace.
template <class Snapshot, std::size_t Capacity>
class SnapshotBuffer {
public:
    static constexpr TickTime extrapolation_max = 4 * whole_tick;
    static constexpr std::uint32_t gap_max = 100;  // Ticks; a longer one is a leap.

    void clear() { first_ = count_ = 0; }
    bool empty() const { return count_ == first_; }
    Snapshot& spare() { return snapshots_[count_ % Capacity]; }
    void commit() {
        ASSERT(empty() || spare().header.tick > newest().header.tick);
        count_ += 1;
    }
    // After a leap in time nothing earlier is a neighbour: there is no line from there to here.
    void commit_alone() {
        first_ = count_;
        commit();
    }
    const Snapshot& newest() const {
        ASSERT(!empty());
        return snapshots_[(count_ - 1) % Capacity];
    }

    Moment<Snapshot> at(TickTime time) const {
        ASSERT(!empty());
        const Snapshot* later = nullptr;
        const Snapshot* found = nullptr;
        const auto kept = std::min<std::uint64_t>(count_ - first_, Capacity - 1);
        for (std::uint64_t back = 0; back < kept; ++back) {
            const Snapshot& snapshot = snapshots_[(count_ - 1 - back) % Capacity];
            later = found;
            found = &snapshot;
            if (time_of(snapshot) <= time) break;
        }
        const TickTime between = later != nullptr ? time_of(*later) - time_of(*found) : 0;
        const TickTime limit = later != nullptr ? between : extrapolation_max;
        // Before the oldest snapshot, just after the start, that one is shown as it is.
        const TickTime since = std::clamp<TickTime>(time - time_of(*found), 0, limit);
        return {.from = found, .to = later, .time = time, .since_from = since, .between = between};
    }

private:
    static TickTime time_of(const Snapshot& snapshot) {
        return TickTime{snapshot.header.tick} * whole_tick;
    }

    std::array<Snapshot, Capacity> snapshots_{};
    std::uint64_t first_ = 0;  // The oldest that counts.
    std::uint64_t count_ = 0;
};

}  // namespace ringtick
