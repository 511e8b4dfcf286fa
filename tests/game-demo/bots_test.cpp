#include "railroids/bots.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

// What is seen of a hundred bots in a minute and a half.
class Watched : public ::testing::Test {
protected:
    static constexpr int bots = 100;
    static constexpr int ticks = 2700;

    Watched() : match({.seed = 4, .players_max = 1, .bots = bots}) {
        travelled.resize(bots);
        turned.resize(bots);
        for (int i = 0; i < ticks; ++i) {
            match.step();
            look();
        }
    }
    void look() {
        for (int i = 0; i < bots; ++i) {
            const Ship& ship = match.ship(static_cast<ShipId>(1 + i));
            if (!ship.alive()) continue;
            alive_ticks += 1;
            const auto at = static_cast<std::size_t>(i);
            travelled[at] += length(ship.velocity).raw() / Fixed::one;
            turned[at] += (ship.heading - last_heading[at]).signed_turns() / 1000;
            last_heading[at] = ship.heading;
            if (ship.velocity == FixedVector{}) still_ticks += 1;
            for (int j = 0; j < i; ++j) {
                const Ship& other = match.ship(static_cast<ShipId>(1 + j));
                const FixedVector off = ship.position - other.position;
                const bool stacked = dot(off, off) < squared(rules::ship_radius);
                if (other.alive() && stacked) stacked_ticks += 1;
            }
        }
    }

    Match match;
    std::vector<std::int64_t> travelled;
    std::vector<std::int64_t> turned;
    std::array<Angle, bots> last_heading{};
    std::int64_t alive_ticks = 0;
    std::int64_t still_ticks = 0;
    std::int64_t stacked_ticks = 0;
};

TEST_F(Watched, LiveMoveFightAndKeepApart) {
    EXPECT_GT(alive_ticks, bots * ticks * 8 / 10);
    EXPECT_LT(still_ticks, alive_ticks / 50);
    EXPECT_LT(stacked_ticks, alive_ticks / 200);
    for (const std::int64_t way : travelled) EXPECT_GT(way, 2000);
    // In the round, nobody spins: less than a turn in two seconds on balance.
    for (const std::int64_t turns : turned) EXPECT_LT(std::abs(turns), 65 * ticks / 60);

    const RailroidsCounters counters = match.game.totals();
    EXPECT_GT(counters.kills, 20U);
    EXPECT_LT(counters.kills, 400U);
    EXPECT_GT(counters.gems_taken, counters.kills / 2);
}

TEST(Bots, SeldomFlyIntoRocksOrWalls) {
    Match match({.seed = 8, .players_max = 1, .bots = 50});
    std::int64_t touches = 0;
    constexpr int ticks = 1800;
    for (int i = 0; i < ticks; ++i) {
        match.step();
        for (ShipId id = 1; id <= 50; ++id) {
            const Ship& ship = match.ship(id);
            const Fixed near = rules::ship_radius + Fixed::from_int(1);
            const bool touch =
                match.game.world().terrain().touching(ship.position, near) != nullptr;
            if (ship.alive() && touch) touches += 1;
        }
    }
    EXPECT_LT(touches, 50 * ticks / 100);
}

int flying(Match& match) {
    int count = 0;
    for (const Ship& ship : match.game.world().ships()) count += ship.present() ? 1 : 0;
    return count;
}

TEST(Bots, ComeAndGoAsAnOperatorOrders) {
    Match match({.seed = 3, .players_max = 2, .bots = 10, .bots_max = 40});
    match.steps(30);
    ASSERT_TRUE(match.order_bots(40));
    match.step();
    EXPECT_EQ(flying(match), 40);
    EXPECT_TRUE(match.ship(2 + 39).alive());
    match.steps(300);
    EXPECT_EQ(match.game.totals().bots, 40U);
    ASSERT_TRUE(match.order_bots(0));
    match.step();
    EXPECT_EQ(flying(match), 0);
    ASSERT_TRUE(match.order_bots(5));
    ASSERT_TRUE(match.order_bots(3));
    match.steps(60);
    EXPECT_EQ(flying(match), 3);
    EXPECT_EQ(match.game.totals().messages_refused, 0U);
}

TEST(Bots, AreNeverMoreThanThereAreIdsFor) {
    Match match({.seed = 3, .players_max = 2, .bots = 10, .bots_max = 40});
    EXPECT_FALSE(match.order_bots(41));
    match.say(ringtick::operator_id.slot, Bytes(5, std::byte{0xFF}));
    const auto order = ringtick::RoomOrder{.number = 41}.encoded();
    match.say(ringtick::operator_id.slot, Bytes(order.begin(), order.end()));
    match.step();
    EXPECT_EQ(flying(match), 10);
    EXPECT_EQ(match.game.totals().messages_refused, 2U);
}

// Whoever comes to a match is told how many there are, whatever there were at its beginning.
TEST(Bots, AreCountedInTheWelcome) {
    Match match({.seed = 3, .players_max = 2, .bots = 10, .bots_max = 40});
    ASSERT_TRUE(match.order_bots(25));
    match.step();
    const Facts facts = match.game.game().facts();
    EXPECT_EQ(facts.bots, 25);
    EXPECT_EQ(facts.bots_max, 40);
}

}  // namespace
}  // namespace railroids
