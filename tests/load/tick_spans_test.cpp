#include "load/tick_spans.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringtick::swarm {
namespace {

using namespace std::chrono_literals;

std::vector<Nanoseconds> whole(const TickSpans& spans) {
    std::vector<Nanoseconds> times;
    spans.for_each_whole([&times](Nanoseconds time) { times.push_back(time); });
    return times;
}

TEST(TickSpans, MeasuresFromTheFirstToTheLastButNotTheTicksAtTheEdges) {
    TickSpans spans;
    for (const std::uint64_t tick : {10U, 11U, 12U}) {
        spans.record(tick, 100ns * tick);
        spans.record(tick, 100ns * tick + 30ns);
        spans.record(tick, 100ns * tick + 5ns);
    }
    EXPECT_EQ(whole(spans), std::vector{30ns});
}

TEST(TickSpans, AreOneSpanWhereThreadsSawTheSameTick) {
    TickSpans one;
    TickSpans other;
    for (const std::uint64_t tick : {1U, 2U, 3U}) {
        one.record(tick, 1000ns * tick + 40ns);
        other.record(tick, 1000ns * tick + 15ns);
    }
    one.add(other);
    EXPECT_EQ(whole(one), std::vector{25ns});
}

TEST(TickSpans, ForgetTheOldestOfMoreThanTheyHold) {
    TickSpans spans;
    constexpr std::uint64_t ticks = 100'000;
    for (std::uint64_t tick = 1; tick <= ticks; ++tick) spans.record(tick, Nanoseconds(tick));
    spans.record(1, 1h);  // Too late to be counted.
    const auto times = whole(spans);
    EXPECT_EQ(times.size(), 65'534U);
    for (const Nanoseconds time : times) EXPECT_EQ(time, 0ns);
}

}  // namespace
}  // namespace ringtick::swarm
