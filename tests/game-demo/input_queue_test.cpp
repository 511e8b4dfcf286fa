#include "railroids/input_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace railroids {
namespace {

Order press(std::uint8_t buttons, std::uint8_t aim = 0) {
    return {.input = {.buttons = buttons, .aim = aim}};
}

TEST(InputQueue, GivesOneInputPerTickInTheirOrder) {
    InputQueue queue;
    queue.push(1, press(Input::left));
    queue.push(2, press(Input::right));
    EXPECT_EQ(queue.next().input.buttons, Input::left);
    EXPECT_EQ(queue.next().input.buttons, Input::right);
    EXPECT_EQ(queue.stamp(), 2U);
}

TEST(InputQueue, TakesInputsOfOneStampForOne) {
    InputQueue queue;
    queue.push(1, press(Input::left));
    queue.push(1, press(Input::right));
    EXPECT_EQ(queue.next().input.buttons, Input::right);
    EXPECT_TRUE(queue.is_fresh());
    queue.next();
    EXPECT_FALSE(queue.is_fresh());
}

// Banked inputs must not burst: after a stall only the newest two are played.
TEST(InputQueue, SkipsWhatWasBankedDuringAStall) {
    InputQueue queue;
    for (std::uint32_t stamp = 0; stamp < 100; ++stamp) {
        queue.push(stamp, press(Input::thrust, static_cast<std::uint8_t>(stamp)));
    }
    EXPECT_EQ(queue.next().input.aim, 98);
    EXPECT_EQ(queue.next().input.aim, 99);
    queue.next();
    EXPECT_FALSE(queue.is_fresh());
}

TEST(InputQueue, NeverSkipsATrigger) {
    InputQueue queue;
    queue.push(1, press(Input::fire));
    queue.push(2, press(0));
    queue.push(3, press(0));
    queue.push(3, press(0));
    EXPECT_TRUE(queue.next().input.pressed(Input::fire));
    EXPECT_FALSE(queue.next().input.pressed(Input::fire));
}

TEST(InputQueue, HoldsTheLastForAQuarterOfASecondAndThenLetsGo) {
    InputQueue queue;
    queue.push(1, press(Input::thrust, 77));
    queue.next();
    for (int i = 0; i < InputQueue::hold_ticks; ++i) {
        EXPECT_EQ(queue.next().input.buttons, Input::thrust);
    }
    EXPECT_EQ(queue.next().input.buttons, 0);
    EXPECT_EQ(queue.next().input.aim, 77);
}

TEST(InputQueue, IsNeutralBeforeTheFirst) {
    InputQueue queue;
    EXPECT_EQ(queue.next().input.buttons, 0);
}

}  // namespace
}  // namespace railroids
