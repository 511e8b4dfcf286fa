#include "net/snapshot_rate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace ringtick {
namespace {

// A connection whose path carries so many snapshots a second, at 30 ticks a second. What does not
// go at once fills a buffer; when that is full, what is offered is refused, and nothing more is
// taken before `burst` fit again. And for so many ticks of so many it can stand still.
struct Path {
    explicit Path(double per_second) : per_tick(per_second / 30) {}

    bool takes() {
        if (room < (blocked ? burst : 1)) return false;
        room -= 1;
        return true;
    }
    void offer() {
        tick += 1;
        const bool stalls = stall_period > 0 && tick % stall_period < stall;
        if (!stalls) room = std::min(room + per_tick, burst + 3);
        if (!rate.due(tick)) return;
        if (stalls || !takes()) {
            rate.taken(tick);
            rate.refused(tick);
            blocked = true;
            return;
        }
        rate.taken(tick);
        blocked = false;
    }
    bool second() {
        for (int i = 0; i < 30; ++i) offer();
        return rate.review();
    }
    std::uint32_t divisor_after(int seconds) {
        for (int i = 0; i < seconds; ++i) changes += second() ? 1 : 0;
        return rate.divisor();
    }
    // In the last minute of four: at the rate that it has settled at, it is now and then tried at a
    // higher one.
    std::uint32_t usual_divisor() {
        divisor_after(180);
        std::array<int, 7> seconds{};
        for (int i = 0; i < 60; ++i) seconds.at(divisor_after(1)) += 1;
        return static_cast<std::uint32_t>(std::ranges::max_element(seconds) - seconds.begin());
    }

    SnapshotRate rate;
    std::uint64_t tick = 0;
    double per_tick;
    double burst = 1;
    std::uint64_t stall = 0;
    std::uint64_t stall_period = 0;
    double room = 0;
    bool blocked = false;
    int changes = 0;
};

TEST(SnapshotRate, WhoTakesEverySnapshotGetsOneEveryTick) {
    Path path(60);
    EXPECT_EQ(path.divisor_after(120), 1U);
    EXPECT_EQ(path.changes, 0);
    EXPECT_EQ(path.rate.count_taken(), 3'600U);
}

TEST(SnapshotRate, ASlowPathEndsAtTheRateThatItCarries) {
    EXPECT_EQ(Path(17).usual_divisor(), 2U);
    EXPECT_EQ(Path(11).usual_divisor(), 3U);
    EXPECT_EQ(Path(5.5).usual_divisor(), 6U);
    EXPECT_EQ(Path(1).usual_divisor(), 6U);
}

TEST(SnapshotRate, APathThatCarriesASixthIsThereWithinSeconds) {
    EXPECT_EQ(Path(5.5).divisor_after(4), 6U);
    EXPECT_EQ(Path(1).divisor_after(8), 6U);
}

// Goal: a socket that is full for half a second in five, and takes everything else, is no narrow
// one: to be shown a sixth would not spare it anything.
TEST(SnapshotRate, APathThatStallsNowAndThenKeepsItsRate) {
    struct Stall {
        std::uint64_t ticks;
        std::uint64_t period;
    };
    for (const Stall stall : {Stall{15, 150}, Stall{15, 90}, Stall{30, 300}, Stall{60, 600}}) {
        Path path(60);
        path.stall = stall.ticks;
        path.stall_period = stall.period;
        path.divisor_after(240);
        EXPECT_EQ(path.changes, 0) << stall.ticks << " of " << stall.period;
        // One that was narrow before comes back all the same.
        path.per_tick = 4.0 / 30;
        ASSERT_EQ(path.divisor_after(60), 6U);
        path.per_tick = 2;
        EXPECT_EQ(path.divisor_after(240), 1U) << stall.ticks << " of " << stall.period;
    }
}

// Goal: a client that takes only a sixth ends at a sixth, also if it does so in bursts, because a
// large buffer is filled, stands for seconds and has room for many at once.
TEST(SnapshotRate, ANarrowPathBehindALargeBufferEndsAtTheRateThatItCarries) {
    for (const double burst : {20, 30, 60}) {
        Path path(5);
        path.burst = burst;
        EXPECT_EQ(path.usual_divisor(), 6U) << burst;
    }
}

TEST(SnapshotRate, WhatIsMissedAtALowerRateIsWhatWasDueAtIt) {
    Path path(5.5);
    ASSERT_EQ(path.divisor_after(4), 6U);
    const std::uint32_t before = path.rate.count_missed();
    const std::uint64_t first = path.tick + 6;
    int counted = 0;
    for (std::uint64_t tick = first; tick < first + 60; ++tick) {
        EXPECT_TRUE(path.rate.due(tick));
        counted += path.rate.missed(tick) ? 1 : 0;
    }
    EXPECT_EQ(counted, 10);
    EXPECT_EQ(path.rate.count_missed() - before, 10U);
}

TEST(SnapshotRate, ASlowPathIsTriedAtAHigherRateEverMoreSeldom) {
    Path path(17);
    path.divisor_after(60);
    const int at_first = path.changes;
    path.divisor_after(60);
    EXPECT_LT(path.changes - at_first, at_first);
    EXPECT_LE(path.changes - at_first, 6);
}

TEST(SnapshotRate, APathThatRecoversComesBackToEveryTickStepByStep) {
    Path path(5.5);
    ASSERT_EQ(path.divisor_after(20), 6U);
    path.per_tick = 2;
    std::string divisors;
    for (int second = 0; second < 120 && path.rate.divisor() > 1; ++second) {
        if (path.second()) divisors += std::to_string(path.rate.divisor()) + " ";
    }
    EXPECT_EQ(divisors, "3 2 1 ");
}

TEST(SnapshotRate, AfterALongTimeWithoutAMissAStepUpIsTriedAsSoonAsAtFirst) {
    SnapshotRate rate;
    std::uint64_t tick = 0;
    const auto second = [&](bool misses) {
        for (int i = 0; i < 2; ++i) {
            tick += 15;
            rate.taken(tick);
            if (misses) rate.missed(tick + 14);
        }
        return rate.review();
    };
    const auto bad_seconds = [&] {
        for (int i = 0; i < 5; ++i) {
            if (second(true)) return true;
        }
        return false;
    };
    const auto seconds_until_the_step_up = [&] {
        int seconds = 1;
        while (seconds < 100 && !second(false)) seconds += 1;
        return seconds;
    };
    ASSERT_TRUE(bad_seconds());
    const int at_first = seconds_until_the_step_up();
    ASSERT_TRUE(bad_seconds());
    EXPECT_GT(seconds_until_the_step_up(), at_first);
    for (int i = 0; i < 60; ++i) ASSERT_FALSE(second(false));
    ASSERT_TRUE(bad_seconds());
    EXPECT_EQ(seconds_until_the_step_up(), at_first);
}

TEST(SnapshotRate, APauseInWhichNothingIsTakenSaysNothingAboutThePace) {
    Path path(60);
    path.divisor_after(1);
    for (int second = 0; second < 9; ++second) {
        for (int tick = 0; tick < 30; ++tick) path.rate.missed(++path.tick);
        EXPECT_FALSE(path.rate.review());
    }
    EXPECT_EQ(path.rate.divisor(), 1U);
    EXPECT_EQ(path.rate.count_missed(), 270U);
    // Nor does it afterwards.
    EXPECT_EQ(path.divisor_after(60), 1U);
    EXPECT_EQ(path.changes, 0);
}

TEST(SnapshotRate, AfterARefusalTheNextTickTriesAgain) {
    Path path(5.5);
    ASSERT_EQ(path.divisor_after(20), 6U);
    path.rate.taken(1'000);
    EXPECT_FALSE(path.rate.due(1'005));
    EXPECT_TRUE(path.rate.due(1'006));
    path.rate.taken(1'006);
    path.rate.refused(1'006);
    EXPECT_TRUE(path.rate.due(1'007));
}

}  // namespace
}  // namespace ringtick
