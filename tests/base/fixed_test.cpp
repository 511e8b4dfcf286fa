#include "base/fixed.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

TEST(Fixed, RoundsDownOnBothSidesOfZero) {
    EXPECT_EQ(Fixed::ratio(7, 2).floor(), 3);
    EXPECT_EQ(Fixed::ratio(-7, 2).floor(), -4);
}

TEST(Fixed, MultipliesFractionsExactlyWhereTheyFit) {
    EXPECT_EQ(Fixed::ratio(3, 2) * Fixed::ratio(-5, 4), Fixed::ratio(-15, 8));
    EXPECT_EQ(Fixed::from_int(30'000) * Fixed::ratio(1, 4096), Fixed::from_raw(30'000));
}

TEST(Fixed, HoldsTheWidestWorldInItsProducts) {
    const FixedVector corner{Fixed::from_int(32'000), Fixed::from_int(32'000)};
    EXPECT_EQ(length(corner).floor(), 45'254);  // The root of two, times 32,000.
}

TEST(Fixed, SetsALengthWithinOneUnitInAThousand) {
    for (const FixedVector vector : {FixedVector{Fixed::from_int(3), Fixed::from_int(4)},
                                     FixedVector{Fixed::from_int(-900), Fixed::ratio(1, 3)},
                                     FixedVector{Fixed{}, Fixed::from_raw(-1)}}) {
        const Fixed wanted = Fixed::from_int(12);
        const std::int32_t off = length(with_length(vector, wanted)).raw() - wanted.raw();
        EXPECT_LE(off, 0);
        EXPECT_GT(off, -12);
    }
}

TEST(Fixed, GivesAVectorOfNoLengthNoDirection) {
    EXPECT_EQ(with_length({}, Fixed::from_int(5)), FixedVector{});
}

TEST(IntegerSqrt, IsTheFloorOfTheRoot) {
    for (std::uint64_t root = 1; root < 3'000'000'000; root = root * 3 + 1) {
        EXPECT_EQ(integer_sqrt(root * root), root);
        EXPECT_EQ(integer_sqrt(root * root - 1), root - 1);
        EXPECT_EQ(integer_sqrt(root * root + 2 * root), root);
    }
}

}  // namespace
}  // namespace ringtick
