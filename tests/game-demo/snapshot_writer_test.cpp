#include "railroids/snapshot_writer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <vector>

namespace railroids {
namespace {

constexpr std::size_t ships = 200;
constexpr std::int32_t side = side_min;  // Small, so that everyone sees a crowd.

// A world in which everybody flies about and shoots.
class SnapshotWriterTest : public testing::Test {
protected:
    SnapshotWriterTest() {
        for (std::size_t id = 0; id < ships; ++id) world.enter(static_cast<ShipId>(id));
        std::vector<Order> orders(ships);
        for (std::size_t id = 0; id < ships; ++id) {
            orders[id].input.buttons = id % 2 == 0 ? Input::thrust | Input::fire : Input::thrust;
            orders[id].input.aim = static_cast<std::uint8_t>(id);
        }
        for (std::uint64_t tick = 1; tick <= 40; ++tick) world.step(tick, orders);
        writer.begin_tick();
    }

    std::span<const std::byte> write(ShipId viewer, std::size_t size_max) {
        bytes.resize(size_max);
        return std::span(bytes).first(writer.write({.id = viewer, .last_tick = 30}, bytes));
    }

    const Scale scale = Scale::of(ships, side);
    World world{7, side, ships};
    SnapshotWriter writer{world, scale};
    std::vector<std::byte> bytes;
    std::unique_ptr<Snapshot> snapshot = std::make_unique<Snapshot>();
};

// Goal: records that are packed once and copied are bit for bit those that the description writes.
TEST_F(SnapshotWriterTest, WritesWhatTheDescriptionOfASnapshotWrites) {
    std::size_t seen = 0;
    for (ShipId viewer = 0; viewer < ships; ++viewer) {
        const auto written = write(viewer, 16'384);
        ASSERT_TRUE(decode(written, scale, *snapshot)) << viewer;
        seen += snapshot->ships.size() + snapshot->gems.size() + snapshot->beams.size();
        std::vector<std::byte> again(written.size());
        ASSERT_EQ(encode(*snapshot, scale, again), written.size());
        ASSERT_TRUE(std::ranges::equal(again, written)) << viewer;
    }
    EXPECT_GT(seen, ships * 20);
}

// Goal: with less and less room, first gems are left away, then ships, then beams.
TEST_F(SnapshotWriterTest, LeavesAwayWhatDoesNotFit) {
    ASSERT_TRUE(decode(write(3, 16'384), scale, *snapshot));
    const std::size_t all_ships = snapshot->ships.size();
    const std::size_t all_beams = snapshot->beams.size();
    const std::size_t whole = bytes.size();
    for (std::size_t size_max = whole; size_max > 0; size_max -= size_max > 2'000 ? 500 : 1) {
        const auto written = write(3, size_max);
        if (written.empty()) {
            EXPECT_LT(size_max, 100U);
            break;
        }
        ASSERT_LE(written.size(), size_max);
        ASSERT_TRUE(decode(written, scale, *snapshot)) << size_max;
        if (snapshot->ships.size() < all_ships && snapshot->beams.size() == all_beams) {
            ASSERT_TRUE(snapshot->gems.empty() || snapshot->gems.size() < 3) << size_max;
        }
    }
}

}  // namespace
}  // namespace railroids
