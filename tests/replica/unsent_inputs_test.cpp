#include "replica/unsent_inputs.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

struct Press {
    std::uint32_t number = 0;
    bool fire = false;

    void absorb(const Press& skipped) { fire = fire || skipped.fire; }
    void let_go() {}
};

TEST(UnsentInputs, KeepsAllOfAFewInTheirOrder) {
    UnsentInputs<Press> unsent;
    EXPECT_TRUE(unsent.empty());
    for (std::uint32_t stamp = 5; stamp < 13; ++stamp) unsent.push(stamp, {.number = stamp});
    EXPECT_EQ(unsent.first(), 5U);
    ASSERT_EQ(unsent.all().size(), 8U);
    for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(unsent.all()[i].number, 5 + i);
    unsent.clear();
    EXPECT_TRUE(unsent.empty());
}

TEST(UnsentInputs, SkipsTheOldestOfTooManyButLosesNoTrigger) {
    UnsentInputs<Press> unsent;
    for (std::uint32_t stamp = 1; stamp <= 100; ++stamp) {
        unsent.push(stamp, {.number = stamp, .fire = stamp == 3});
    }
    EXPECT_EQ(unsent.first(), 93U);
    ASSERT_EQ(unsent.all().size(), 8U);
    EXPECT_EQ(unsent.all()[0].number, 93U);
    EXPECT_TRUE(unsent.all()[0].fire);
    EXPECT_FALSE(unsent.all()[1].fire);
}

TEST(UnsentInputs, BeginsAnewWhereStampsLeap) {
    UnsentInputs<Press> unsent;
    unsent.push(1, {.fire = true});
    unsent.push(2, {});
    unsent.push(50, {.number = 50});
    EXPECT_EQ(unsent.first(), 50U);
    ASSERT_EQ(unsent.all().size(), 1U);
    EXPECT_EQ(unsent.all()[0].number, 50U);
    EXPECT_TRUE(unsent.all()[0].fire);
}

TEST(UnsentInputs, GoesOnWhereStampsWrap) {
    UnsentInputs<Press> unsent;
    for (const std::uint32_t stamp : {0xFFFF'FFFFU, 0U, 1U}) unsent.push(stamp, {});
    EXPECT_EQ(unsent.first(), 0xFFFF'FFFFU);
    EXPECT_EQ(unsent.all().size(), 3U);
}

}  // namespace
}  // namespace ringtick
