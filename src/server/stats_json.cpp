// The pages and the line that are JSON: /stats.json, /rooms, /replay, and a run's totals.
#include "server/metric_rows.hpp"
#include "server/metrics.hpp"
#include "server/process_usage.hpp"
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
void add_histograms(TextWriter& text, const Figures& figures, Detail detail) {
    for (const HistogramRow& row : histogram_rows(figures)) {
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
void add_control(TextWriter& text, const Figures& figures) {
    text.add(R"("idle_control_age_s":{:.1f},)", idle_control_age_s(figures.loop));
    if (figures.run_delay_ns) {
        text.add(R"("run_delay_s":{:.6f},)", static_cast<double>(*figures.run_delay_ns) / 1e9);
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
void add_slow_clients(TextWriter& text, const Figures& figures) {
    text.add(R"("slow_clients":[)");
    for (const ClientStats& client : std::span(figures.slow).first(figures.slow_count)) {
        text.add(R"({{"connection":{},"sent":{},"skipped":{},"rate":"1/{}","blocked":{}}},)",
                 client.connection.slot, client.snapshots_sent, client.snapshots_skipped,
                 client.rate_divisor, client.blocked);
    }
    text.trim(',');
    text.add("],");
}

// The directory is read by every page that looks for a match, again and again.
enum class About : std::uint8_t { place, game };

void add_room(TextWriter& text, const RoomFigures& room, About about) {
    text.add(R"({{"id":"{0}","path":"/play/{0}","number":{1},"players":{2},"players_max":{3},)",
             room.name.text(), room.number, room.players, room.players_max);
    text.add(R"("shard":{},"tick_p99_us":{},)", room.shard, room.tick_p99_ns / 1'000);
    if (about == About::game) {
        text.add(R"("game":{{)");
        for (const GameCounter& counter : room.all_counters()) {
            text.add(R"("{}":{},)", counter.name, counter.value);
        }
        text.trim(',');
        text.add("}},");
    }
    text.trim(',');
    text.add("}},");
}

void add_rooms(TextWriter& text, std::span<const RoomFigures> rooms, About about) {
    text.add(R"("rooms":[)");
    for (const RoomFigures& room : rooms) add_room(text, room, about);
    text.trim(',');
    text.add("],");
}

// How evenly the threads are used.
void add_shards(TextWriter& text, const Report& report) {
    text.add(R"("shards":[)");
    for (const Figures& shard : report.shards) {
        text.add(R"({{"connections":{},"players":{},"rooms":{},"ticks":{},"ticks_overrun":{},)",
                 shard.connections, shard.players(), shard.rooms.size(), shard.loop.ticks,
                 shard.loop.ticks_overrun);
        text.add(R"("tick_late_p99_us":{},"tick_work_p99_us":{},)",
                 shard.loop.played.late.percentile(990) / 1'000,
                 shard.loop.played.work.percentile(990) / 1'000);
        text.add(R"("allocations_after_warmup":{},"passed_on":{},"taken_in":{}}},)",
                 shard.loop.allocations_after_warmup, shard.net.passed_on, shard.net.taken_in);
    }
    text.trim(',');
    text.add("],");
}

// Which process this is of those that served one after the other.
void add_handover(TextWriter& text, const HandoverStats& stats) {
    text.add(R"("handovers":{},"handover_connections":{},"handover_pause_ms":{:.3f},)",
             stats.handovers, stats.connections_taken, static_cast<double>(stats.pause_ns) / 1e6);
    text.add(R"("handover_gap_ms":{:.3f},"handovers_failed":{},)",
             static_cast<double>(stats.gap_ns) / 1e6, stats.failed);
}

std::size_t close_object(TextWriter& text) {
    text.trim(',');
    text.add("}}\n");
    return text.size();
}

}  // namespace

std::size_t write_stats_json(std::span<char> out, const Report& report) {
    TextWriter text(out);
    const Figures& total = *report.total;
    const LoopStats& loop = total.loop;
    text.add(R"({{"uptime_s":{:.1f},"rate_hz":{},"connections":{},"players":{},)",
             static_cast<double>(loop.now_ns - loop.started_ns) / 1e9, report.rate_hz,
             total.connections, total.players());
    text.add(R"("schema":"{:016x}","configuration":"{}",)", report.schema, report.configuration);
    const OpensslMemory tls_memory = openssl_memory();
    text.add(R"("tls_connections":{},"tls_waiting":{},"tls_memory_bytes":{},)",
             total.tls_connections, total.tls_waiting, tls_memory.used);
    text.add(R"("tls_memory_touched":{},"tls_memory_refused":{},)", tls_memory.touched,
             tls_memory.refused);
    text.add(R"("shown_rooms":{},"receive_buffers_lent":{},"draining":{},)",
             report.shown_rooms.size(), total.buffers_lent, total.draining);
    text.add(R"("sandboxed":{},)", report.sandboxed);
    text.add(R"("kept_bytes":{},"kept_seconds":{},)", total.kept.bytes, total.kept.seconds);
    text.add(R"("moments_kept":{},"moments_max":{},)", total.moments.kept, total.moments.count_max);
    text.add(R"("operator":"{}",)", report.operator_kind);
    add_handover(text, total.handover);
    const CounterRows rows = counter_rows(total);
    for (const CounterRow& row : rows.span()) text.add(R"("{}":{},)", row.name, row.value);
    add_closed(text, total.net);
    add_histograms(text, total, Detail::buckets);
    add_control(text, total);
    text.add(R"("sockets_full":{},"sends_in_flight":{},)", total.sockets_full,
             loop.sends_in_flight);
    add_slow_clients(text, total);
    add_shards(text, report);
    add_rooms(text, report.total->rooms, About::game);
    return close_object(text);
}

std::size_t write_rooms_json(std::span<char> out, const Report& report) {
    TextWriter text(out);
    text.add(R"({{"tick_work_p99_us":{},"rooms_max":{},"shards":{},)",
             report.total->loop.played.work.percentile(990) / 1'000, report.rooms_max,
             report.shards.size());
    add_rooms(text, report.rooms, About::place);
    return close_object(text);
}

std::size_t write_replay_json(std::span<char> out, const Report& report) {
    TextWriter text(out);
    text.add(R"({{"rooms":[)");
    std::size_t number = 0;
    for (const ShownRoom* const room : report.shown_rooms) {
        const ShownRoom::Position at = room->position();
        text.add(R"({{"id":{},"tick":{},"play_s":{:.1f},"seeking":{},"as_recorded":{},)", ++number,
                 at.tick, static_cast<double>(at.tick) / report.rate_hz, at.seeking,
                 at.as_recorded);
        text.add(R"("bytes":{},"bytes_all":{}}},)", at.bytes, at.bytes_all);
    }
    text.trim(',');
    text.add("],");
    return close_object(text);
}

std::size_t write_totals_json(std::span<char> out, const Report& report) {
    TextWriter text(out);
    const ProcessUsage usage = process_usage();
    const LoopStats& loop = report.total->loop;
    const RingStats& ring = report.total->ring;
    const NetStats& net = report.total->net;
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
    text.add(R"("completions_stale":{},"shards":{},)", net.completions_stale, report.shards.size());
    add_histograms(text, *report.total, Detail::percentiles);
    add_control(text, *report.total);
    return close_object(text);
}

}  // namespace ringtick
