// What a thread has counted, copied; and what several have, added up.
#include "server/drain.hpp"
#include "server/handover.hpp"
#include "server/kept_replays.hpp"
#include "server/metrics.hpp"
#include "server/moments.hpp"
#include "server/process_usage.hpp"
#include "server/recording.hpp"
#include "server/rooms.hpp"

#include <unistd.h>

#include <algorithm>

namespace ringtick {

namespace {

RoomFigures figures_of(Room& room, std::uint32_t shard) {
    RoomFigures figures{.name = room.setup().name,
                        .number = room.setup().number,
                        .shard = shard,
                        .players = room.players(),
                        .players_max = static_cast<std::uint32_t>(room.players_max()),
                        .tick_p99_ns = room.tick_p99_ns(),
                        .messages_dropped = room.messages_dropped()};
    const auto counters = room.game().counters();
    const std::size_t count = std::min(counters.size(), RoomFigures::counters_max);
    std::ranges::copy(counters.first(count), figures.counters.begin());
    figures.counters_count = static_cast<std::uint32_t>(count);
    return figures;
}

// All of these are sums, and the largest of what is a time.
void add_up(const LoopStats& other, LoopStats& loop) {
    loop.ticks += other.ticks;
    loop.ticks_forgiven += other.ticks_forgiven;
    loop.broadcasts += other.broadcasts;
    loop.turns += other.turns;
    loop.allocations_after_warmup += other.allocations_after_warmup;
    loop.ticks_overrun += other.ticks_overrun;
    loop.sends_in_flight += other.sends_in_flight;
    loop.played.late.add(other.played.late);
    loop.played.work.add(other.played.work);
    loop.idle.late.add(other.idle.late);
    loop.idle.work.add(other.idle.work);
    loop.idle_at_ns = std::max(loop.idle_at_ns, other.idle_at_ns);
    loop.now_ns = std::max(loop.now_ns, other.now_ns);
    loop.cqes_per_reap.add(other.cqes_per_reap);
}

void add_up(const RingStats& other, RingStats& ring) {
    ring.sqes_per_enter.add(other.sqes_per_enter);
    ring.completions += other.completions;
    ring.submission_queue_full += other.submission_queue_full;
    ring.busy += other.busy;
    ring.cq_overflow += other.cq_overflow;
}

void add_up(const CompressionStats& other, CompressionStats& stats) {
    stats.messages += other.messages;
    stats.bytes_plain += other.bytes_plain;
    stats.bytes_compressed += other.bytes_compressed;
}

void add_up(const KeptStats& other, KeptStats& kept, bool has_no_room) {
    kept.downloads += other.downloads;
    kept.busy += other.busy;
    kept.bytes += other.bytes;
    if (!has_no_room) kept.seconds = std::min(kept.seconds, other.seconds);
}

}  // namespace

void collect(const FiguresParts& parts, Figures& figures) {
    const Connections& connections = parts.connections;
    figures.loop = parts.loop;
    figures.ring = parts.ring.stats();
    figures.net = connections.stats();
    if (const Compression* const compression = connections.compression(); compression != nullptr) {
        figures.inflated = compression->inflater.stats();
        figures.deflated = compression->deflater.stats();
    }
    figures.record = parts.recording.stats();
    figures.handover = parts.handover.stats;
    figures.kept = parts.kept.stats();
    figures.moments = parts.moments.stats();
    figures.connections = connections.count();
    figures.tls_connections = connections.tls_count();
    figures.tls_waiting = connections.tls_waiting_count();
    figures.buffers_lent = parts.buffers.lent();
    figures.sockets_full = connections.blocked_count();
    figures.memory_fixed = connections.memory_fixed();
    figures.memory_reserved = connections.memory_reserved();
    figures.draining = parts.drain.on();
    thread_local const int thread = gettid();
    figures.thread = thread;
    figures.slow_count = connections.slowest(figures.slow);
    figures.room_stats = parts.rooms.stats();
    figures.rooms.clear();
    for (const auto& room : parts.rooms.all()) {
        figures.rooms.push_back(figures_of(*room, parts.rooms.place().number));
    }
}

void add_up(const Figures& of_another, Figures& figures) {
    add_up(of_another.loop, figures.loop);
    add_up(of_another.ring, figures.ring);
    figures.net.add(of_another.net);
    add_up(of_another.inflated, figures.inflated);
    add_up(of_another.deflated, figures.deflated);
    figures.record.bytes += of_another.record.bytes;
    figures.record.failed = figures.record.failed || of_another.record.failed;
    figures.record.rooms_ended += of_another.record.rooms_ended;
    // Who has no room keeps nothing, and is not the one that keeps the fewest.
    if (figures.rooms.empty()) figures.kept.seconds = of_another.kept.seconds;
    add_up(of_another.kept, figures.kept, of_another.rooms.empty());
    figures.moments.kept += of_another.moments.kept;
    figures.moments.failed += of_another.moments.failed;
    figures.room_stats.made += of_another.room_stats.made;
    figures.room_stats.ended += of_another.room_stats.ended;
    figures.room_stats.refused += of_another.room_stats.refused;
    figures.connections += of_another.connections;
    figures.tls_connections += of_another.tls_connections;
    figures.tls_waiting += of_another.tls_waiting;
    figures.buffers_lent += of_another.buffers_lent;
    figures.sockets_full += of_another.sockets_full;
    figures.memory_fixed += of_another.memory_fixed;
    figures.memory_reserved += of_another.memory_reserved;
    figures.draining = figures.draining || of_another.draining;
    if (figures.run_delay_ns && of_another.run_delay_ns) {
        *figures.run_delay_ns += *of_another.run_delay_ns;
    }
    figures.rooms.insert(figures.rooms.end(), of_another.rooms.begin(), of_another.rooms.end());
}

}  // namespace ringtick
