// /metrics: the text format of Prometheus, version 0.0.4.
#include "base/assert.hpp"
#include "server/metric_rows.hpp"
#include "server/metrics.hpp"
#include "server/text_writer.hpp"
#include "tls/memory.hpp"

#include <array>
#include <string_view>

namespace ringtick {

namespace {

// Of several threads each has a sample of its own, and whoever reads them adds them up.
class Shards {
public:
    explicit Shards(const Report& report) : report_(report) {}

    // Calls add(label, figures), the label as it stands behind a name: "" for the only thread.
    template <class Add>
    void for_each(Add add) const {
        for (std::size_t shard = 0; shard < report_.shards.size(); ++shard) {
            std::array<char, 24> memory;
            TextWriter label(memory);
            if (report_.shards.size() > 1) label.add("shard=\"{}\"", shard);
            add(std::string_view(memory.data(), label.size()), report_.shards[shard]);
        }
    }

private:
    const Report& report_;
};

struct Metric {
    std::string_view name;
    const char* help;
    const char* type;
};

void add_head(TextWriter& text, const Metric& metric) {
    text.add("# HELP ringtick_{0} {1}\n# TYPE ringtick_{0} {2}\n", metric.name, metric.help,
             metric.type);
}

template <class T>
void add_sample(TextWriter& text, std::string_view name, std::string_view label, T value) {
    if (label.empty()) return text.add("ringtick_{} {}\n", name, value);
    text.add("ringtick_{}{{{}}} {}\n", name, label, value);
}

// Of the whole process.
template <class T>
void add_one(TextWriter& text, const Metric& metric, T value) {
    add_head(text, metric);
    add_sample(text, metric.name, {}, value);
}

// `value_of(figures)` of each thread.
template <class ValueOf>
void add_each(TextWriter& text, const Shards& shards, const Metric& metric, ValueOf value_of) {
    add_head(text, metric);
    shards.for_each([&](std::string_view label, const Figures& figures) {
        add_sample(text, metric.name, label, value_of(figures));
    });
}

void add_counters(TextWriter& text, const Report& report, const Shards& shards) {
    const CounterRows rows = counter_rows(report.shards.front());
    for (std::size_t row = 0; row < rows.span().size(); ++row) {
        std::array<char, 64> memory;
        TextWriter name(memory);
        name.add("{}_total", rows.span()[row].name);
        add_head(text, {{memory.data(), name.size()}, rows.span()[row].help, "counter"});
        shards.for_each([&](std::string_view label, const Figures& figures) {
            add_sample(text, {memory.data(), name.size()}, label,
                       counter_rows(figures).span()[row].value);
        });
    }
    add_head(text, {"closed_total", "Connections ended, by reason", "counter"});
    shards.for_each([&](std::string_view label, const Figures& figures) {
        for (std::size_t reason = 0; reason < close_reasons_count; ++reason) {
            text.add("ringtick_closed_total{{reason=\"{}\"{}{}}} {}\n",
                     name_of(static_cast<CloseReason>(reason)), label.empty() ? "" : ",", label,
                     figures.net.closed[reason]);
        }
    });
    add_one(
        text,
        {"tls_memory_refused_total", "Blocks for which OpenSSL's memory had no room", "counter"},
        openssl_memory().refused);
    if (report.total->run_delay_ns) {
        add_each(text, shards,
                 {"run_delay_seconds_total",
                  "Time the loop was ready to run and another had its core", "counter"},
                 [](const Figures& figures) {
                     return static_cast<double>(figures.run_delay_ns.value_or(0)) / 1e9;
                 });
    }
}

void add_connection_gauges(TextWriter& text, const Shards& shards) {
    add_each(text, shards, {"connections", "Connections now", "gauge"},
             [](const Figures& figures) { return figures.connections; });
    add_each(text, shards,
             {"tls_connections", "Connections now whose TLS handshake is done", "gauge"},
             [](const Figures& figures) { return figures.tls_connections; });
    add_each(text, shards,
             {"tls_waiting", "Connections whose TLS handshake waits for its turn", "gauge"},
             [](const Figures& figures) { return figures.tls_waiting; });
    add_one(text, {"tls_memory_bytes", "Of OpenSSL's memory, in use", "gauge"},
            openssl_memory().used);
    add_one(text, {"tls_memory_touched_bytes", "The most that OpenSSL's memory ever was", "gauge"},
            openssl_memory().touched);
    add_each(
        text, shards,
        {"receive_buffers_lent",
         "Receive buffers not yet given back, expected 1: the one with this question", "gauge"},
        [](const Figures& figures) { return figures.buffers_lent; });
    add_each(text, shards, {"sockets_full", "Clients whose socket takes no snapshot now", "gauge"},
             [](const Figures& figures) { return figures.sockets_full; });
    add_each(text, shards,
             {"sends_in_flight",
              "Sends that the kernel still had when the last tick began, for want of room in a "
              "socket; snapshots are none: they go at once or not at all",
              "gauge"},
             [](const Figures& figures) { return figures.loop.sends_in_flight; });
    add_each(text, shards, {"players", "Players now", "gauge"},
             [](const Figures& figures) { return figures.players(); });
}

void add_gauges(TextWriter& text, const Report& report, const Shards& shards) {
    add_connection_gauges(text, shards);
    const Figures& total = *report.total;
    add_one(text, {"draining", "Whether newcomers are refused, by the operator's wish", "gauge"},
            total.draining ? 1 : 0);
    add_one(text, {"sandboxed", "Whether the process has given up what it has no use for", "gauge"},
            report.sandboxed ? 1 : 0);
    add_one(text, {"kept_bytes", "Of all rooms' last seconds, kept for download", "gauge"},
            total.kept.bytes);
    add_one(text, {"kept_seconds", "Of the room that keeps the fewest", "gauge"},
            total.kept.seconds);
    add_one(text, {"moments_max", "As many of them as may be; 0: none are kept", "gauge"},
            total.moments.count_max);
    add_one(text, {"moments_kept", "Moments that stay, each at its address", "gauge"},
            total.moments.kept);
    add_each(text, shards,
             {"idle_control_age_seconds",
              "Since the last tick without a player, the last of the idle control", "gauge"},
             [](const Figures& figures) { return idle_control_age_s(figures.loop); });
}

constexpr std::array<std::uint64_t, 11> time_bounds{10'000,     50'000,     100'000,    250'000,
                                                    500'000,    1'000'000,  2'500'000,  5'000'000,
                                                    10'000'000, 25'000'000, 100'000'000};
// In powers of four, less one: there the buckets in which they were counted have an edge.
constexpr std::array<std::uint64_t, 8> thing_bounds{0, 3, 15, 63, 255, 1'023, 4'095, 16'383};

// How what a histogram counts is told.
struct Scale {
    const char* suffix;
    double divisor;
    std::span<const std::uint64_t> bounds;
};

Scale scale_of(HistogramRow::Unit unit) {
    if (unit == HistogramRow::Unit::nanoseconds) return {"_seconds", 1e9, time_bounds};
    return {"", 1, thing_bounds};
}

void add_histogram(TextWriter& text, const HistogramRow& row, std::string_view label) {
    const Histogram& values = *row.values;
    const auto [unit, divisor, bounds] = scale_of(row.unit);
    const char* const comma = label.empty() ? "" : ",";
    for (const std::uint64_t bound : bounds) {
        text.add("ringtick_{}{}_bucket{{{}{}le=\"{}\"}} {}\n", row.name, unit, label, comma,
                 static_cast<double>(bound) / divisor, values.count_up_to(bound));
    }
    text.add("ringtick_{}{}_bucket{{{}{}le=\"+Inf\"}} {}\n", row.name, unit, label, comma,
             values.total());
    const char* const open = label.empty() ? "" : "{";
    const char* const close = label.empty() ? "" : "}";
    text.add("ringtick_{0}{1}_sum{3}{2}{4} {5}\nringtick_{0}{1}_count{3}{2}{4} {6}\n", row.name,
             unit, label, open, close, static_cast<double>(values.sum()) / divisor, values.total());
}

void add_histograms(TextWriter& text, const Report& report, const Shards& shards) {
    const auto rows = histogram_rows(*report.total);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text.add("# HELP ringtick_{0}{1} {2}\n# TYPE ringtick_{0}{1} histogram\n", rows[i].name,
                 scale_of(rows[i].unit).suffix, rows[i].help);
        shards.for_each([&](std::string_view label, const Figures& figures) {
            add_histogram(text, histogram_rows(figures)[i], label);
        });
    }
}

// All samples of one name stand together, as the format demands. A game may let its figures fall as
// well as rise ("people"), so they are no counters to Prometheus.
void add_game_counters(TextWriter& text, std::span<const RoomFigures> rooms) {
    if (rooms.empty()) return;
    const auto first = rooms.front().all_counters();
    for (std::size_t i = 0; i < first.size(); ++i) {
        const char* const name = first[i].name;
        text.add("# HELP ringtick_game_{0} The game's own\n# TYPE ringtick_game_{0} gauge\n", name);
        for (const RoomFigures& room : rooms) {
            ASSERT(room.counters_count == first.size());  // The rooms play one game.
            text.add("ringtick_game_{}{{room=\"{}\"}} {}\n", name, room.number,
                     room.counters[i].value);
        }
    }
}

}  // namespace

std::size_t write_prometheus(std::span<char> out, const Report& report) {
    TextWriter text(out);
    const Shards shards(report);
    add_counters(text, report, shards);
    add_gauges(text, report, shards);
    add_histograms(text, report, shards);
    add_game_counters(text, report.total->rooms);
    return text.size();
}

}  // namespace ringtick
