#include "replica/rate_meter.hpp"

#include <gtest/gtest.h>

namespace ringtick {
namespace {

using std::chrono::milliseconds;

TEST(RateMeter, CountsWhatCameInTheLastSecond) {
    RateMeter meter;
    for (int i = 0; i < 300; ++i) meter.add(10, milliseconds(i * 10));
    EXPECT_NEAR(static_cast<double>(meter.per_second(milliseconds(3000))), 1000.0, 20.0);
}

TEST(RateMeter, ForgetsWhenNothingComesAnyMore) {
    RateMeter meter;
    for (int i = 0; i < 100; ++i) meter.add(1, milliseconds(i * 10));
    EXPECT_LT(meter.per_second(milliseconds(1500)), 60U);
    EXPECT_EQ(meter.per_second(milliseconds(2200)), 0U);
    EXPECT_EQ(meter.per_second(std::chrono::hours(24)), 0U);
}

}  // namespace
}  // namespace ringtick
