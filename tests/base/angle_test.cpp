#include "base/angle.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numbers>

namespace ringtick {
namespace {

TEST(Angle, SineStaysWithinOneDigitOfTheTrueOne) {
    for (std::uint32_t turns = 0; turns < 65'536; turns += 64) {
        const double exact = std::sin(turns * 2 * std::numbers::pi / 65'536) * Fixed::one;
        const Angle angle{static_cast<std::uint16_t>(turns)};
        EXPECT_NEAR(sine(angle).raw(), exact, 1.0) << turns;
    }
}

TEST(Angle, PointsAlongTheAxesExactly) {
    const Fixed one = Fixed::from_int(1);
    EXPECT_EQ(unit_vector(Angle::from_degrees(0)), (FixedVector{one, Fixed{}}));
    EXPECT_EQ(unit_vector(Angle::from_degrees(90)), (FixedVector{Fixed{}, one}));
    EXPECT_EQ(unit_vector(Angle::from_degrees(180)), (FixedVector{-one, Fixed{}}));
    EXPECT_EQ(unit_vector(Angle::from_degrees(270)), (FixedVector{Fixed{}, -one}));
}

// Goal: finding the direction of a vector undoes making a vector of a direction.
// Method: every direction that the table tells apart, at three lengths.
TEST(Angle, FindsTheDirectionOfAVector) {
    for (std::uint32_t turns = 0; turns < 65'536; turns += 64) {
        const Angle angle{static_cast<std::uint16_t>(turns)};
        for (const std::int32_t size : {3, 700, 30'000}) {
            const FixedVector vector = unit_vector(angle) * Fixed::from_int(size);
            EXPECT_LE(std::abs((angle_of(vector) - angle).signed_turns()), 128) << turns;
        }
    }
}

TEST(Angle, TurnsTheShorterWay) {
    const Angle a = Angle::from_degrees(350);
    const Angle b = Angle::from_degrees(10);
    EXPECT_NEAR((b - a).signed_turns(), 65'536 / 18.0, 2);
    EXPECT_NEAR((a - b).signed_turns(), -65'536 / 18.0, 2);
}

}  // namespace
}  // namespace ringtick
