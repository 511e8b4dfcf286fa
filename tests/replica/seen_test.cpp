#include "replica/seen.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

constexpr TickTime limit = whole_tick * 15 / 2;  // 250 ms of 30 ticks a second.

TEST(Seen, BelievesAMomentThatCanHaveBeenSeen) {
    Seen seen;
    EXPECT_TRUE(seen.acknowledge(97, 100));
    const Seen::Moment moment = seen.moment(whole_tick * 3 / 2, 100, limit);
    EXPECT_EQ(moment.time, 95 * whole_tick + whole_tick / 2);
    EXPECT_FALSE(moment.too_old);
}

TEST(Seen, RefusesATickThatIsNotOver) {
    Seen seen;
    EXPECT_FALSE(seen.acknowledge(100, 100));
    EXPECT_FALSE(seen.acknowledge(0xFFFF'FFFF, 100));
    EXPECT_TRUE(seen.acknowledge(99, 100));
}

TEST(Seen, RefusesToForgetWhatWasAcknowledged) {
    Seen seen;
    EXPECT_TRUE(seen.acknowledge(50, 100));
    EXPECT_TRUE(seen.acknowledge(50, 100));
    EXPECT_FALSE(seen.acknowledge(49, 100));
    EXPECT_EQ(seen.moment(0, 51, limit).time, 50 * whole_tick);
}

TEST(Seen, GoesBackNoFartherThanItMay) {
    Seen seen;
    EXPECT_TRUE(seen.acknowledge(99, 100));
    const TickTime oldest = 100 * whole_tick - limit;
    EXPECT_EQ(seen.moment(limit - whole_tick, 100, limit).time, oldest);
    EXPECT_FALSE(seen.moment(limit - whole_tick, 100, limit).too_old);
    EXPECT_EQ(seen.moment(limit - whole_tick + 1, 100, limit).time, oldest);
    EXPECT_TRUE(seen.moment(limit - whole_tick + 1, 100, limit).too_old);
    EXPECT_EQ(Seen().moment(TickTime{0xFFFF} * 256, 100, limit).time, oldest);
}

TEST(Seen, NeverSaysMoreThanTheAcknowledgedTick) {
    Seen seen;
    EXPECT_TRUE(seen.acknowledge(99, 100));
    EXPECT_EQ(seen.moment(0, 100, limit).time, 99 * whole_tick);
}

}  // namespace
}  // namespace ringtick
