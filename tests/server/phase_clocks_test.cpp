#include "server/phase_clocks.hpp"

#include "tick/tick_clock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <vector>

namespace ringtick {
namespace {

using namespace std::chrono_literals;

// Which phases have a room.
struct Occupancy {
    std::vector<bool> taken;
    std::uint32_t phases() const { return static_cast<std::uint32_t>(taken.size()); }
    bool has_rooms(std::uint32_t phase) const { return taken[phase]; }
};

TEST(PhaseClocks, TickOneAfterTheOther) {
    const Occupancy rooms{{true, true, true, true}};
    PhaseClocks clocks(rooms, 10, 0ns, 7);
    for (std::uint32_t turn = 0; turn < 12; ++turn) {
        ASSERT_EQ(clocks.next(), turn % 4);
        EXPECT_EQ(clocks.deadline(), 100ms + turn * 25ms);
        EXPECT_EQ(clocks.of(turn % 4).advance(clocks.deadline(), 4), 1U);
        EXPECT_EQ(clocks.of(turn % 4).tick(), 8 + turn / 4);
    }
}

TEST(PhaseClocks, WakeNobodyForAPhaseWithoutRooms) {
    const Occupancy rooms{{true, false, false, false}};
    PhaseClocks clocks(rooms, 10, 0ns, 0);
    for (auto now = 100ms; now < 1s; now += 100ms) {
        ASSERT_EQ(clocks.next(), 0U);
        ASSERT_EQ(clocks.deadline(), now);
        clocks.skip_empty(now);
        clocks.of(0).advance(now, 4);
    }
}

// Goal: a phase that gets its first room late has no ticks to catch up with, and keeps its place in
// the period; what it missed is not counted as forgiven.
TEST(PhaseClocks, APhaseThatHadNoRoomsBeginsInTime) {
    Occupancy rooms{{true, false}};
    PhaseClocks clocks(rooms, 10, 0ns, 0);
    clocks.skip_empty(5s + 10ms);
    clocks.of(0).advance(5s + 10ms, 100);
    rooms.taken[1] = true;
    EXPECT_EQ(clocks.next(), 1U);
    EXPECT_EQ(clocks.deadline(), 5s + 50ms);
    EXPECT_EQ(clocks.of(1).advance(5s + 50ms, 4), 1U);
    EXPECT_EQ(clocks.ticks_forgiven(), 0U);
}

TEST(PhaseClocks, TheFirstRunsWithoutRoomsToo) {
    const Occupancy rooms{{false, true}};
    PhaseClocks clocks(rooms, 10, 0ns, 0);
    EXPECT_EQ(clocks.next(), 0U);
    clocks.of(0).advance(100ms, 4);
    EXPECT_EQ(clocks.next(), 1U);
}

}  // namespace
}  // namespace ringtick
