#pragma once

#include "base/histogram.hpp"
#include "net/connections.hpp"
#include "server/timeline.hpp"
#include "tick/game.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace ringtick {

class Drain;
struct HandoverStats;
struct HandoverStats;
class KeptReplays;
class Moments;
class Operator;
class Room;
class ShownRoom;
struct RecordStats;

// How ticks kept time. Their start is when the loop woke for them.
struct TickTimes {
    Histogram late;  // From the deadline to the start.
    Histogram work;  // From the start to the last send.
};

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
    std::uint64_t ticks_overrun = 0;  // Their work lasted past the next one's deadline.
    // When the last tick began: all that was sent before it has been gathered, so what is left are
    // those whose socket had no room for all of it.
    std::uint32_t sends_in_flight = 0;

    // Ticks that somebody watched and, as a control, those that nobody did: the same pacing on the
    // same machine with nothing to do, though at another time.
    TickTimes played;
    TickTimes idle;
    std::uint64_t idle_at_ns = 0;  // The last of these; 0: there was none.
    Histogram cqes_per_reap;       // Reaped in one turn, before the tick.
    Timeline timeline;
};

// The rooms' last seconds (server/kept_replays.hpp).
struct KeptStats {
    std::uint64_t downloads = 0;
    std::uint64_t busy = 0;     // Told to ask again.
    std::uint64_t bytes = 0;    // Of all rooms.
    std::uint64_t seconds = 0;  // Of the room that keeps the fewest.
};

// Of the last seconds, those that stay (server/moments.hpp).
struct MomentStats {
    std::uint64_t kept = 0;
    std::uint64_t count_max = 0;  // 0: none can be kept.
    std::uint64_t failed = 0;     // The disk did not take them.
};

// Everything there is to report, in one place, by reference: what is written is what is counted.
struct Metrics {
    const LoopStats* loop = nullptr;
    const RingStats* ring = nullptr;
    const BufferRing* buffers = nullptr;
    const Connections* connections = nullptr;
    const RecordStats* record = nullptr;
    const Drain* drain = nullptr;
    const HandoverStats* handover = nullptr;
    const KeptReplays* kept = nullptr;
    const Moments* moments = nullptr;
    const Operator* owner = nullptr;
    std::uint32_t rate_hz = 0;
    bool sandboxed = false;
    std::uint64_t schema = 0;        // Of the messages and rules.
    std::string_view configuration;  // The line for the log.
    std::span<const std::unique_ptr<Room>> rooms;
    std::span<ShownRoom* const> shown_rooms;  // Those of them that show a recorded match.
};

// Each writes text to `out` and returns its size, or 0 if it does not fit. None allocates.
std::size_t write_prometheus(std::span<char> out, const Metrics& metrics);
std::size_t write_stats_json(std::span<char> out, const Metrics& metrics);
std::size_t write_rooms_json(std::span<char> out, const Metrics& metrics);
std::size_t write_replay_json(std::span<char> out, const Metrics& metrics);
// One line for the end of a run, of at most totals_size_max, with what getrusage(2) knows of the
// process.
constexpr std::size_t totals_size_max = 4'096;
std::size_t write_totals_json(std::span<char> out, const Metrics& metrics);

}  // namespace ringtick
