#include "net/snapshot_rate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringtick {
namespace {

// A connection whose path carries so many snapshots a second, at 30 ticks a second: room for that
// many comes, and what is offered beyond it is refused.
struct Path {
    explicit Path(double per_second) : per_tick(per_second / 30) {}

    bool second() {
        for (int i = 0; i < 30; ++i) {
            tick += 1;
            room = std::min(room + per_tick, 4.0);
            if (!rate.due(tick)) continue;
            rate.taken(tick);
            if (room >= 1) {
                room -= 1;
            } else {
                rate.refused();
            }
        }
        return rate.review();
    }
    std::uint32_t divisor_after(int seconds) {
        for (int i = 0; i < seconds; ++i) changes += second() ? 1 : 0;
        return rate.divisor();
    }

    SnapshotRate rate;
    std::uint64_t tick = 0;
    double per_tick;
    double room = 0;
    int changes = 0;
};

TEST(SnapshotRate, WhoTakesEverySnapshotGetsOneEveryTick) {
    Path path(60);
    EXPECT_EQ(path.divisor_after(120), 1U);
    EXPECT_EQ(path.changes, 0);
    EXPECT_EQ(path.rate.count_taken(), 3'600U);
}

TEST(SnapshotRate, ASlowPathEndsAtTheRateThatItCarries) {
    EXPECT_EQ(Path(17).divisor_after(10), 2U);
    EXPECT_EQ(Path(11).divisor_after(10), 3U);
    EXPECT_EQ(Path(5.5).divisor_after(10), 6U);
    EXPECT_EQ(Path(1).divisor_after(10), 6U);
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
        tick += 30;
        rate.taken(tick);
        if (misses) rate.missed();
        return rate.review();
    };
    const auto seconds_until_the_step_up = [&] {
        int seconds = 1;
        while (seconds < 100 && !second(false)) seconds += 1;
        return seconds;
    };
    ASSERT_TRUE(second(true));
    const int at_first = seconds_until_the_step_up();
    ASSERT_TRUE(second(true));
    EXPECT_GT(seconds_until_the_step_up(), at_first);
    for (int i = 0; i < 60; ++i) ASSERT_FALSE(second(false));
    ASSERT_TRUE(second(true));
    EXPECT_EQ(seconds_until_the_step_up(), at_first);
}

TEST(SnapshotRate, APauseInWhichNothingIsTakenSaysNothingAboutThePace) {
    Path path(60);
    path.divisor_after(1);
    for (int second = 0; second < 9; ++second) {
        for (int tick = 0; tick < 30; ++tick) path.rate.missed();
        EXPECT_FALSE(path.rate.review());
    }
    EXPECT_EQ(path.rate.divisor(), 1U);
    EXPECT_EQ(path.rate.count_missed(), 270U);
}

TEST(SnapshotRate, AfterARefusalTheNextTickTriesAgain) {
    Path path(5.5);
    ASSERT_EQ(path.divisor_after(20), 6U);
    path.rate.taken(1'000);
    EXPECT_FALSE(path.rate.due(1'005));
    EXPECT_TRUE(path.rate.due(1'006));
    path.rate.refused();
    EXPECT_TRUE(path.rate.due(1'001));
}

}  // namespace
}  // namespace ringtick
