#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// Withholds one connection's snapshots although its socket is free, for whoever wants to see what a
// slow client is shown: for some ticks, or while a budget of bytes is used up. It counts in ticks
// and in whole numbers, and saves nothing up, for a narrow path does not either: more than a tick's
// share is never left, and what one snapshot takes beyond it is worked off before the next.
class SnapshotLimit {
public:
    // None for so many ticks from this one on.
    void stall(std::uint64_t tick, std::uint32_t ticks) { stalled_until_ = tick + ticks; }

    // From this tick on at most so many bytes in so many ticks; no bytes: as many as there are.
    void narrow(std::uint64_t tick, std::uint32_t bytes, std::uint32_t ticks) {
        bytes_ = bytes;
        ticks_ = ticks;
        credit_ = bytes;
        credited_ = tick;
    }

    // There is anything that it withholds, now or later.
    bool on(std::uint64_t tick) const { return bytes_ > 0 || tick < stalled_until_; }

    bool lets_through(std::uint64_t tick) {
        if (tick < stalled_until_) return false;
        if (bytes_ == 0) return true;
        const auto elapsed = static_cast<std::int64_t>(std::min(tick - credited_, elapsed_max));
        credit_ = std::min(credit_ + elapsed * bytes_, std::int64_t{bytes_});
        credited_ = tick;
        return credit_ > 0;
    }
    void took(std::size_t size) { credit_ -= static_cast<std::int64_t>(size) * ticks_; }
    // The last one never left.
    void gave_back(std::size_t size) { credit_ += static_cast<std::int64_t>(size) * ticks_; }

private:
    static constexpr std::uint64_t elapsed_max = std::uint64_t{1} << 30;  // A tick's share is less.

    std::uint64_t stalled_until_ = 0;
    std::uint64_t credited_ = 0;  // The tick up to which the credit is counted.
    std::int64_t credit_ = 0;     // In bytes, times `ticks_`.
    std::uint32_t bytes_ = 0;     // In so many ticks:
    std::uint32_t ticks_ = 1;
};

}  // namespace ringtick
