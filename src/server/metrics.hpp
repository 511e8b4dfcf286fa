#pragma once

#include "base/histogram.hpp"
#include "net/connections.hpp"
#include "net/stats.hpp"
#include "server/room_setup.hpp"
#include "server/timeline.hpp"
#include "tick/game.hpp"
#include "uring/buffer_ring.hpp"
#include "uring/ring.hpp"
#include "ws/compression_stats.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringtick {

class Drain;
class Handover;
class KeptReplays;
class Moments;
class Recording;
class Rooms;
class ShownRoom;

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

// The recording (server/recording.hpp).
struct RecordStats {
    std::uint64_t bytes = 0;  // Durable: a crash of the machine leaves them.
    bool failed = false;
    std::size_t rooms_ended = 0;  // Of which no more is recorded, for they were told too much.
};

// Processes that served one after the other (server/handover.hpp).
struct HandoverStats {
    std::uint64_t handovers = 0;          // Until this process serves, one after the other.
    std::uint64_t connections_taken = 0;  // At the last one.
    std::uint64_t pause_ns = 0;           // From the last one's receiving nothing more to here.
    std::uint64_t gap_ns = 0;             // From its last tick to the first one here.
    std::uint64_t failed = 0;             // Of this process's own, after "ready".
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

// Rooms that came and went (server/rooms.hpp).
struct RoomStats {
    std::uint64_t made = 0;  // On demand.
    std::uint64_t ended = 0;
    std::uint64_t refused = 0;  // Players told 503: no place for another room, or none in it.
};

// One room, as it was when somebody looked.
struct RoomFigures {
    // As many as page_size_max() reckons with; what is more is left out.
    static constexpr std::size_t counters_max = 24;

    RoomName name;
    std::uint32_t number = 0;  // From 1 on.
    std::uint32_t shard = 0;
    std::uint32_t players = 0;
    std::uint32_t players_max = 0;
    std::uint64_t tick_p99_ns = 0;
    std::uint64_t messages_dropped = 0;
    std::uint32_t counters_count = 0;
    std::array<GameCounter, counters_max> counters{};

    std::span<const GameCounter> all_counters() const {
        return std::span(counters).first(counters_count);
    }
};

// What one thread has counted, as plain values that others may have a copy of.
struct Figures {
    LoopStats loop;
    RingStats ring;
    NetStats net;
    CompressionStats inflated;
    CompressionStats deflated;
    RecordStats record;
    HandoverStats handover;
    KeptStats kept;
    MomentStats moments;
    RoomStats room_stats;
    std::uint32_t connections = 0;
    std::uint32_t tls_connections = 0;
    std::uint32_t tls_waiting = 0;
    std::uint32_t buffers_lent = 0;
    std::uint32_t sockets_full = 0;
    std::size_t memory_fixed = 0;
    std::size_t memory_reserved = 0;
    bool draining = false;
    int thread = 0;                             // gettid(2).
    std::optional<std::uint64_t> run_delay_ns;  // Of that, read when somebody asks.
    // Those who missed most snapshots: a few, for a page has a bound.
    std::array<ClientStats, 16> slow{};
    std::size_t slow_count = 0;
    std::vector<RoomFigures> rooms;  // The lowest number first.

    std::uint32_t players() const {
        std::uint32_t players = 0;
        for (const RoomFigures& room : rooms) players += room.players;
        return players;
    }
};

// Where a thread's figures are found.
struct FiguresParts {
    const LoopStats& loop;
    const Ring& ring;
    const BufferRing& buffers;
    const Connections& connections;
    const Recording& recording;
    const Drain& drain;
    const Handover& handover;
    const KeptReplays& kept;
    const Moments& moments;
    const Rooms& rooms;
};

// Copies them all. Allocates only while `figures` has never had so many rooms.
void collect(const FiguresParts& parts, Figures& figures);
// Adds up what can be, and puts the rooms behind those that are there.
void add_up(const Figures& of_another, Figures& figures);

// What every page is written from.
struct Report {
    std::span<const Figures> shards;  // One for each thread.
    const Figures* total = nullptr;   // Of all of them.
    // Who is where as of now, while `total` knows other threads' rooms as of the last second.
    std::span<const RoomFigures> rooms;
    std::uint32_t rate_hz = 0;
    std::uint32_t rooms_max = 0;
    bool sandboxed = false;
    std::uint64_t schema = 0;  // Of the messages and rules.
    const char* operator_kind = "";
    std::string_view configuration;           // The line for the log.
    std::span<ShownRoom* const> shown_rooms;  // Those rooms that show a recorded match.
};

// Each writes text to `out` and returns its size, or 0 if it does not fit. None allocates.
std::size_t write_prometheus(std::span<char> out, const Report& report);
std::size_t write_stats_json(std::span<char> out, const Report& report);
std::size_t write_rooms_json(std::span<char> out, const Report& report);
std::size_t write_replay_json(std::span<char> out, const Report& report);
// One line for the end of a run, of at most totals_size_max, with what getrusage(2) knows of the
// process.
constexpr std::size_t totals_size_max = 4'096;
std::size_t write_totals_json(std::span<char> out, const Report& report);

}  // namespace ringtick
