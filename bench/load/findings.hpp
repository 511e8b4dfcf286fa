#pragma once

#include "base/histogram.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "load/tick_spans.hpp"

namespace ringtick::swarm {

// How a client reads. What the slow and the frozen see must not hide in the figures of the others.
enum class Temper : std::uint8_t { healthy, slow, frozen };
inline constexpr std::array tempers{Temper::healthy, Temper::slow, Temper::frozen};

// Nanoseconds, at most 1/128 too high: fine enough to tell 5 % apart.
using LatencyHistogram = BasicHistogram<7>;

// What clients of one temper saw.
struct Tally {
    std::uint64_t clients = 0;
    std::uint64_t connected = 0;
    std::uint64_t joined = 0;   // Railroids: players that were welcomed.
    std::uint64_t refused = 0;  // No connection, no 101, or no answer in time.
    std::uint64_t lost = 0;     // Connections that ended without our doing.
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;         // Payload of the messages.
    std::uint64_t compressed = 0;    // Messages that came compressed.
    std::uint64_t wire_bytes = 0;    // Payload as it came, compressed or not.
    std::uint64_t framed_bytes = 0;  // The same with a frame's header for each message.
    std::uint64_t gaps = 0;          // Ticks that a client did not get.
    std::uint64_t errors = 0;        // Messages that were not what they should be.
    std::uint64_t sent = 0;          // Messages of ours.
    std::uint64_t unanswered = 0;    // Echo: still not back a second after the end.
    LatencyHistogram latency;

    void add(const Tally& other);
};

// Railroids, with --aim: shots that hit on the shooter's screen, and what the server said of them.
struct AimTally {
    std::uint64_t shots = 0;           // All but those of the last line.
    std::uint64_t hits = 0;            // The ship that was aimed at.
    std::uint64_t target_gone = 0;     // It was dead, or had left, by then.
    std::uint64_t hits_other = 0;      // Another one.
    std::uint64_t shooter_pushed = 0;  // Missed, for the shooter was hit itself meanwhile.
    std::uint64_t missed = 0;          // For none of these reasons.
    std::uint64_t never_fired = 0;     // The shooter was killed before.

    void add(const AimTally& other);
};

// Railroids: what became of those who showed their token (replica/resume.hpp).
struct ResumeTally {
    std::uint64_t fresh = 0;  // Not known any more.
    std::uint64_t anew = 0;
    std::uint64_t keyframe = 0;
    std::uint64_t delta = 0;

    void add(const ResumeTally& other);
};

// What one thread found, or all of them together.
struct Findings {
    std::array<Tally, tempers.size()> tallies;
    AimTally aim;
    ResumeTally resumed;
    LatencyHistogram away;  // Railroids: from a cut by us to the first snapshot behind it.
    TickSpans spans;
    std::uint16_t close_code = 0;  // Of the last close frame that ended a connection, or 0.
    std::uint64_t left = 0;        // By --churn and --storm.
    std::uint64_t rejoined = 0;
    Nanoseconds measured{};
    Nanoseconds cpu_user{};
    Nanoseconds cpu_system{};
    double busiest_percent = 0;  // CPU of the thread that was busiest.

    void add(const Findings& other);

    Tally& of(Temper temper) { return tallies[static_cast<std::size_t>(temper)]; }
    const Tally& of(Temper temper) const { return tallies[static_cast<std::size_t>(temper)]; }
};

inline void Tally::add(const Tally& other) {
    clients += other.clients;
    connected += other.connected;
    joined += other.joined;
    refused += other.refused;
    lost += other.lost;
    messages += other.messages;
    bytes += other.bytes;
    compressed += other.compressed;
    wire_bytes += other.wire_bytes;
    framed_bytes += other.framed_bytes;
    gaps += other.gaps;
    errors += other.errors;
    sent += other.sent;
    unanswered += other.unanswered;
    latency.add(other.latency);
}

inline void AimTally::add(const AimTally& other) {
    shots += other.shots;
    hits += other.hits;
    target_gone += other.target_gone;
    hits_other += other.hits_other;
    shooter_pushed += other.shooter_pushed;
    missed += other.missed;
    never_fired += other.never_fired;
}

inline void ResumeTally::add(const ResumeTally& other) {
    fresh += other.fresh;
    anew += other.anew;
    keyframe += other.keyframe;
    delta += other.delta;
}

inline void Findings::add(const Findings& other) {
    for (const Temper temper : tempers) of(temper).add(other.of(temper));
    aim.add(other.aim);
    resumed.add(other.resumed);
    away.add(other.away);
    spans.add(other.spans);
    if (other.close_code != 0) close_code = other.close_code;
    left += other.left;
    rejoined += other.rejoined;
    measured = std::max(measured, other.measured);
    cpu_user += other.cpu_user;
    cpu_system += other.cpu_system;
    busiest_percent = std::max(busiest_percent, other.busiest_percent);
}

}  // namespace ringtick::swarm
