#include "replica/recent_ticks.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

TEST(RecentTicks, KnowsThoseOfTheLast64OnlyOfWhichItWasTold) {
    RecentTicks ticks;
    EXPECT_FALSE(ticks.has(0));
    for (std::uint32_t tick = 100; tick < 200; tick += 3) ticks.note(tick, tick % 2 == 0);
    for (std::uint32_t tick = 0; tick < 300; ++tick) {
        const bool told = tick >= 199 - 63 && tick <= 199 && (tick - 100) % 3 == 0;
        EXPECT_EQ(ticks.has(tick), told && tick % 2 == 0) << tick;
    }
}

TEST(RecentTicks, TakesTheLastWordOfATick) {
    RecentTicks ticks;
    ticks.note(7, true);
    ticks.note(7, false);
    EXPECT_FALSE(ticks.has(7));
    ticks.note(7, true);
    EXPECT_TRUE(ticks.has(7));
}

TEST(RecentTicks, ForgetsAllOverALongPause) {
    RecentTicks ticks;
    ticks.note(7, true);
    ticks.note(7 + 63, true);
    EXPECT_TRUE(ticks.has(7));
    ticks.note(7 + 64, false);
    EXPECT_FALSE(ticks.has(7));
    EXPECT_TRUE(ticks.has(70));
    ticks.note(0xFFFF'FFFF, true);
    EXPECT_FALSE(ticks.has(70));
    EXPECT_TRUE(ticks.has(0xFFFF'FFFF));
}

}  // namespace
}  // namespace ringtick
