#include "replica/input_queue.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringtick {
namespace {

struct Press {
    int number = -1;
    bool fire = false;
    bool hands_off = false;

    void absorb(const Press& skipped) { fire = fire || skipped.fire; }
    void let_go() { hands_off = true; }
};

using Queue = InputQueue<Press>;

constexpr std::uint32_t hold = 7;

Queue queue_at(std::uint32_t tick) {
    Queue queue;
    queue.start(tick, hold);
    return queue;
}

TEST(InputQueue, AppliesEachInputInTheTickOfItsStamp) {
    Queue queue = queue_at(100);
    for (const int stamp : {102, 100, 101}) {
        queue.push(static_cast<std::uint32_t>(stamp), {.number = stamp});
    }
    for (const int tick : {100, 101, 102}) {
        EXPECT_EQ(queue.take(static_cast<std::uint32_t>(tick)).number, tick);
        EXPECT_TRUE(queue.is_fresh());
        EXPECT_EQ(queue.stamp(), static_cast<std::uint32_t>(tick));
    }
}

TEST(InputQueue, KeepsWhatComesEarlyUntilItsTickAndNoEarlierThanSixteenTicks) {
    Queue queue = queue_at(100);
    queue.push(115, {.number = 115});
    queue.push(116, {.number = 116});
    for (std::uint32_t tick = 100; tick < 115; ++tick) {
        queue.take(tick);
        EXPECT_FALSE(queue.is_fresh());
    }
    EXPECT_EQ(queue.take(115).number, 115);
    EXPECT_EQ(queue.take(116).number, 115);  // Held: the other was dropped.
    EXPECT_FALSE(queue.is_fresh());
}

TEST(InputQueue, TakesInputsOfOneStampForOneAndLosesNoTrigger) {
    Queue queue = queue_at(1);
    queue.push(1, {.number = 1, .fire = true});
    queue.push(1, {.number = 2});
    EXPECT_EQ(queue.take(1).number, 2);
    EXPECT_TRUE(queue.take(1 + 1).fire);  // Held as it was.
    EXPECT_FALSE(queue.is_fresh());
}

TEST(InputQueue, PlaysOnlyTheLastTwoOfWhatCameTooLate) {
    Queue queue = queue_at(100);
    for (int stamp = 50; stamp < 100; ++stamp) {
        queue.push(static_cast<std::uint32_t>(stamp), {.number = stamp, .fire = stamp == 60});
    }
    EXPECT_EQ(queue.take(100).number, 98);
    EXPECT_TRUE(queue.take(101).number == 99);
    queue.take(102);
    EXPECT_FALSE(queue.is_fresh());
}

TEST(InputQueue, NeverLosesATriggerOfWhatItSkips) {
    Queue queue = queue_at(100);
    for (std::uint32_t stamp = 90; stamp < 100; ++stamp) queue.push(stamp, {.fire = stamp == 91});
    EXPECT_TRUE(queue.take(100).fire);
    EXPECT_FALSE(queue.take(101).fire);

    queue.push(100, {.fire = true});
    queue.push(101, {});
    queue.push(102, {.number = 102});
    EXPECT_EQ(queue.take(102).number, 102);
    EXPECT_TRUE(queue.take(103).fire);  // Held.
}

TEST(InputQueue, PrefersTheInputOfTheTickToLateOnes) {
    Queue queue = queue_at(100);
    for (std::uint32_t stamp = 95; stamp <= 101; ++stamp) {
        queue.push(stamp, {.number = static_cast<int>(stamp)});
    }
    EXPECT_EQ(queue.take(100).number, 100);
    EXPECT_EQ(queue.take(101).number, 101);
    queue.take(102);
    EXPECT_FALSE(queue.is_fresh());  // What was late before is not played after.
}

TEST(InputQueue, HoldsTheLastForAsLongAsItWasToldAndThenLetsGo) {
    Queue queue = queue_at(1);
    queue.push(1, {.number = 5});
    std::uint32_t tick = 1;
    queue.take(tick);
    for (std::uint32_t i = 0; i < hold; ++i) EXPECT_FALSE(queue.take(++tick).hands_off);
    EXPECT_TRUE(queue.take(++tick).hands_off);
    EXPECT_EQ(queue.take(++tick).number, 5);
}

TEST(InputQueue, LetsGoBeforeTheFirst) {
    Queue queue = queue_at(1);
    EXPECT_TRUE(queue.take(1).hands_off);
}

TEST(InputQueue, TurnsWhatWaitedForATickThatIsLeftOutIntoALateInput) {
    Queue queue = queue_at(10);
    for (const std::uint32_t stamp : {10U, 11U, 12U, 20U}) {
        queue.push(stamp, {.number = static_cast<int>(stamp), .fire = stamp == 11});
    }
    queue.take(10);
    EXPECT_EQ(queue.take(15).number, 11);
    EXPECT_EQ(queue.take(16).number, 12);
    EXPECT_EQ(queue.take(1'000'000).number, 20);
}

TEST(InputQueue, GoesOnWhereStampsWrap) {
    Queue queue = queue_at(0xFFFF'FFFE);
    for (const std::uint32_t stamp : {0xFFFF'FFFEU, 0xFFFF'FFFFU, 0U, 1U}) {
        queue.push(stamp, {.number = static_cast<int>(stamp & 0xF)});
    }
    for (const std::uint32_t tick : {0xFFFF'FFFEU, 0xFFFF'FFFFU, 0U, 1U}) {
        EXPECT_EQ(queue.take(tick).number, static_cast<int>(tick & 0xF));
        EXPECT_TRUE(queue.is_fresh());
    }
    EXPECT_EQ(queue.stamp(), 1U);
}

TEST(InputQueue, ReportsTheLeastLeadSinceTheLastReport) {
    Queue queue = queue_at(100);
    queue.push(102, {});
    queue.push(103, {});
    queue.take(100);
    EXPECT_EQ(queue.lead(), 2);
    queue.reported();
    queue.push(104, {});
    queue.take(101);
    EXPECT_EQ(queue.lead(), 3);
    queue.take(102);
    EXPECT_EQ(queue.lead(), 2);  // Nothing came: what is there has become less early.
    queue.reported();
    for (std::uint32_t tick = 103; tick <= 107; ++tick) queue.take(tick);
    EXPECT_EQ(queue.lead(), -3);
    queue.reported();
    for (std::uint32_t stamp = 105; stamp <= 109; ++stamp) queue.push(stamp, {});
    queue.take(108);
    EXPECT_EQ(queue.lead(), -3);  // The last came in time, the first of them did not.
    queue.reported();
    queue.push(9999, {});
    queue.take(109);
    EXPECT_EQ(queue.lead(), 127);
}

// What an honest client and a hostile one may do to the arrival of inputs.
class Arrivals {
public:
    explicit Arrivals(std::uint64_t seed) : rng_(seed) {}

    std::uint32_t stamp(std::uint32_t tick) {
        const std::uint32_t kind = rng_.below(10);
        if (kind < 6) return ++last_;
        if (kind == 6) return last_;
        if (kind == 7) return last_ = tick + rng_.below(40) - 20;
        if (kind == 8) return tick + (1U << rng_.below(32));
        return static_cast<std::uint32_t>(rng_.next());
    }
    // Nothing for a while, then all at once.
    std::uint32_t count() {
        if (stalled_ > 0) {
            stalled_ -= 1;
            return stalled_ == 0 ? rng_.below(60) : 0;
        }
        if (rng_.chance(3)) stalled_ = rng_.below(30);
        return rng_.below(4);
    }

private:
    Rng rng_;
    std::uint32_t last_ = 0;
    std::uint32_t stalled_ = 0;
};

// The numbers of the inputs that were applied, of 600 ticks of arrivals. Held ones do not count.
std::vector<int> applied_of(std::uint64_t seed) {
    const std::uint32_t first = seed % 3 == 0 ? 0xFFFF'FF00 : 10;
    Queue queue = queue_at(first);
    Arrivals arrivals(seed);
    std::vector<int> applied;
    int pushed = 0;
    for (std::uint32_t i = 0; i < 600; ++i) {
        for (std::uint32_t n = arrivals.count(); n > 0; --n) {
            queue.push(arrivals.stamp(first + i), {.number = pushed++});
        }
        const Press& press = queue.take(first + i);
        if (queue.is_fresh()) applied.push_back(press.number);
    }
    return applied;
}

// Goal: banked inputs cannot burst, whatever stamps come and when: no more are applied than there
// are ticks, and none twice.
TEST(InputQueue, AppliesAtMostOneInputATickWhateverArrives) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        std::vector<int> applied = applied_of(seed);
        EXPECT_LE(applied.size(), 600U) << "seed " << seed;
        EXPECT_GT(applied.size(), 20U) << "seed " << seed;
        std::ranges::sort(applied);
        EXPECT_EQ(std::ranges::adjacent_find(applied), applied.end()) << "seed " << seed;
    }
}

// A connection that now and then delivers nothing for a while, and then all at once.
class Stalling {
public:
    Stalling(std::uint64_t seed, std::uint32_t percent) : rng_(seed), percent_(percent) {}

    void send(std::uint32_t stamp) { under_way_.push_back(stamp); }
    void deliver(Queue& queue) {
        if (left_ == 0 && rng_.chance(percent_)) left_ = 2 + rng_.below(40);
        if (left_ > 0) {
            left_ -= 1;
            return;
        }
        for (const std::uint32_t stamp : under_way_) queue.push(stamp, {});
        under_way_.clear();
    }

private:
    Rng rng_;
    std::uint32_t percent_;
    std::uint32_t left_ = 0;
    std::vector<std::uint32_t> under_way_;
};

// How many inputs are applied in 999 ticks of an honest client with a lead of one.
std::uint32_t steps_of(Stalling connection) {
    Queue queue = queue_at(1);
    std::uint32_t steps = 0;
    for (std::uint32_t tick = 1; tick <= 1000; ++tick) {
        connection.send(tick + 1);
        connection.deliver(queue);
        queue.take(tick);
        steps += queue.is_fresh() ? 1U : 0U;
    }
    return steps;
}

// Goal: an honest client loses steps when its connection stalls and never gains one; and when
// nothing stalls it loses none.
TEST(InputQueue, GivesNobodyMoreStepsForHavingStalled) {
    EXPECT_EQ(steps_of({1, 0}), 999U);
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const std::uint32_t steps = steps_of({seed, 2});
        EXPECT_LT(steps, 990U) << "seed " << seed;
        EXPECT_GT(steps, 500U) << "seed " << seed;
    }
}

}  // namespace
}  // namespace ringtick
