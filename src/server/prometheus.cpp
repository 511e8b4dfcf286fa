// /metrics: the text format of Prometheus, version 0.0.4.
#include "base/assert.hpp"
#include "server/drain.hpp"
#include "server/kept_replays.hpp"
#include "server/metric_rows.hpp"
#include "server/metrics.hpp"
#include "server/moments.hpp"
#include "server/process_usage.hpp"
#include "server/room.hpp"
#include "server/text_writer.hpp"
#include "tls/memory.hpp"

#include <array>
#include <string_view>

namespace ringtick {

namespace {

template <class T>
void add_one(TextWriter& text, const char* name, const char* help, const char* type, T value) {
    text.add("# HELP ringtick_{0} {1}\n# TYPE ringtick_{0} {2}\nringtick_{0} {3}\n", name, help,
             type, value);
}

void add_counters(TextWriter& text, const Metrics& metrics) {
    const CounterRows rows = counter_rows(metrics);
    for (const CounterRow& row : rows.span()) {
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
    add_one(text, "tls_memory_refused_total", "Blocks for which OpenSSL's memory had no room",
            "counter", openssl_memory().refused);
    if (const auto delay = run_delay_ns()) {
        add_one(text, "run_delay_seconds_total",
                "Time the loop was ready to run and another had its core", "counter",
                static_cast<double>(*delay) / 1e9);
    }
}

void add_gauges(TextWriter& text, const Metrics& metrics) {
    add_one(text, "connections", "Connections now", "gauge", metrics.connections->count());
    add_one(text, "tls_connections", "Connections now whose TLS handshake is done", "gauge",
            metrics.connections->tls_count());
    add_one(text, "tls_waiting", "Connections whose TLS handshake waits for its turn", "gauge",
            metrics.connections->tls_waiting_count());
    add_one(text, "tls_memory_bytes", "Of OpenSSL's memory, in use", "gauge",
            openssl_memory().used);
    add_one(text, "tls_memory_touched_bytes", "The most that OpenSSL's memory ever was", "gauge",
            openssl_memory().touched);
    add_one(text, "receive_buffers_lent",
            "Receive buffers not yet given back, expected 1: the one with this question", "gauge",
            metrics.buffers->lent());
    add_one(text, "sockets_full", "Clients whose socket takes no snapshot now", "gauge",
            metrics.connections->blocked_count());
    add_one(text, "sends_in_flight",
            "Sends that the kernel still had when the last tick began, for want of room in a "
            "socket; snapshots are none: they go at once or not at all",
            "gauge", metrics.loop->sends_in_flight);
    add_one(text, "players", "Players now", "gauge", players_of(metrics));
    add_one(text, "draining", "Whether newcomers are refused, by the operator's wish", "gauge",
            metrics.drain->on() ? 1 : 0);
    add_one(text, "sandboxed", "Whether the process has given up what it has no use for", "gauge",
            metrics.sandboxed ? 1 : 0);
    const KeptStats kept = metrics.kept->stats();
    add_one(text, "kept_bytes", "Of all rooms' last seconds, kept for download", "gauge",
            kept.bytes);
    add_one(text, "kept_seconds", "Of the room that keeps the fewest", "gauge", kept.seconds);
    add_one(text, "moments_max", "As many of them as may be; 0: none are kept", "gauge",
            metrics.moments->stats().count_max);
    add_one(text, "moments_kept", "Moments that stay, each at its address", "gauge",
            metrics.moments->stats().kept);
    add_one(text, "idle_control_age_seconds",
            "Since the last tick without a player, the last of the idle control", "gauge",
            idle_control_age_s(*metrics.loop));
}

void add_times(TextWriter& text, const HistogramRow& row) {
    const Histogram& values = *row.values;
    text.add("# HELP ringtick_{0}_seconds {1}\n# TYPE ringtick_{0}_seconds histogram\n", row.name,
             row.help);
    for (const std::uint64_t bound_us :
         {10U, 50U, 100U, 250U, 500U, 1'000U, 2'500U, 5'000U, 10'000U, 25'000U, 100'000U}) {
        text.add("ringtick_{}_seconds_bucket{{le=\"{}\"}} {}\n", row.name,
                 static_cast<double>(bound_us) / 1e6, values.count_up_to(bound_us * 1'000));
    }
    text.add(
        "ringtick_{0}_seconds_bucket{{le=\"+Inf\"}} {1}\nringtick_{0}_seconds_sum {2}\n"
        "ringtick_{0}_seconds_count {1}\n",
        row.name, values.total(), static_cast<double>(values.sum()) / 1e9);
}

// In powers of four, less one: there the buckets in which they were counted have an edge.
void add_things(TextWriter& text, const HistogramRow& row) {
    const Histogram& values = *row.values;
    text.add("# HELP ringtick_{0} {1}\n# TYPE ringtick_{0} histogram\n", row.name, row.help);
    for (const std::uint64_t bound : {0U, 3U, 15U, 63U, 255U, 1'023U, 4'095U, 16'383U}) {
        text.add("ringtick_{}_bucket{{le=\"{}\"}} {}\n", row.name, bound,
                 values.count_up_to(bound));
    }
    text.add(
        "ringtick_{0}_bucket{{le=\"+Inf\"}} {1}\nringtick_{0}_sum {2}\nringtick_{0}_count {1}\n",
        row.name, values.total(), values.sum());
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

}  // namespace

std::size_t write_prometheus(std::span<char> out, const Metrics& metrics) {
    TextWriter text(out);
    add_counters(text, metrics);
    add_gauges(text, metrics);
    for (const HistogramRow& row : histogram_rows(metrics)) {
        row.unit == HistogramRow::Unit::nanoseconds ? add_times(text, row) : add_things(text, row);
    }
    add_game_counters(text, metrics.rooms);
    return text.size();
}

}  // namespace ringtick
