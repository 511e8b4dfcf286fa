#include "replica/server_clock.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds period = Nanoseconds(seconds(1)) / 30;

double ticks(TickTime time) {
    return static_cast<double>(time) / whole_tick;
}

TEST(ServerClock, FollowsTheEarliestArrivalsThroughJitter) {
    ServerClock clock;
    clock.start(period);
    Rng rng(1);
    Nanoseconds now{};
    for (std::uint32_t tick = 100; tick < 400; ++tick) {
        // 20 ms on the way at least, and up to 40 ms more.
        now = tick * period + milliseconds(20) + microseconds(rng.below(40'000));
        clock.advance(now);
        clock.on_arrival(tick, now);
    }
    clock.advance(now);
    const double expected = static_cast<double>((now - milliseconds(20)).count()) / period.count();
    EXPECT_NEAR(ticks(clock.at(now)), expected, 0.15);
}

// Goal: what is drawn never jumps for a little lateness.
// Method: the server's messages are 30 ms earlier from one tick on; the clock may gain 2 % only.
TEST(ServerClock, SlewsASmallErrorInsteadOfJumping) {
    ServerClock clock;
    clock.start(period);
    for (std::uint32_t tick = 0; tick < 60; ++tick) {
        clock.on_arrival(tick, tick * period + milliseconds(60));
    }
    const Nanoseconds before = 60 * period + milliseconds(60);
    clock.advance(before);
    const TickTime then = clock.at(before);
    clock.on_arrival(61, 61 * period + milliseconds(30));
    const Nanoseconds after = before + milliseconds(100);
    clock.advance(after);
    const double gained = ticks(clock.at(after) - then) - 100.0 / 33.333;
    EXPECT_GT(gained, 0.0);
    EXPECT_LE(gained, 0.0601);  // 2 % of 100 ms, in ticks.
}

TEST(ServerClock, TakesALargeErrorAtOnce) {
    ServerClock clock;
    clock.start(period);
    clock.on_arrival(10, seconds(1));
    clock.advance(seconds(1));
    for (std::uint32_t tick = 11; tick < 50; ++tick) {
        clock.on_arrival(tick, seconds(100) + tick * period);
    }
    clock.advance(seconds(102));
    EXPECT_NEAR(ticks(clock.at(seconds(102))), 60.0, 0.01);
}

TEST(ServerClock, CountsTicksOfManyDays) {
    ServerClock clock;
    clock.start(period);
    constexpr std::uint32_t tick = 4'000'000'000;  // Four years at 30 Hz.
    clock.on_arrival(tick, seconds(5));
    EXPECT_NEAR(ticks(clock.at(seconds(6))), tick + 30.0, 0.01);
}

}  // namespace
}  // namespace ringtick
