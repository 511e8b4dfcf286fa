// The pages and the line that are JSON: /stats.json, /rooms, /replay, and a run's totals.
#include "server/drain.hpp"
#include "server/handover.hpp"
#include "server/kept_replays.hpp"
#include "server/metric_rows.hpp"
#include "server/metrics.hpp"
#include "server/moments.hpp"
#include "server/operator.hpp"
#include "server/process_usage.hpp"
#include "server/room.hpp"
#include "server/shown_room.hpp"
#include "server/text_writer.hpp"
#include "tls/memory.hpp"

#include <array>
#include <span>

namespace ringtick {

namespace {

// Each of these ends in a comma; whoever closes the list takes the last one back.

// How many were below 1,024 ns, then in each doubling of that, and in the last one all that were
// longer.
void add_buckets(TextWriter& text, const Histogram& values) {
    constexpr unsigned first_bits = 10;
    constexpr unsigned last_bits = 27;  // 134 ms: no tick is longer, if all is well.
    text.add(R"("buckets":[)");
    std::uint64_t below = 0;
    for (unsigned bits = first_bits; bits <= last_bits; ++bits) {
        const std::uint64_t count = values.count_up_to((std::uint64_t{1} << bits) - 1);
        text.add("{},", count - below);
        below = count;
    }
    text.add("{}],", values.total() - below);
}

enum class Detail : std::uint8_t { percentiles, buckets };

// Times are recorded in nanoseconds and shown in microseconds.
void add_histograms(TextWriter& text, const Metrics& metrics, Detail detail) {
    for (const HistogramRow& row : histogram_rows(metrics)) {
        const bool time = row.unit == HistogramRow::Unit::nanoseconds;
        const std::uint64_t divisor = time ? 1'000 : 1;
        const Histogram& values = *row.values;
        text.add(R"("{}{}":{{)", row.name, time ? "_us" : "");
        if (time && detail == Detail::buckets) add_buckets(text, values);
        text.add(R"("count":{},"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}},)", values.total(),
                 values.percentile(500) / divisor, values.percentile(900) / divisor,
                 values.percentile(990) / divisor, values.percentile(999) / divisor,
                 values.max() / divisor);
    }
}

// How calm the machine was: what the lateness of a tick is to be read beside.
void add_control(TextWriter& text, const LoopStats& loop) {
    text.add(R"("idle_control_age_s":{:.1f},)", idle_control_age_s(loop));
    if (const auto delay = run_delay_ns()) {
        text.add(R"("run_delay_s":{:.6f},)", static_cast<double>(*delay) / 1e9);
    }
}

void add_closed(TextWriter& text, const NetStats& net) {
    text.add(R"("closed":{{)");
    for (std::size_t reason = 0; reason < close_reasons_count; ++reason) {
        text.add(R"("{}":{},)", name_of(static_cast<CloseReason>(reason)), net.closed[reason]);
    }
    text.trim(',');
    text.add("}},");
}

// Those who missed most snapshots: a few, for the page has a bound.
void add_slow_clients(TextWriter& text, const Connections& connections) {
    std::array<ClientStats, 16> clients;
    text.add(R"("slow_clients":[)");
    for (const ClientStats& client : std::span(clients).first(connections.slowest(clients))) {
        text.add(R"({{"connection":{},"sent":{},"skipped":{},"rate":"1/{}","blocked":{}}},)",
                 client.connection.slot, client.snapshots_sent, client.snapshots_skipped,
                 client.rate_divisor, client.blocked);
    }
    text.trim(',');
    text.add("],");
}

void add_room(TextWriter& text, std::size_t number, Room& room) {
    text.add(R"({{"id":{0},"path":"/play/{0}","players":{1},"players_max":{2},)", number,
             room.players(), room.players_max());
    text.add(R"("tick_p99_us":{},"game":{{)", room.tick_p99_ns() / 1'000);
    for (const GameCounter& counter : room.game().counters()) {
        text.add(R"("{}":{},)", counter.name, counter.value);
    }
    text.trim(',');
    text.add("}}}},");
}

void add_rooms(TextWriter& text, const Metrics& metrics) {
    text.add(R"("rooms":[)");
    std::size_t number = 0;
    for (const auto& room : metrics.rooms) add_room(text, ++number, *room);
    text.trim(',');
    text.add("],");
}

// Which process this is of those that served one after the other.
void add_handover(TextWriter& text, const HandoverStats* stats) {
    if (stats == nullptr) return;
    text.add(R"("handovers":{},"handover_connections":{},"handover_pause_ms":{:.3f},)",
             stats->handovers, stats->connections_taken,
             static_cast<double>(stats->pause_ns) / 1e6);
    text.add(R"("handover_gap_ms":{:.3f},"handovers_failed":{},)",
             static_cast<double>(stats->gap_ns) / 1e6, stats->failed);
}

std::size_t close_object(TextWriter& text) {
    text.trim(',');
    text.add("}}\n");
    return text.size();
}

}  // namespace

std::size_t write_stats_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    const LoopStats& loop = *metrics.loop;
    text.add(R"({{"uptime_s":{:.1f},"rate_hz":{},"connections":{},"players":{},)",
             static_cast<double>(loop.now_ns - loop.started_ns) / 1e9, metrics.rate_hz,
             metrics.connections->count(), players_of(metrics));
    text.add(R"("schema":"{:016x}","configuration":"{}",)", metrics.schema, metrics.configuration);
    const OpensslMemory tls_memory = openssl_memory();
    text.add(R"("tls_connections":{},"tls_waiting":{},"tls_memory_bytes":{},)",
             metrics.connections->tls_count(), metrics.connections->tls_waiting_count(),
             tls_memory.used);
    text.add(R"("tls_memory_touched":{},"tls_memory_refused":{},)", tls_memory.touched,
             tls_memory.refused);
    text.add(R"("shown_rooms":{},"receive_buffers_lent":{},"draining":{},)",
             metrics.shown_rooms.size(), metrics.buffers->lent(), metrics.drain->on());
    text.add(R"("sandboxed":{},)", metrics.sandboxed);
    const KeptStats kept = metrics.kept->stats();
    text.add(R"("kept_bytes":{},"kept_seconds":{},)", kept.bytes, kept.seconds);
    const MomentStats moments = metrics.moments->stats();
    text.add(R"("moments_kept":{},"moments_max":{},)", moments.kept, moments.count_max);
    text.add(R"("operator":"{}",)", metrics.owner->kind());
    add_handover(text, metrics.handover);
    const CounterRows rows = counter_rows(metrics);
    for (const CounterRow& row : rows.span()) text.add(R"("{}":{},)", row.name, row.value);
    add_closed(text, metrics.connections->stats());
    add_histograms(text, metrics, Detail::buckets);
    add_control(text, loop);
    text.add(R"("sockets_full":{},"sends_in_flight":{},)", metrics.connections->blocked_count(),
             loop.sends_in_flight);
    add_slow_clients(text, *metrics.connections);
    add_rooms(text, metrics);
    return close_object(text);
}

std::size_t write_rooms_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    text.add(R"({{"tick_work_p99_us":{},)", metrics.loop->played.work.percentile(990) / 1'000);
    add_rooms(text, metrics);
    return close_object(text);
}

std::size_t write_replay_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    text.add(R"({{"rooms":[)");
    std::size_t number = 0;
    for (const ShownRoom* const room : metrics.shown_rooms) {
        const ShownRoom::Position at = room->position();
        text.add(R"({{"id":{},"tick":{},"play_s":{:.1f},"seeking":{},"as_recorded":{},)", ++number,
                 at.tick, static_cast<double>(at.tick) / metrics.rate_hz, at.seeking,
                 at.as_recorded);
        text.add(R"("bytes":{},"bytes_all":{}}},)", at.bytes, at.bytes_all);
    }
    text.trim(',');
    text.add("],");
    return close_object(text);
}

std::size_t write_totals_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    const ProcessUsage usage = process_usage();
    const LoopStats& loop = *metrics.loop;
    const RingStats& ring = *metrics.ring;
    const NetStats& net = metrics.connections->stats();
    text.add(R"({{"ticks":{},"broadcasts":{},"sent":{},"skipped":{},"thinned":{},"received":{},)",
             loop.ticks, loop.broadcasts, net.snapshots_sent + net.messages_sent,
             net.snapshots_skipped, net.snapshots_thinned, net.messages_received);
    text.add(R"("cpu_user_s":{:.3f},"cpu_sys_s":{:.3f},"rss_kib":{},)", usage.cpu_user_s,
             usage.cpu_sys_s, usage.resident_kib);
    text.add(R"("ctx_voluntary":{},"ctx_involuntary":{},"enters":{},)", usage.switches_voluntary,
             usage.switches_involuntary, ring.enters());
    if (loop.allocations_counted) {
        text.add(R"("allocations_after_warmup":{},)", loop.allocations_after_warmup);
    }
    text.add(R"("ticks_forgiven":{},"ticks_overrun":{},"opened":{},"cq_overflow":{},)",
             loop.ticks_forgiven, loop.ticks_overrun, net.opened, ring.cq_overflow);
    text.add(R"("completions_stale":{},)", net.completions_stale);
    add_histograms(text, metrics, Detail::percentiles);
    add_control(text, loop);
    return close_object(text);
}

}  // namespace ringtick
