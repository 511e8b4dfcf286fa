#pragma once

#include <cstdint>

namespace ringtick::peers {

constexpr unsigned completions_max = 32'768;

// What an experiment changes. As it stands here, it is the floor.
struct UringConfig {
    unsigned wait_count = completions_max;  // Completions worth waking for before the tick.
    bool drain_first = false;               // Runs what has been deferred before each wait.
    bool sleep_aside = false;               // Sleeps on another ring, and looks at this one then.
    unsigned min_wait_us = 0;               // After that long, any completion is worth it.
    unsigned chunk = 128;                   // Sends handed over at a time.
    bool submission_thread = false;         // SQPOLL: a thread of the kernel's submits, on core 1.
    bool fixed_files = false;               // Sends name their socket by its place in a table.
    bool huge_pages = false;                // For the receive buffers and the broadcast frame.
};

// The traffic between the last client's coming and the first one's leaving.
struct Play {
    std::uint64_t ticks = 0;
    std::uint64_t sent = 0;
    std::uint64_t waits = 0;        // Calls that may sleep.
    std::uint64_t completions = 0;  // Reaped after them, or drained before.
    std::uint64_t drained = 0;      // Of these, before: if drain_first.
    std::uint64_t receives = 0;     // With something received.
    std::uint64_t switches = 0;     // Voluntary: it slept.

    Play operator-(const Play& other) const {
        return {.ticks = ticks - other.ticks,
                .sent = sent - other.sent,
                .waits = waits - other.waits,
                .completions = completions - other.completions,
                .drained = drained - other.drained,
                .receives = receives - other.receives,
                .switches = switches - other.switches};
    }
};

}  // namespace ringtick::peers
