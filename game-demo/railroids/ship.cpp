#include "railroids/ship.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace railroids {

namespace {

void clamp_speed(Ship& ship) {
    if (dot(ship.velocity, ship.velocity) <= squared(rules::speed_max)) return;
    ship.velocity = with_length(ship.velocity, rules::speed_max);
}

void lose_bounce_energy(Ship& ship) {
    // A rock hurts and never kills: a death has somebody to thank for it.
    if (ship.energy > rules::bounce_energy) ship.energy -= rules::bounce_energy;
}

// Keeps one coordinate in the world; half the speed is lost at the wall.
bool bounce_off_wall(Fixed& position, Fixed& velocity, Fixed low, Fixed high) {
    if (position >= low && position <= high) return false;
    position = std::clamp(position, low, high);
    velocity = -velocity / 2;
    return true;
}

void bounce_off_walls(Ship& ship, std::int32_t side) {
    const Fixed low = rules::ship_radius;
    const Fixed high = Fixed::from_int(side) - rules::ship_radius;
    const bool hit_x = bounce_off_wall(ship.position.x, ship.velocity.x, low, high);
    const bool hit_y = bounce_off_wall(ship.position.y, ship.velocity.y, low, high);
    if (hit_x || hit_y) lose_bounce_energy(ship);
}

void bounce_off_asteroid(Ship& ship, const Asteroid& asteroid) {
    const FixedVector out = ship.position - asteroid.position;
    const Fixed apart = asteroid.radius + rules::ship_radius;
    FixedVector normal = with_length(out, Fixed::from_int(1));
    if (normal == FixedVector{}) normal = {Fixed::from_int(1), {}};  // In its very centre.
    ship.position = asteroid.position + normal * apart;

    const Fixed inward = Fixed::from_raw(
        static_cast<std::int32_t>(dot(ship.velocity, normal) >> Fixed::fraction_bits));
    if (inward >= Fixed{}) return;
    ship.velocity -= normal * (inward * Fixed::ratio(3, 2));  // Turned round, and half of it lost.
    lose_bounce_energy(ship);
}

void obey_controls(Ship& ship) {
    if (ship.turning < 0) ship.heading = ship.heading - rules::turn;
    if (ship.turning > 0) ship.heading = ship.heading + rules::turn;
    if (ship.thrusting) ship.velocity += unit_vector(ship.heading) * rules::thrust;
    if (ship.braking) ship.velocity -= ship.velocity / rules::brake_divisor;
    if (ship.aims_ahead) ship.aim = ship.heading;
}

void fly(Ship& ship, const Terrain& terrain) {
    ship.velocity -= ship.velocity / rules::drag_divisor;
    clamp_speed(ship);
    ship.position += ship.velocity;
    const Asteroid* const asteroid = terrain.touching(ship.position, rules::ship_radius);
    if (asteroid != nullptr) bounce_off_asteroid(ship, *asteroid);
    bounce_off_walls(ship, terrain.side());
}

void take_controls(Ship& ship, Input input) {
    const bool left = input.pressed(Input::left);
    const bool right = input.pressed(Input::right);
    ship.turning = left == right ? std::int8_t{0} : right ? std::int8_t{1} : std::int8_t{-1};
    ship.thrusting = input.pressed(Input::thrust);
    ship.braking = input.pressed(Input::brake);
    ship.aims_ahead = input.pressed(Input::aim_ahead);
    if (!ship.aims_ahead) ship.aim = Angle::from_byte(input.aim);
}

void go_on(Ship& ship, const Terrain& terrain) {
    ASSERT(ship.alive());
    obey_controls(ship);
    fly(ship, terrain);
    if (ship.cooldown_ticks > 0) ship.cooldown_ticks -= 1;
}

}  // namespace

bool obey(Ship& ship, Input input, const Terrain& terrain) {
    take_controls(ship, input);
    go_on(ship, terrain);
    if (!input.pressed(Input::fire) || ship.cooldown_ticks > 0) return false;
    ship.cooldown_ticks = rules::rail_cooldown;
    return true;
}

void recoil(Ship& ship) {
    ship.velocity -= unit_vector(ship.aim) * rules::rail_recoil;
}

void regain(Ship& ship, std::uint64_t tick) {
    if (tick % rules::regain_every == 0 && ship.energy < rules::energy_max) ship.energy += 1;
}

void coast(Ship& ship, std::uint64_t tick, const Terrain& terrain) {
    if (!ship.alive()) {
        if (ship.respawn_ticks > 0) ship.respawn_ticks -= 1;
        return;
    }
    go_on(ship, terrain);
    regain(ship, tick);
}

}  // namespace railroids
