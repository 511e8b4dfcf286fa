#include "server/metrics.hpp"

#include "base/assert.hpp"
#include "server/room.hpp"
#include "server/text_writer.hpp"

#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstring>

namespace ringtick {

namespace {

// One counter: what it is called, what it means, how it is read. The same list serves every format.
struct Row {
    const char* name;
    const char* help;
    std::uint64_t value;
};

constexpr std::size_t rows_max = 64;

struct Rows {
    std::array<Row, rows_max> all;
    std::size_t count = 0;

    void add(const char* name, const char* help, std::uint64_t value) {
        ASSERT(count < rows_max);
        all[count] = {name, help, value};
        count += 1;
    }
    std::span<const Row> span() const { return std::span(all).first(count); }
};

void add_loop_rows(Rows& rows, const Metrics& metrics) {
    const LoopStats& loop = *metrics.loop;
    const RingStats& ring = *metrics.ring;
    rows.add("ticks", "Ticks run", loop.ticks);
    rows.add("ticks_forgiven", "Ticks left out after a stall", loop.ticks_forgiven);
    rows.add("broadcasts", "Ticks whose result was shown", loop.broadcasts);
    rows.add("turns", "Times the loop woke", loop.turns);
    rows.add("enters", "System calls made for the ring", ring.enters);
    rows.add("submitted", "Requests submitted to the ring", ring.submitted);
    rows.add("completions", "Completions reaped", ring.completions);
    rows.add("submission_queue_full", "Submissions made early, for want of room in the queue",
             ring.submission_queue_full);
    rows.add("busy", "Submissions put off until completions were reaped, expected 0", ring.busy);
    rows.add("cq_overflow", "Completion queue overflows, expected 0", ring.cq_overflow);
}

void add_net_rows(Rows& rows, const NetStats& net) {
    rows.add("accepted", "Connections accepted", net.accepted);
    rows.add("accept_failures", "Accepts refused by the machine; accepting paused",
             net.accept_failures);
    rows.add("refused_full", "Connections told 503", net.refused_full);
    rows.add("refused_per_ip", "Connections and requests told 429: their address had too many",
             net.refused_per_ip);
    rows.add("proxy_headers", "PROXY headers read", net.proxy_headers);
    rows.add("proxy_headers_malformed", "Connections closed for a malformed PROXY header",
             net.proxy_headers_malformed);
    rows.add("requests", "HTTP requests", net.requests);
    rows.add("requests_refused", "HTTP requests refused", net.requests_refused);
    rows.add("opened", "Opening handshakes completed", net.opened);
    rows.add("bytes_received", "Bytes received", net.bytes_received);
    rows.add("receives", "Receive completions that brought bytes", net.receives);
    rows.add("messages_received", "WebSocket messages received", net.messages_received);
    rows.add("pings_received", "WebSocket pings received", net.pings_received);
    rows.add("receive_starved", "Receives that found no free buffer", net.receive_starved);
    rows.add("receive_throttled", "Receives put off to the next tick", net.receive_throttled);
    rows.add("messages_sent", "Messages that must arrive, sent", net.messages_sent);
    rows.add("snapshots_sent", "Snapshots handed to a socket", net.snapshots_sent);
    rows.add("snapshots_skipped", "Snapshots skipped: the client was behind",
             net.snapshots_skipped);
    rows.add("snapshots_partial", "Snapshots sent in two pieces", net.snapshots_partial);
    rows.add("completions_stale", "Completions for a connection that was gone",
             net.completions_stale);
}

// Shown also when compression is off: a page always has the same rows.
void add_compression_rows(Rows& rows, const Compression* compression) {
    CompressionStats inflated;
    CompressionStats deflated;
    if (compression != nullptr) {
        inflated = compression->inflater.stats();
        deflated = compression->deflater.stats();
    }
    rows.add("messages_inflated", "Messages that came compressed", inflated.messages);
    rows.add("inflate_bytes_in", "Bytes of them as they came", inflated.bytes_compressed);
    rows.add("inflate_bytes_out", "Bytes of them inflated", inflated.bytes_plain);
    rows.add("messages_deflated", "Messages compressed, a shared one once for each window",
             deflated.messages);
    rows.add("deflate_bytes_in", "Bytes of them before", deflated.bytes_plain);
    rows.add("deflate_bytes_out", "Bytes of them compressed", deflated.bytes_compressed);
}

std::uint64_t messages_dropped(const Metrics& metrics) {
    std::uint64_t dropped = 0;
    for (const auto& room : metrics.rooms) dropped += room->messages_dropped();
    return dropped;
}

Rows rows_of(const Metrics& metrics) {
    Rows rows;
    add_loop_rows(rows, metrics);
    add_net_rows(rows, metrics.connections->stats());
    add_compression_rows(rows, metrics.connections->compression());
    rows.add("inbox_dropped", "Messages that did not fit a room's inbox",
             messages_dropped(metrics));
    if (metrics.loop->allocations_counted) {
        rows.add("allocations_after_warmup", "Heap allocations since the loop began, expected 0",
                 metrics.loop->allocations_after_warmup);
    }
    return rows;
}

void add_histogram(TextWriter& text, const char* name, const char* help, const Histogram& values) {
    text.add("# HELP ringtick_{0} {1}\n# TYPE ringtick_{0} histogram\n", name, help);
    for (const std::uint64_t bound_us :
         {10U, 50U, 100U, 250U, 500U, 1'000U, 2'500U, 5'000U, 10'000U, 25'000U, 100'000U}) {
        text.add("ringtick_{}_bucket{{le=\"{}\"}} {}\n", name, static_cast<double>(bound_us) / 1e6,
                 values.count_up_to(bound_us * 1'000));
    }
    text.add(
        "ringtick_{0}_bucket{{le=\"+Inf\"}} {1}\nringtick_{0}_sum {2}\nringtick_{0}_count {1}\n",
        name, values.total(), static_cast<double>(values.sum()) / 1e9);
}

// In powers of four, as they come: a turn reaps one completion, or one of each player.
void add_reaps(TextWriter& text, const Histogram& reaps) {
    constexpr const char* name = "completions_per_turn";
    text.add("# HELP ringtick_{0} Completions reaped at once\n# TYPE ringtick_{0} histogram\n",
             name);
    for (std::uint64_t bound = 1; bound <= 16'384; bound *= 4) {
        text.add("ringtick_{}_bucket{{le=\"{}\"}} {}\n", name, bound, reaps.count_up_to(bound));
    }
    text.add(
        "ringtick_{0}_bucket{{le=\"+Inf\"}} {1}\nringtick_{0}_sum {2}\nringtick_{0}_count {1}\n",
        name, reaps.total(), reaps.sum());
}

// All samples of one name stand together, as the format demands. A game may let its figures fall as
// well as rise ("people"), so they are no counters to Prometheus.
void add_game_counters(TextWriter& text, std::span<const std::unique_ptr<Room>> rooms) {
    if (rooms.empty()) return;
    const std::size_t count = rooms.front()->game().counters().size();
    for (std::size_t i = 0; i < count; ++i) {
        const char* const name = rooms.front()->game().counters()[i].name;
        text.add("# HELP ringtick_game_{0} The game's own\n# TYPE ringtick_game_{0} gauge\n", name);
        for (std::size_t room = 0; room < rooms.size(); ++room) {
            const auto counters = rooms[room]->game().counters();
            ASSERT(counters.size() == count);  // The rooms play one game.
            text.add("ringtick_game_{}{{room=\"{}\"}} {}\n", name, room + 1, counters[i].value);
        }
    }
}

// Times are recorded in nanoseconds and shown in microseconds; what has no unit is shown as it is.
void add_percentiles(TextWriter& text,
                     const char* name,
                     const Histogram& values,
                     std::uint64_t divisor = 1'000) {
    text.add(R"("{}":{{"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}},)", name,
             values.percentile(500) / divisor, values.percentile(900) / divisor,
             values.percentile(990) / divisor, values.percentile(999) / divisor,
             values.max() / divisor);
}

std::uint32_t players_of(const Metrics& metrics) {
    std::uint32_t players = 0;
    for (const auto& room : metrics.rooms) players += room->players();
    return players;
}

void add_room(TextWriter& text, std::size_t number, Room& room) {
    text.add(R"({{"id":{0},"path":"/play/{0}","players":{1},"players_max":{2},"game":{{)", number,
             room.players(), room.players_max());
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
    text.add("]");
}

std::uint64_t resident_kib() {
    std::FILE* const file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    unsigned long total = 0;
    unsigned long resident = 0;
    const int fields = std::fscanf(file, "%lu %lu", &total, &resident);
    std::fclose(file);
    return fields == 2 ? resident * 4 : 0;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::size_t write_prometheus(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    const Rows rows = rows_of(metrics);
    for (const Row& row : rows.span()) {
        text.add(
            "# HELP ringtick_{0}_total {1}\n# TYPE ringtick_{0}_total counter\n"
            "ringtick_{0}_total {2}\n",
            row.name, row.help, row.value);
    }
    text.add(
        "# HELP ringtick_closed_total Connections ended, by reason\n"
        "# TYPE ringtick_closed_total counter\n");
    for (std::size_t reason = 0; reason < close_reasons_count; ++reason) {
        text.add("ringtick_closed_total{{reason=\"{}\"}} {}\n",
                 name_of(static_cast<CloseReason>(reason)),
                 metrics.connections->stats().closed[reason]);
    }
    text.add(
        "# HELP ringtick_connections Connections now\n# TYPE ringtick_connections gauge\n"
        "ringtick_connections {}\n",
        metrics.connections->count());
    text.add(
        "# HELP ringtick_receive_buffers_lent Receive buffers not yet given back, expected 1: the "
        "one with this question\n# TYPE ringtick_receive_buffers_lent gauge\n"
        "ringtick_receive_buffers_lent {}\n",
        metrics.buffers->lent());
    text.add(
        "# HELP ringtick_players Players now\n# TYPE ringtick_players gauge\n"
        "ringtick_players {}\n",
        players_of(metrics));
    add_histogram(text, "tick_late_seconds", "From a tick's deadline to its start",
                  metrics.loop->tick_late);
    add_histogram(text, "tick_work_seconds", "From a tick's start to its last send",
                  metrics.loop->tick_work);
    add_reaps(text, metrics.loop->wait_reaps);
    add_game_counters(text, metrics.rooms);
    return text.size();
}

std::size_t write_stats_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    const LoopStats& loop = *metrics.loop;
    text.add(R"({{"uptime_s":{:.1f},"rate_hz":{},"connections":{},"players":{},)",
             static_cast<double>(loop.now_ns - loop.started_ns) / 1e9, metrics.rate_hz,
             metrics.connections->count(), players_of(metrics));
    text.add(R"("receive_buffers_lent":{},)", metrics.buffers->lent());
    const Rows rows = rows_of(metrics);
    for (const Row& row : rows.span()) text.add(R"("{}":{},)", row.name, row.value);
    text.add(R"("closed":{{)");
    for (std::size_t reason = 0; reason < close_reasons_count; ++reason) {
        text.add(R"("{}":{},)", name_of(static_cast<CloseReason>(reason)),
                 metrics.connections->stats().closed[reason]);
    }
    text.trim(',');
    text.add("}},");
    add_percentiles(text, "tick_late_us", loop.tick_late);
    add_percentiles(text, "tick_work_us", loop.tick_work);
    add_percentiles(text, "completions_per_turn", loop.wait_reaps, 1);
    add_rooms(text, metrics);
    text.add("}}\n");
    return text.size();
}

std::size_t write_rooms_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    text.add(R"({{"tick_work_p99_us":{},)", metrics.loop->tick_work.percentile(990) / 1'000);
    add_rooms(text, metrics);
    text.add("}}\n");
    return text.size();
}

std::size_t write_totals_json(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const LoopStats& loop = *metrics.loop;
    const NetStats& net = metrics.connections->stats();
    text.add(R"({{"ticks":{},"sent":{},"skipped":{},"received":{},)", loop.ticks,
             net.snapshots_sent + net.messages_sent, net.snapshots_skipped, net.messages_received);
    text.add(R"("cpu_user_s":{:.3f},"cpu_sys_s":{:.3f},"rss_kib":{},)", seconds(usage.ru_utime),
             seconds(usage.ru_stime), resident_kib());
    text.add(R"("ctx_voluntary":{},"ctx_involuntary":{},"enters":{})", usage.ru_nvcsw,
             usage.ru_nivcsw, metrics.ring->enters);
    if (loop.allocations_counted) {
        text.add(R"(,"allocations_after_warmup":{})", loop.allocations_after_warmup);
    }
    text.add(R"(,"ticks_forgiven":{},"opened":{},"cq_overflow":{},)", loop.ticks_forgiven,
             net.opened, metrics.ring->cq_overflow);
    add_percentiles(text, "tick_late_us", loop.tick_late);
    add_percentiles(text, "tick_work_us", loop.tick_work);
    text.trim(',');
    text.add("}}\n");
    return text.size();
}

}  // namespace ringtick
