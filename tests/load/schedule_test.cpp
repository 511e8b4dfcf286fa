#include "load/schedule.hpp"

#include <gtest/gtest.h>

namespace ringtick::swarm {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, SpreadsEventsEvenlyOverTheSecond) {
    const Schedule schedule(5s, 4);
    EXPECT_EQ(schedule.due(0), 5s);
    EXPECT_EQ(schedule.due(1), 5s + 250ms);
    EXPECT_EQ(schedule.due(7), 6s + 750ms);
}

TEST(Schedule, DoesNotDriftInADay) {
    constexpr std::uint64_t rate = 420'000;
    const Schedule schedule(0s, rate);
    EXPECT_EQ(schedule.due(rate * 86'400), 24h);
}

// Goal: an event is counted at the very nanosecond it is due, neither before nor after.
// Method: rates that divide a second and rates that do not, around each of many events.
TEST(Schedule, CountsAnEventFromTheNanosecondItIsDue) {
    for (const std::uint64_t rate : {1U, 3U, 7U, 1'000U, 999'983U, 1'200'000'000U}) {
        const Schedule schedule(11s, rate);
        for (const std::uint64_t index : {0U, 1U, 2U, 6U, 999U, 1'000'000U, 2'000'003U}) {
            SCOPED_TRACE(testing::Message() << rate << " a second, event " << index);
            const Nanoseconds due = schedule.due(index);
            EXPECT_GE(schedule.due_count(due), index + 1);
            EXPECT_LE(schedule.due_count(due - 1ns), index);
        }
    }
}

TEST(Schedule, NothingIsDueBeforeTheStartOrWithoutARate) {
    EXPECT_EQ(Schedule(5s, 100).due_count(5s - 1ns), 0U);
    EXPECT_EQ(Schedule(5s, 100).due_count(5s), 1U);
    EXPECT_EQ(Schedule(5s, 0).due_count(1h), 0U);
}

}  // namespace
}  // namespace ringtick::swarm
