#include "railroids/ship.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

namespace railroids {
namespace {

class Flight : public ::testing::Test {
protected:
    Flight() : terrain(std::make_unique<Terrain>()) {
        terrain->generate(1, side_min);
        ship.state = Ship::State::alive;
        ship.energy = 100;
        ship.position = {Fixed::from_int(40), Fixed::from_int(40)};  // A corner: no rock is there.
    }
    void fly_ticks(int count) {
        for (int i = 0; i < count; ++i) coast(ship, tick, *terrain);
    }
    void steer(Input input) { obey(ship, input, *terrain); }

    static constexpr std::uint64_t tick = 1;  // No energy comes back in it.

    std::unique_ptr<Terrain> terrain;
    Ship ship;
};

TEST_F(Flight, TurnsSixDegreesATick) {
    for (int i = 0; i < 15; ++i) steer({.buttons = Input::right});
    EXPECT_NEAR(ship.heading.turns, Angle::from_degrees(90).turns, 15);
    for (int i = 0; i < 15; ++i) steer({.buttons = Input::left});
    EXPECT_EQ(ship.heading, Angle{});
}

TEST_F(Flight, AimsWhereTheInputSaysOrAhead) {
    ship.heading = Angle::from_degrees(90);
    steer({.buttons = 0, .aim = 200});
    EXPECT_EQ(ship.aim, Angle::from_byte(200));
    steer({.buttons = Input::aim_ahead, .aim = 200});
    EXPECT_EQ(ship.aim, ship.heading);
}

TEST_F(Flight, GlidesOnAfterThrustAndSlowsByDragAlone) {
    steer({.buttons = Input::thrust});
    const Fixed start = ship.velocity.x;
    EXPECT_EQ(start, rules::thrust - rules::thrust / rules::drag_divisor);
    steer({.buttons = 0});
    fly_ticks(63);
    EXPECT_LT(ship.velocity.x, start / 2);
    EXPECT_GT(ship.velocity.x, start / 4);
}

TEST_F(Flight, StopsSoonerWithTheBrake) {
    ship.velocity = {Fixed::from_int(4), {}};
    Ship braking = ship;
    for (int i = 0; i < 20; ++i) {
        obey(braking, {.buttons = Input::brake}, *terrain);
    }
    fly_ticks(20);
    EXPECT_LT(braking.velocity.x, ship.velocity.x / 2);
    EXPECT_TRUE(braking.braking);
}

TEST_F(Flight, NeverFliesFasterThanTheLimit) {
    ship.velocity = {Fixed::from_int(40), Fixed::from_int(30)};
    fly_ticks(1);
    EXPECT_LE(length(ship.velocity), rules::speed_max);
    EXPECT_GT(length(ship.velocity), rules::speed_max - Fixed::ratio(1, 50));
}

TEST_F(Flight, BouncesOffTheWallWithHalfItsSpeed) {
    ship.velocity = {Fixed::from_int(-8), {}};
    fly_ticks(4);
    EXPECT_GT(ship.velocity.x, Fixed::from_int(3));
    EXPECT_LT(ship.velocity.x, Fixed::from_int(4));
    EXPECT_GE(ship.position.x, rules::ship_radius);
    EXPECT_EQ(ship.energy, 99);
}

TEST_F(Flight, BouncesOffAnAsteroidAndLosesEnergy) {
    const Asteroid& asteroid = terrain->asteroids()[0];
    const Fixed touch = asteroid.radius + rules::ship_radius;
    ship.position = asteroid.position - FixedVector{touch + Fixed::from_int(2), {}};
    ship.velocity = {Fixed::from_int(8), {}};
    fly_ticks(1);
    EXPECT_LT(ship.velocity.x, Fixed::from_int(-3));
    EXPECT_EQ(ship.energy, 99);
    fly_ticks(1);
    EXPECT_GE(length(ship.position - asteroid.position), touch);
}

TEST_F(Flight, IsNeverKilledByARock) {
    ship.energy = 1;
    ship.velocity = {Fixed::from_int(-8), {}};
    fly_ticks(10);
    EXPECT_EQ(ship.energy, 1);
}

TEST_F(Flight, GetsOutOfAnAsteroidsCentre) {
    const Asteroid& asteroid = terrain->asteroids()[0];
    ship.position = asteroid.position;
    fly_ticks(1);
    EXPECT_GE(length(ship.position - asteroid.position), asteroid.radius);
}

TEST_F(Flight, FiresWhenTheGunIsReadyAndIsKickedBackOnceAllHaveMoved) {
    ship.cooldown_ticks = 2;
    const Input pull{.buttons = Input::fire, .aim = 0};
    EXPECT_FALSE(obey(ship, pull, *terrain));
    EXPECT_FALSE(obey(ship, {.buttons = 0}, *terrain));
    EXPECT_TRUE(obey(ship, pull, *terrain));
    EXPECT_EQ(ship.velocity, FixedVector{});
    EXPECT_EQ(ship.cooldown_ticks, rules::rail_cooldown);
    recoil(ship);
    EXPECT_EQ(ship.velocity.x, -rules::rail_recoil);
    for (int i = 1; i < rules::rail_cooldown; ++i) EXPECT_FALSE(obey(ship, pull, *terrain));
    EXPECT_TRUE(obey(ship, pull, *terrain));
}

}  // namespace
}  // namespace railroids
