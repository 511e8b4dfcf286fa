#include "net/snapshot_limit.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace ringtick {
namespace {

// Of so many ticks, one character each: a snapshot of this size was let through, or not.
std::string story(SnapshotLimit& limit, std::uint64_t from, int ticks, std::size_t size) {
    std::string told;
    for (int i = 0; i < ticks; ++i) {
        const bool through = limit.lets_through(from + static_cast<std::uint64_t>(i));
        if (through) limit.took(size);
        told += through ? '#' : '.';
    }
    return told;
}

TEST(SnapshotLimit, LetsEverythingThroughUnlessToldOtherwise) {
    SnapshotLimit limit;
    EXPECT_FALSE(limit.on(0));
    EXPECT_EQ(story(limit, 0, 4, 1'000'000), "####");
}

TEST(SnapshotLimit, StallsForSoManyTicksAndNoMore) {
    SnapshotLimit limit;
    limit.stall(100, 3);
    EXPECT_TRUE(limit.on(102));
    EXPECT_FALSE(limit.on(103));
    EXPECT_EQ(story(limit, 100, 6, 10), "...###");
    limit.stall(200, 50);
    limit.stall(201, 0);
    EXPECT_EQ(story(limit, 201, 2, 10), "##") << "what was ordered last counts";
}

// 300 bytes in 30 ticks: ten a tick, and a snapshot takes what its bytes take.
TEST(SnapshotLimit, LetsThroughWhatTheBudgetHas) {
    for (const auto& [size, told] : {std::pair<std::size_t, const char*>{1, "############"},
                                     {10, "############"},
                                     {20, "#.#.#.#.#.#."},
                                     {30, "#..#..#..#.."},
                                     {25, "#.#..#.#..#."},
                                     {100, "#.........#."}}) {
        SnapshotLimit limit;
        limit.narrow(7, 300, 30);
        EXPECT_TRUE(limit.on(7));
        EXPECT_EQ(story(limit, 7, 12, size), told) << size;
    }
}

// A path that was idle is not wider for it.
TEST(SnapshotLimit, SavesNothingUp) {
    SnapshotLimit limit;
    limit.narrow(0, 300, 30);
    EXPECT_EQ(story(limit, 1'000'000, 4, 40), "#...");
    EXPECT_EQ(story(limit, std::uint64_t{1} << 60, 4, 40), "#...");
}

// Else a full socket would have who is limited pay for what it never got.
TEST(SnapshotLimit, ChargesNothingForWhatWasRefused) {
    SnapshotLimit limit;
    limit.narrow(0, 300, 30);
    ASSERT_TRUE(limit.lets_through(1));
    limit.took(10'000);
    limit.gave_back(10'000);
    EXPECT_TRUE(limit.lets_through(2));
}

TEST(SnapshotLimit, CountsTheBudgetWhileItStalls) {
    SnapshotLimit limit;
    limit.narrow(0, 300, 30);
    EXPECT_EQ(story(limit, 0, 1, 100), "#");
    limit.stall(1, 12);
    EXPECT_EQ(story(limit, 1, 16, 10), "............####");
    limit.narrow(20, 0, 30);
    EXPECT_FALSE(limit.on(20));
    EXPECT_EQ(story(limit, 20, 3, 100), "###");
}

}  // namespace
}  // namespace ringtick
