#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringtick::swarm {

// When the first and the last client received each tick. Holds the latest 65,536 ticks.
class TickSpans {
public:
    struct Span {
        std::uint64_t tick = 0;
        std::uint32_t clients = 0;
        Nanoseconds first{};
        Nanoseconds last{};
    };

    TickSpans() : spans_(ticks_max) {}

    void record(std::uint64_t tick, Nanoseconds now) { add({tick, 1, now, now}); }

    void add(const TickSpans& other) {
        for (const Span& span : other.spans_) {
            if (span.clients > 0) add(span);
        }
    }

    // Calls `take` with the time from first to last, for each tick but the oldest and the newest:
    // of those some may have come before the measurement began, or after it ended.
    template <class Take>
    void for_each_whole(Take&& take) const {
        std::uint64_t oldest = ~std::uint64_t{};
        std::uint64_t newest = 0;
        for (const Span& span : spans_) {
            if (span.clients == 0) continue;
            oldest = std::min(oldest, span.tick);
            newest = std::max(newest, span.tick);
        }
        for (const Span& span : spans_) {
            const bool whole = span.clients > 0 && span.tick != oldest && span.tick != newest;
            if (whole) take(span.last - span.first);
        }
    }

private:
    static constexpr std::size_t ticks_max = 65'536;

    void add(const Span& more) {
        Span& span = spans_[more.tick % ticks_max];
        if (span.clients == 0 || span.tick < more.tick) {
            span = more;
        } else if (span.tick == more.tick) {
            span.clients += more.clients;
            span.first = std::min(span.first, more.first);
            span.last = std::max(span.last, more.last);
        }
    }

    std::vector<Span> spans_;
};

}  // namespace ringtick::swarm
