#pragma once

#include "base/histogram.hpp"
#include "net/connections.hpp"
#include "tick/game.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

class Room;

// What the loop measures of itself; all times in nanoseconds of CLOCK_MONOTONIC.
struct LoopStats {
    std::uint64_t started_ns = 0;
    std::uint64_t now_ns = 0;
    std::uint64_t ticks = 0;
    std::uint64_t ticks_forgiven = 0;
    std::uint64_t broadcasts = 0;  // Ticks whose result was shown: fewer than ran, after a stall.
    std::uint64_t turns = 0;
    std::uint64_t allocations_after_warmup = 0;
    bool allocations_counted = false;
    Histogram tick_late;   // From the deadline to the tick's start.
    Histogram tick_work;   // From the tick's start to its last send.
    Histogram wait_reaps;  // Completions reaped per turn.
};

// Everything there is to report, in one place, by reference: what is written is what is counted.
struct Metrics {
    const LoopStats* loop = nullptr;
    const RingStats* ring = nullptr;
    const BufferRing* buffers = nullptr;
    const Connections* connections = nullptr;
    std::uint32_t rate_hz = 0;
    std::span<const std::unique_ptr<Room>> rooms;
};

// Each writes text to `out` and returns its size, or 0 if it does not fit. None allocates.
std::size_t write_prometheus(std::span<char> out, const Metrics& metrics);
std::size_t write_stats_json(std::span<char> out, const Metrics& metrics);
std::size_t write_rooms_json(std::span<char> out, const Metrics& metrics);
// One line for the end of a run, with what getrusage(2) knows of the process.
std::size_t write_totals_json(std::span<char> out, const Metrics& metrics);

}  // namespace ringtick
