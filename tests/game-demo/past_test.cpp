#include "railroids/past.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

using ringtick::whole_tick;

constexpr std::uint8_t east = 0;
constexpr std::uint8_t west = 128;

// Ship 0 stands and aims east along a free lane; ship 1 crosses it southwards, at ten units a tick.
class Crossing : public ::testing::Test {
protected:
    static constexpr std::int32_t distance = 300;
    static constexpr std::int32_t speed = 10;

    Crossing() : world(1, side_min, 4), orders(4, Order{.input = {.buttons = 0, .aim = east}}) {
        world.enter(0);
        world.enter(1);
        lane = free_lane(world.terrain(), distance);
    }
    // In tick `crossing` it is on the lane.
    void step(TickTime view = Order::present, std::uint8_t buttons = 0) {
        tick += 1;
        put(0, lane.west);
        const std::int32_t south = (static_cast<std::int32_t>(tick) - crossing) * speed;
        put(1, lane.east + FixedVector{{}, Fixed::from_int(south)});
        orders[0] = {.input = {.buttons = buttons, .aim = east}, .view = view};
        world.step(tick, orders);
        world.remember([this](ShipId id) { return world.ships()[id].position; });
    }
    void steps_to(std::uint64_t wanted) {
        while (tick < wanted) step();
    }
    bool fire_hits(TickTime view) {
        const std::uint64_t before = world.counters().hits;
        world.ship(0).cooldown_ticks = 0;
        step(view, Input::fire);
        return world.counters().hits > before;
    }
    void put(ShipId id, FixedVector place) {
        if (!world.ship(id).alive()) return;
        world.ship(id).position = place;
        world.ship(id).velocity = {};
    }

    Past::Ray ray() const {
        return {.shooter = 0,
                .from = lane.west,
                .direction = {Fixed::from_int(1), {}},
                .range = rules::rail_range};
    }

    static constexpr std::int32_t crossing = 20;
    World world;
    std::vector<Order> orders;
    Lane lane;
    std::uint64_t tick = 0;
};

TEST_F(Crossing, AShotHitsWhatItsShooterSaw) {
    steps_to(25);
    EXPECT_TRUE(fire_hits(20 * whole_tick));  // Now it is 60 units south.
    EXPECT_EQ(world.counters().shots_rewound, 1U);
}

TEST_F(Crossing, AShotOfWhoSeesThePresentDoesNot) {
    steps_to(25);
    EXPECT_FALSE(fire_hits(Order::present));
    EXPECT_EQ(world.counters().shots_rewound, 0U);
}

TEST_F(Crossing, AShotMissesWhatWasNotThereYet) {
    steps_to(19);
    EXPECT_TRUE(fire_hits(Order::present));
    EXPECT_FALSE(fire_hits(15 * whole_tick));
}

// Goal: between two ticks it counts where the ship was drawn.
// Method: 14 units is the radius, so it is on the ray from 1.4 ticks before the lane to 1.4 after.
TEST_F(Crossing, AShotGoesBackToAPartOfATick) {
    steps_to(24);
    const TickTime reach = whole_tick * rules::ship_radius.floor() / speed;
    const TickTime there = 20 * whole_tick;
    EXPECT_EQ(world.rewind(there - reach - 512).first_hit(ray()).id, nobody);
    EXPECT_EQ(world.rewind(there - reach + 512).first_hit(ray()).id, 1);
    EXPECT_EQ(world.rewind(there + reach - 512).first_hit(ray()).id, 1);
    EXPECT_EQ(world.rewind(there + reach + 512).first_hit(ray()).id, nobody);
}

TEST_F(Crossing, AShotGoesBackNoFartherThanTheWorldRemembers) {
    steps_to(40);
    EXPECT_FALSE(fire_hits(20 * whole_tick));
    EXPECT_EQ(world.counters().shots_rewound, 1U);
}

TEST_F(Crossing, WhoDiedSinceIsNotHitAgain) {
    steps_to(22);
    world.ship(1).energy = 1;
    orders[2] = {.input = {.buttons = Input::fire, .aim = west}};
    world.enter(2);
    world.ship(2).position = world.ship(1).position + FixedVector{Fixed::from_int(60), {}};
    world.ship(2).cooldown_ticks = 0;
    world.ship(2).position.y += Fixed::from_int(speed);
    step();
    ASSERT_FALSE(world.ship(1).alive());
    world.leave(2);
    orders[2] = {};
    EXPECT_FALSE(fire_hits(20 * whole_tick));
    EXPECT_EQ(world.ship(1).deaths, 1);
}

TEST_F(Crossing, WhoLeftSinceIsNotHit) {
    steps_to(22);
    world.leave(1);
    EXPECT_FALSE(fire_hits(20 * whole_tick));
}

TEST_F(Crossing, WhoCameBackSinceIsNotHitWhereItWasBefore) {
    steps_to(22);
    world.ship(1).state = Ship::State::dead;
    world.ship(1).respawn_ticks = 1;
    step();
    ASSERT_TRUE(world.ship(1).alive());
    EXPECT_FALSE(fire_hits(20 * whole_tick));
}

TEST_F(Crossing, WhoTookThePlaceOfAnotherSinceIsNotHitForIt) {
    steps_to(22);
    world.leave(1);
    world.enter(1);
    EXPECT_FALSE(fire_hits(20 * whole_tick));
}

TEST_F(Crossing, WhoCameAfterTheMomentIsNotHitInIt) {
    steps_to(19);
    world.leave(1);
    world.enter(1);
    EXPECT_FALSE(fire_hits(19 * whole_tick));
    step();
    EXPECT_EQ(world.rewind(20 * whole_tick).first_hit(ray()).id, 1);
}

// What a ray meets among all ships, each looked for in a history of the test's own.
Past::Target search_all(const World& world,
                        const ringtick::History::Instant& instant,
                        const Past::Ray& ray) {
    Past::Target target{.distance = ray.range};
    for (std::size_t id = 0; id < world.ships().size(); ++id) {
        const Ship& ship = world.ships()[id];
        if (!ship.alive() || id == ray.shooter) continue;
        const auto place = instant.find(id, ship.life);
        if (!place) continue;
        const Fixed distance =
            ray_to_circle(*place - ray.from, ray.direction, rules::ship_radius, target.distance);
        if (distance < target.distance) target = {static_cast<ShipId>(id), distance};
    }
    return target;
}

// Goal: whom a rewound shot hits is found through the grid, however far it has flown since.
// Method: bots in full flight; a shot of every ship at many moments, held against a search among
// all of them.
TEST(Past, FindsThroughTheGridWhatASearchAmongAllFinds) {
    World world(5, side_for(301), 301);
    Bots bots(5, 1, 300);
    for (ShipId id = 1; id <= 300; ++id) world.enter(id);
    std::vector<Order> orders(301);
    ringtick::History history(301, World::history_ticks_default, rules::leap);
    for (std::uint64_t tick = 1; tick <= 200; ++tick) {
        bots.give_orders(world, tick, orders);
        world.step(tick, orders);
        world.remember([&](ShipId id) { return world.ships()[id].position; });
        history.record(tick, [&](std::size_t id) {
            const Ship& ship = world.ships()[id];
            return ringtick::History::Entry{ship.position, ship.alive() ? ship.life : 0};
        });
    }
    int hits = 0;
    for (TickTime ago = whole_tick / 2; ago < 11 * whole_tick; ago += whole_tick * 3 / 4) {
        const TickTime view = static_cast<TickTime>(world.tick()) * whole_tick - ago;
        const Past past = world.rewind(view);
        for (ShipId shooter = 1; shooter <= 300; ++shooter) {
            const Past::Ray ray{
                .shooter = shooter,
                .from = world.ships()[shooter].position,
                .direction = unit_vector(Angle::from_byte(static_cast<std::uint8_t>(shooter * 16))),
                .range = rules::rail_range};
            const Past::Target found = past.first_hit(ray);
            const Past::Target wanted = search_all(world, history.at(view), ray);
            EXPECT_EQ(found.id, wanted.id) << shooter;
            EXPECT_EQ(found.distance, wanted.distance) << shooter;
            hits += found.id != nobody ? 1 : 0;
        }
    }
    EXPECT_GT(hits, 500);
}

}  // namespace
}  // namespace railroids
