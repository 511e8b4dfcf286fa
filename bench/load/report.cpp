#include "load/report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <iterator>
#include <string_view>

namespace ringtick::swarm {

namespace {

constexpr std::array<std::uint32_t, 5> per_milles{500, 900, 990, 999, 1000};

std::string_view name_of(Temper temper) {
    switch (temper) {
        case Temper::healthy:
            return "healthy";
        case Temper::slow:
            return "slow";
        case Temper::frozen:
            return "frozen";
    }
    UNREACHABLE();
}

double seconds(Nanoseconds time) {
    return static_cast<double>(time.count()) / 1e9;
}

double microseconds(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e3;
}

// Text that grows, piece by piece.
class Text {
public:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

LatencyHistogram skews_of(const Findings& findings) {
    LatencyHistogram skews;
    findings.spans.for_each_whole(
        [&skews](Nanoseconds span) { skews.record(static_cast<std::uint64_t>(span.count())); });
    return skews;
}

void add_times(Text& text, std::string_view name, const LatencyHistogram& times) {
    if (times.total() == 0) return;
    text.add("{:<16}", name);
    for (const std::uint32_t per_mille : per_milles) {
        text.add(" {:>11.1f}", microseconds(times.percentile(per_mille)));
    }
    text.add("\n");
}

void add_tally(Text& text, Temper temper, const Tally& tally) {
    if (tally.clients == 0) return;
    text.add("{:<8} {:>7} {:>7} {:>8} {:>6} {:>12} {:>14} {:>8} {:>7} {:>11}\n", name_of(temper),
             tally.clients, tally.connected, tally.refused, tally.lost, tally.messages, tally.bytes,
             tally.gaps, tally.errors, tally.sent);
}

void add_times_json(Text& text, const LatencyHistogram& times) {
    constexpr std::array<std::string_view, per_milles.size()> names{"p50", "p90", "p99", "p99_9",
                                                                    "max"};
    text.add("{{\"count\":{}", times.total());
    for (std::size_t i = 0; i < names.size(); ++i) {
        text.add(",\"{}\":{:.1f}", names[i], microseconds(times.percentile(per_milles[i])));
    }
    text.add("}}");
}

void add_tally_json(Text& text, Temper temper, const Tally& tally) {
    text.add(
        "\"{}\":{{\"clients\":{},\"connected\":{},\"joined\":{},\"refused\":{},\"lost\":{},"
        "\"messages\":{},\"bytes\":{},\"compressed\":{},\"wire_bytes\":{},\"framed_bytes\":{},"
        "\"gaps\":{},\"errors\":{},\"sent\":{},\"unanswered\":{},\"latency_us\":",
        name_of(temper), tally.clients, tally.connected, tally.joined, tally.refused, tally.lost,
        tally.messages, tally.bytes, tally.compressed, tally.wire_bytes, tally.framed_bytes,
        tally.gaps, tally.errors, tally.sent, tally.unanswered);
    add_times_json(text, tally.latency);
    text.add("}},");
}

double percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void add_aim(Text& text, const AimTally& aim) {
    text.add("of {} shots that hit on the shooter's screen, {} hit: {:.2f} %\n", aim.shots,
             aim.hits, percent(aim.hits, aim.shots));
    text.add(
        "    {} were at one that was dead or gone by then; without these {:.2f} %. {} hit another; "
        "{} missed, for the shooter was pushed, and {} else\n",
        aim.target_gone, percent(aim.hits, aim.shots - aim.target_gone), aim.hits_other,
        aim.shooter_pushed, aim.missed);
}

void add_aim_json(Text& text, std::uint32_t players, const AimTally& aim) {
    text.add(
        "\"aim\":{{\"players\":{},\"shots\":{},\"hits\":{},\"hit_percent\":{:.3f},"
        "\"hit_percent_of_living\":{:.3f},\"target_gone\":{},\"hits_other\":{},"
        "\"shooter_pushed\":{},\"missed\":{},\"never_fired\":{}}},",
        players, aim.shots, aim.hits, percent(aim.hits, aim.shots),
        percent(aim.hits, aim.shots - aim.target_gone), aim.target_gone, aim.hits_other,
        aim.shooter_pushed, aim.missed, aim.never_fired);
}

void add_resumed(Text& text, const ResumeTally& resumed) {
    text.add(
        "of those with a token {} went on by a delta and {} by a keyframe, {} were told all anew, "
        "{} got another ship\n",
        resumed.delta, resumed.keyframe, resumed.anew, resumed.fresh);
}

// JSON's own two: a URL was checked for the rest.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string kernel() {
    utsname facts{};
    return uname(&facts) == 0 ? facts.release : "unknown";
}

}  // namespace

std::string report_table(const Settings& settings, const Outcome& outcome) {
    const Findings& findings = outcome.findings;
    Text text;
    text.add("{} of {}: {} clients, {:.1f} s{}\n\n", settings.mode_name, settings.url,
             settings.clients, seconds(findings.measured),
             outcome.interrupted ? ", interrupted" : "");
    text.add("{:<8} {:>7} {:>7} {:>8} {:>6} {:>12} {:>14} {:>8} {:>7} {:>11}\n", "clients",
             "wanted", "in", "refused", "lost", "messages", "bytes", "gaps", "errors", "sent");
    for (const Temper temper : tempers) add_tally(text, temper, findings.of(temper));

    if (settings.churn > 0 || settings.storm) {
        text.add("{} left and {} came again\n", findings.left, findings.rejoined);
    }
    if (settings.resume_percent > 0) add_resumed(text, findings.resumed);
    if (settings.aim > 0) add_aim(text, findings.aim);
    if (settings.deflate) {
        const Tally& healthy = findings.of(Temper::healthy);
        text.add("{} of the healthy's messages came compressed; {} bytes of payload on the wire\n",
                 healthy.compressed, healthy.wire_bytes);
    }

    text.add("\n{:<16} {:>11} {:>11} {:>11} {:>11} {:>11}\n", "microseconds", "p50", "p90", "p99",
             "p99.9", "max");
    add_times(text, "latency", findings.of(Temper::healthy).latency);
    add_times(text, "latency, slow", findings.of(Temper::slow).latency);
    add_times(text, "away", findings.away);
    add_times(text, "skew of a tick", skews_of(findings));
    text.add(
        "\nown CPU: {:.2f} s user, {:.2f} s kernel; the busiest thread used {:.0f} % of a core{}\n",
        seconds(findings.cpu_user), seconds(findings.cpu_system), findings.busiest_percent,
        findings.busiest_percent > saturated_percent
            ? ": SATURATED, the latencies are partly its own"
            : "");
    return text.take();
}

std::string report_json(const Settings& settings, const Outcome& outcome) {
    const Findings& findings = outcome.findings;
    Text text;
    text.add(
        "{{\"url\":\"{}\",\"mode\":\"{}\",\"clients\":{},\"seconds\":{:.3f},\"payload\":{},"
        "\"in_flight\":{},\"input_hz\":{},\"threads\":{},\"kernel\":\"{}\",\"ramp\":{},"
        "\"slow_percent\":{},\"frozen_percent\":{},\"churn\":{},\"rtt_ms\":{:.3f},\"deflate\":{},",
        escaped(settings.url), settings.mode_name, settings.clients, seconds(settings.duration),
        settings.payload, settings.in_flight, settings.input_hz, settings.threads, kernel(),
        settings.ramp, settings.slow_percent, settings.frozen_percent, settings.churn,
        seconds(settings.round_trip) * 1e3, settings.deflate);
    text.add(
        "\"measured_s\":{:.3f},\"interrupted\":{},\"close_code\":{},"
        "\"left\":{},\"rejoined\":{},",
        seconds(findings.measured), outcome.interrupted, findings.close_code, findings.left,
        findings.rejoined);
    for (const Temper temper : tempers) add_tally_json(text, temper, findings.of(temper));
    add_aim_json(text, settings.aim, findings.aim);
    text.add(
        "\"resumed\":{{\"percent\":{},\"delta\":{},\"keyframe\":{},\"anew\":{},\"fresh\":{}}},"
        "\"storm\":{},\"away_us\":",
        settings.resume_percent, findings.resumed.delta, findings.resumed.keyframe,
        findings.resumed.anew, findings.resumed.fresh, settings.storm);
    add_times_json(text, findings.away);
    text.add(",\"skew_us\":");
    add_times_json(text, skews_of(findings));
    text.add(
        ",\"cpu_user_s\":{:.3f},\"cpu_sys_s\":{:.3f},\"busiest_percent\":{:.1f},\"saturated\":{}}}"
        "\n",
        seconds(findings.cpu_user), seconds(findings.cpu_system), findings.busiest_percent,
        findings.busiest_percent > saturated_percent);
    return text.take();
}

std::string report_problems(const Settings& settings, const Outcome& outcome) {
    const Findings& findings = outcome.findings;
    const Tally& healthy = findings.of(Temper::healthy);
    std::uint64_t connected = 0;
    std::uint64_t refused = 0;
    std::uint64_t errors = 0;
    for (const Tally& tally : findings.tallies) {
        connected += tally.connected;
        refused += tally.refused;
        errors += tally.errors;
    }
    if (connected == 0 && !outcome.interrupted) {
        return fmt::format("nobody could connect to {}: does a WebSocket server listen there?\n",
                           settings.url);
    }
    Text text;
    if (refused > 0) text.add("{} connections were refused\n", refused);
    if (healthy.lost > 0) {
        text.add("{} healthy clients lost their connection (last close code: {})\n", healthy.lost,
                 findings.close_code);
    }
    if (settings.mode == Mode::railroids && healthy.joined < healthy.connected) {
        text.add("{} players were never welcomed\n", healthy.connected - healthy.joined);
    }
    if (errors > 0) text.add("{} messages were not what they should be\n", errors);
    if (healthy.unanswered > 0) {
        text.add("{} messages were not answered within a second of the end\n", healthy.unanswered);
    }
    return text.take();
}

}  // namespace ringtick::swarm
