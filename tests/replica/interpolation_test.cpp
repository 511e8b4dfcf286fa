#include "replica/interpolation.hpp"

#include "replica/protocol.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds period = milliseconds(33);

struct Point {
    SnapshotHeader header;
};

using Buffer = SnapshotBuffer<Point, 4>;

void push(Buffer& buffer, std::uint32_t tick) {
    buffer.spare().header.tick = tick;
    buffer.commit();
}

TEST(SnapshotBuffer, FindsTheTwoSnapshotsAroundAMoment) {
    Buffer buffer;
    for (const std::uint32_t tick : {10U, 12U, 13U}) push(buffer, tick);
    const auto moment = buffer.at(11 * whole_tick + whole_tick / 2);
    EXPECT_EQ(moment.from->header.tick, 10U);
    ASSERT_NE(moment.to, nullptr);
    EXPECT_EQ(moment.to->header.tick, 12U);
    EXPECT_EQ(moment.since_from, whole_tick * 3 / 2);
    EXPECT_EQ(moment.between, 2 * whole_tick);
}

TEST(SnapshotBuffer, GuessesAheadOfTheNewestAndOnlySoFar) {
    Buffer buffer;
    push(buffer, 10);
    const auto near = buffer.at(12 * whole_tick);
    EXPECT_EQ(near.to, nullptr);
    EXPECT_EQ(near.since_from, 2 * whole_tick);
    const auto far = buffer.at(100 * whole_tick);
    EXPECT_EQ(far.since_from, Buffer::extrapolation_max);
}

TEST(SnapshotBuffer, ShowsTheOldestAsItIsBeforeItsTime) {
    Buffer buffer;
    for (const std::uint32_t tick : {10U, 11U}) push(buffer, tick);
    const auto moment = buffer.at(3 * whole_tick);
    EXPECT_EQ(moment.from->header.tick, 10U);
    EXPECT_EQ(moment.since_from, 0);
}

TEST(SnapshotBuffer, DrawsNoLineAcrossALeap) {
    Buffer buffer;
    push(buffer, 10);
    buffer.spare().header.tick = 4'000'000'000;
    buffer.commit_alone();
    const auto moment = buffer.at(11 * whole_tick);
    EXPECT_EQ(moment.from->header.tick, 4'000'000'000U);
    EXPECT_EQ(moment.to, nullptr);
}

// The spare one is being decoded into: it must not be among those that are shown.
TEST(SnapshotBuffer, NeverShowsTheOneBeingDecoded) {
    Buffer buffer;
    for (std::uint32_t tick = 1; tick < 20; ++tick) push(buffer, tick);
    const Point& spare = buffer.spare();
    for (std::int64_t tick = 0; tick < 25; ++tick) {
        const auto moment = buffer.at(tick * whole_tick);
        EXPECT_NE(moment.from, &spare);
        EXPECT_NE(moment.to, &spare);
    }
}

TEST(InterpolationDelay, SettlesAtOneAndAHalfIntervalsAndTheUsualLateness) {
    InterpolationDelay delay;
    delay.start(period);
    for (int i = 0; i < 600; ++i) {
        delay.on_snapshot(1, milliseconds(i % 10));
        delay.advance(period);
    }
    const Nanoseconds expected = period * 3 / 2 + milliseconds(9);
    EXPECT_LE(std::chrono::abs(delay.delay() - expected), milliseconds(1));
}

TEST(InterpolationDelay, GrowsWhenSnapshotsBecomeRarer) {
    InterpolationDelay delay;
    delay.start(period);
    for (int i = 0; i < 200; ++i) {
        delay.on_snapshot(3, Nanoseconds::zero());
        delay.advance(period * 3);
    }
    EXPECT_LE(std::chrono::abs(delay.delay() - period * 9 / 2), milliseconds(1));
}

// Goal: what the server announces is known at once. Method: snapshots six times as rare. To find
// out by itself would take sixty-four of them; it has thirty.
TEST(InterpolationDelay, FollowsARateThatItIsTold) {
    InterpolationDelay delay;
    delay.start(period);
    const auto run = [&delay](std::uint32_t ticks, int snapshots) {
        for (int i = 0; i < snapshots; ++i) {
            delay.on_snapshot(ticks, Nanoseconds::zero());
            delay.advance(period * ticks);
        }
    };
    run(1, 100);
    delay.on_rate(6);
    run(6, 30);
    EXPECT_EQ(delay.delay(), period * 9);
    // The server was wrong: what comes counts.
    run(8, 100);
    EXPECT_EQ(delay.delay(), period * 12);
}

TEST(InterpolationDelay, MovesByATwentiethOfTheTimeThatPasses) {
    InterpolationDelay delay;
    delay.start(period);
    const Nanoseconds before = delay.delay();
    delay.on_snapshot(10, milliseconds(200));
    delay.advance(milliseconds(100));
    EXPECT_EQ(delay.delay() - before, milliseconds(5));
}

TEST(InterpolationDelay, IsHeldThroughEverythingUntilItIsLetGo) {
    InterpolationDelay delay;
    const auto run = [&delay] {
        for (int i = 0; i < 300; ++i) {
            delay.on_snapshot(2, milliseconds(40));
            delay.advance(period);
        }
    };
    delay.hold(milliseconds(10));
    delay.start(period);
    run();
    EXPECT_EQ(delay.delay(), milliseconds(10));
    delay.start(period);
    run();
    EXPECT_EQ(delay.delay(), milliseconds(10));
    delay.hold(std::chrono::hours(1));
    run();
    EXPECT_EQ(delay.delay(), InterpolationDelay::delay_max);
    delay.hold(std::nullopt);
    run();
    EXPECT_EQ(delay.delay(), period * 3 + milliseconds(40));
}

TEST(InterpolationDelay, KeepsToALimitAsFarAsThereIsSomethingToDrawBetween) {
    InterpolationDelay delay;
    delay.start(period);
    const auto run = [&delay](Nanoseconds limit) {
        delay.limit(limit);
        for (int i = 0; i < 300; ++i) {
            delay.on_snapshot(2, milliseconds(40));
            delay.advance(period);
        }
        return delay.delay();
    };
    EXPECT_EQ(run(std::chrono::hours(1)), period * 3 + milliseconds(40));
    EXPECT_EQ(run(milliseconds(90)), milliseconds(90));
    EXPECT_EQ(run(milliseconds(-20)), period * 2);
}

TEST(InterpolationDelay, HasAnUpperBound) {
    InterpolationDelay delay;
    delay.start(period);
    for (int i = 0; i < 1000; ++i) {
        delay.on_snapshot(4'000'000'000, std::chrono::hours(1));
        delay.advance(milliseconds(100));
    }
    EXPECT_EQ(delay.delay(), InterpolationDelay::delay_max);
}

}  // namespace
}  // namespace ringtick
