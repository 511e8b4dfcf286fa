#include "base/pool.hpp"

#include <gtest/gtest.h>

namespace ringtick {
namespace {

TEST(Pool, GivesEveryPlaceOnceAndAgainWhenItCameBack) {
    Pool<int> pool(3);
    int* const one = pool.take(1);
    int* const two = pool.take(2);
    int* const three = pool.take(3);
    EXPECT_EQ(*one + *two + *three, 6);
    EXPECT_EQ(pool.in_use(), 3U);
    pool.give_back(two);
    EXPECT_EQ(pool.in_use(), 2U);
    EXPECT_EQ(pool.take(4), two);
    EXPECT_EQ(*two, 4);
    EXPECT_EQ(*one, 1);
}

// Goal: as few places are touched as were ever needed at once.
TEST(Pool, TakesThePlaceThatWasLeftLastBeforeAFreshOne) {
    Pool<int> pool(1'000);
    int* const first = pool.take(0);
    for (int i = 1; i < 100; ++i) {
        pool.give_back(first);
        EXPECT_EQ(pool.take(i), first);
    }
}

}  // namespace
}  // namespace ringtick
