#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace ringtick {
namespace {

// A seed must mean the same numbers for ever: recorded matches depend on it.
TEST(Rng, GivesTheRecordedNumbersForASeed) {
    Rng rng(42);
    EXPECT_EQ(rng.next(), 0xBDD7'3226'2FEB'6E95U);
    EXPECT_EQ(rng.next(), 0x28EF'E333'B266'F103U);
}

TEST(Rng, GoesOnFromItsState) {
    Rng rng(7);
    rng.next();
    Rng copy(rng.state());
    EXPECT_EQ(rng.next(), copy.next());
}

TEST(Rng, ReachesEveryNumberBelowABoundAboutEquallyOften) {
    Rng rng(1);
    std::array<int, 10> seen{};
    for (int i = 0; i < 10'000; ++i) seen.at(rng.below(10)) += 1;
    for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(Rng, IncludesBothEndsOfARange) {
    Rng rng(3);
    bool low = false;
    bool high = false;
    for (int i = 0; i < 200; ++i) {
        const std::int32_t value = rng.between(-2, 2);
        ASSERT_GE(value, -2);
        ASSERT_LE(value, 2);
        low = low || value == -2;
        high = high || value == 2;
    }
    EXPECT_TRUE(low);
    EXPECT_TRUE(high);
}

}  // namespace
}  // namespace ringtick
