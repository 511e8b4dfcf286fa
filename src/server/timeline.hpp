#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// How the server did in one second; times in microseconds.
struct TimelineEntry {
    std::uint32_t at_s = 0;  // Since the start, as it ended.
    std::uint32_t players = 0;
    std::uint32_t work_p50_us = 0;
    std::uint32_t work_p99_us = 0;
    std::uint32_t work_max_us = 0;
    std::uint32_t late_p50_us = 0;
    std::uint32_t late_p99_us = 0;
    std::uint32_t late_max_us = 0;
    std::uint32_t snapshots_skipped = 0;
    std::uint32_t ticks_overrun = 0;
};

// The last minutes, a second at a time, so that who looks late sees what went before. Fixed size;
// the newest second takes the place of the oldest.
class Timeline {
public:
    static constexpr std::size_t entries_max = 300;

    void add(const TimelineEntry& entry) {
        entries_[added_ % entries_max] = entry;
        added_ += 1;
    }

    // Calls visit(entry) for each, the oldest first.
    template <class Visit>
    void for_each(Visit visit) const {
        const std::size_t count = std::min(added_, entries_max);
        for (std::size_t i = added_ - count; i < added_; ++i) visit(entries_[i % entries_max]);
    }

private:
    std::array<TimelineEntry, entries_max> entries_{};
    std::size_t added_ = 0;
};

}  // namespace ringtick
