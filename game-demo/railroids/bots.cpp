#include "railroids/bots.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstdlib>

namespace railroids {

namespace {

constexpr std::uint64_t think_every = 4;               // Ticks.
constexpr Fixed holder_reach = Fixed::from_int(2400);  // A holder farther away goes its own way.
constexpr Fixed neighbour_reach = Fixed::from_int(150);
constexpr Fixed sight = Fixed::from_int(760);
constexpr Fixed close_quarters = Fixed::from_int(220);
constexpr Fixed good_range = Fixed::from_int(420);
constexpr std::int16_t aim_error_max = 2600;  // 14 degrees.
constexpr std::int16_t aim_turn_max = 1300;   // 7 degrees a tick: a hand, not a machine.
constexpr std::int16_t on_target = 260;
constexpr int looks_max = 96;  // Ships weighed at one look round, however thick the crowd.

std::int16_t turn_towards(Angle from, Angle to) {
    return (to - from).signed_turns();
}

}  // namespace

Bots::Bots(std::uint64_t seed, ShipId first_id, std::size_t count_max)
    : rng_(ringtick::Rng::mix(seed + 3)), first_id_(first_id), pilots_(count_max) {
    for (std::size_t i = 0; i < count_max; ++i) {
        Nature& nature = pilots_[i].nature;
        const std::size_t share = i % 10;
        nature.kind = share < 6 ? Kind::holder : share < 9 ? Kind::hunter : Kind::drifter;
        nature.cruise = Fixed::ratio(rng_.between(60, 95), 10);
        nature.orbit_radius = Fixed::from_int(rng_.between(120, 560));
    }
}

void Bots::fly(std::size_t count, World& world) {
    ASSERT(count <= pilots_.size());
    for (; count_ > count; --count_) {
        world.leave(static_cast<ShipId>(first_id_ + count_ - 1));
    }
    for (; count_ < count; ++count_) {
        Pilot& pilot = pilots_[count_];
        pilot = {.nature = pilot.nature};
        pilot.orbit = {static_cast<std::uint16_t>(rng_.below(65'536))};
        pilot.refire_ticks = static_cast<std::uint8_t>(rng_.between(20, 120));
        world.enter(static_cast<ShipId>(first_id_ + count_));
    }
}

void Bots::give_orders(const World& world, std::uint64_t tick, std::span<Order> orders) {
    const Beacon beacon = world.terrain().beacon_at(tick);
    for (std::size_t i = 0; i < count_; ++i) {
        const auto id = static_cast<ShipId>(first_id_ + i);
        const Ship& ship = world.ships()[id];
        orders[id] = {};
        if (!ship.alive()) {
            pilots_[i].target = nobody;
            pilots_[i].goal_ticks = 0;
            continue;
        }
        if ((tick + i) % think_every == 0) think(pilots_[i], {world, ship, id, beacon});
        orders[id] = act(pilots_[i], world, id);
    }
}

void Bots::think(Pilot& pilot, const Moment& moment) {
    choose_goal(pilot, moment);
    choose_target(pilot, moment);
    pilot.aim_error = static_cast<std::int16_t>(
        std::clamp<int>(pilot.aim_error + rng_.between(-800, 800), -aim_error_max, aim_error_max));
    const FixedVector wanted = wish(pilot, moment) + keep_apart(moment) + avoid_terrain(moment);
    plan(pilot, moment, wanted);
}

void Bots::choose_goal(Pilot& pilot, const Moment& moment) {
    const FixedVector to_beacon = moment.beacon.position - moment.ship.position;
    const bool holds =
        pilot.nature.kind == Kind::holder && dot(to_beacon, to_beacon) < squared(holder_reach);
    if (holds) {
        // Its own place in the circle, which wanders round: so they spread out and keep moving.
        pilot.orbit = pilot.orbit + Angle{600};
        pilot.goal = moment.beacon.position + unit_vector(pilot.orbit) * pilot.nature.orbit_radius;
        pilot.goal_ticks = 0;
        return;
    }
    const FixedVector way = pilot.goal - moment.ship.position;
    const bool arrived = dot(way, way) < squared(close_quarters);
    const bool tired = pilot.goal_ticks < think_every;
    pilot.goal_ticks =
        tired ? std::uint16_t{0} : static_cast<std::uint16_t>(pilot.goal_ticks - think_every);
    if (!arrived && !tired) return;
    pilot.goal_ticks = static_cast<std::uint16_t>(rng_.between(150, 600));
    pilot.goal = random_place(moment.world);
}

void Bots::choose_target(Pilot& pilot, const Moment& moment) {
    const bool lost = pilot.target == nobody || !moment.world.ships()[pilot.target].alive();
    pilot.target_ticks = pilot.target_ticks < think_every
                             ? std::uint16_t{0}
                             : static_cast<std::uint16_t>(pilot.target_ticks - think_every);
    if (pilot.target_ticks > 0 && !lost) return;
    pilot.target_ticks = static_cast<std::uint16_t>(rng_.between(24, 60));
    pilot.target = nobody;
    std::int64_t nearest = squared(sight);
    int looks = 0;
    const Rect box = Rect::around(moment.ship.position, sight, sight);
    moment.world.ship_grid().for_each_near(box, [&](ShipId id) {
        if (id == moment.id || ++looks > looks_max) return;
        const Ship& ship = moment.world.ships()[id];
        const FixedVector off = ship.position - moment.ship.position;
        const std::int64_t distance = dot(off, off);
        if (!ship.alive() || distance >= nearest) return;
        nearest = distance;
        pilot.target = id;
    });
}

FixedVector Bots::wish(const Pilot& pilot, const Moment& moment) const {
    if (pilot.nature.kind == Kind::hunter && pilot.target != nobody) return chase(pilot, moment);
    const FixedVector way = pilot.goal - moment.ship.position;
    return with_length(way, std::min(pilot.nature.cruise, length(way) / 16));
}

// Near enough to hit, not so near as to be hit: closes in, circles, backs off.
FixedVector Bots::chase(const Pilot& pilot, const Moment& moment) const {
    const FixedVector way = moment.world.ships()[pilot.target].position - moment.ship.position;
    const FixedVector towards = with_length(way, pilot.nature.cruise);
    if (dot(way, way) > squared(good_range)) return towards;
    const bool clockwise = (moment.id & 1) != 0;
    const FixedVector across =
        clockwise ? FixedVector{-towards.y, towards.x} : FixedVector{towards.y, -towards.x};
    if (dot(way, way) > squared(close_quarters)) return across;
    return across - towards;
}

FixedVector Bots::keep_apart(const Moment& moment) {
    FixedVector push;
    int looks = 0;
    const Rect box = Rect::around(moment.ship.position, neighbour_reach, neighbour_reach);
    moment.world.ship_grid().for_each_near(box, [&](ShipId id) {
        if (id == moment.id || ++looks > looks_max) return;
        const Ship& ship = moment.world.ships()[id];
        const FixedVector off = moment.ship.position - ship.position;
        if (!ship.alive() || dot(off, off) >= squared(neighbour_reach)) return;
        const Fixed room = neighbour_reach - length(off);
        push += with_length(off, room / 9);  // The nearer, the stronger.
    });
    return push;
}

// Looks along its flight, a third of a second and a second ahead: turns off from what is there.
FixedVector Bots::avoid_terrain(const Moment& moment) {
    const FixedVector place = moment.ship.position;
    FixedVector push;
    for (const std::int32_t ticks : {0, 10, 28}) {
        const FixedVector ahead = place + moment.ship.velocity * Fixed::from_int(ticks);
        const Asteroid* const asteroid =
            moment.world.terrain().touching(ahead, Fixed::from_int(32));
        if (asteroid == nullptr) continue;
        push += with_length(ahead - asteroid->position, Fixed::from_int(9));
        const FixedVector out = place - asteroid->position;
        push += with_length(out, Fixed::from_int(5));
        break;
    }
    const Fixed margin = Fixed::from_int(220);
    const Fixed high = Fixed::from_int(moment.world.terrain().side()) - margin;
    const Fixed inward = Fixed::from_int(8);
    if (place.x < margin) push.x += inward;
    if (place.y < margin) push.y += inward;
    if (place.x > high) push.x -= inward;
    if (place.y > high) push.y -= inward;
    return push;
}

// From the velocity it wants to the hands on the stick.
void Bots::plan(Pilot& pilot, const Moment& moment, FixedVector wanted) {
    const FixedVector velocity = moment.ship.velocity;
    const Fixed cruise = pilot.nature.cruise;
    if (dot(wanted, wanted) > squared(cruise)) wanted = with_length(wanted, cruise);
    const FixedVector change = wanted - velocity;
    const std::int64_t size = dot(change, change);
    pilot.thrusting = size > squared(Fixed::ratio(3, 4));
    pilot.braking = size > squared(Fixed::from_int(4)) && dot(change, velocity) < 0;
    // Small corrections are left to drag: whoever turns for each of them is seen to tremble.
    if (pilot.thrusting) {
        const std::int32_t waver = rng_.between(-500, 500);
        pilot.heading = angle_of(change) + Angle{static_cast<std::uint16_t>(waver)};
    } else if (dot(velocity, velocity) > squared(Fixed::from_int(1))) {
        pilot.heading = angle_of(velocity);
    }
}

Order Bots::act(Pilot& pilot, const World& world, ShipId id) {
    const Ship& ship = world.ships()[id];
    const std::int16_t off = turn_towards(ship.heading, pilot.heading);
    const std::int16_t dead_band = static_cast<std::int16_t>(rules::turn.turns / 2 + 40);
    Input input{.buttons = 0};
    if (off > dead_band) input.buttons |= Input::right;
    if (off < -dead_band) input.buttons |= Input::left;
    const bool faces = std::abs(off) < 6500;  // 36 degrees.
    if (pilot.thrusting && faces) input.buttons |= Input::thrust;
    if (pilot.braking) input.buttons |= Input::brake;

    Angle wanted = ship.heading;
    if (pilot.target != nobody) {
        wanted = angle_of(world.ships()[pilot.target].position - ship.position) +
                 Angle{static_cast<std::uint16_t>(pilot.aim_error)};
    }
    const std::int16_t turn = std::clamp(turn_towards(pilot.aim, wanted),
                                         static_cast<std::int16_t>(-aim_turn_max), aim_turn_max);
    pilot.aim = pilot.aim + Angle{static_cast<std::uint16_t>(turn)};
    input.aim = pilot.aim.to_byte();
    const bool settled = std::abs(turn_towards(pilot.aim, wanted)) < on_target;
    if (settled && wants_fire(pilot, world, id)) input.buttons |= Input::fire;
    return {.input = input};
}

bool Bots::wants_fire(Pilot& pilot, const World& world, ShipId id) {
    if (pilot.refire_ticks > 0) pilot.refire_ticks -= 1;
    if (pilot.refire_ticks > 0 || pilot.target == nobody) return false;
    const Ship& ship = world.ships()[id];
    const Ship& target = world.ships()[pilot.target];
    const FixedVector way = target.position - ship.position;
    if (!target.alive() || dot(way, way) > squared(sight)) return false;
    // Not into the rock between.
    const Fixed range = length(way);
    if (world.terrain().ray(ship.position, unit_vector(pilot.aim), range) < range) return false;
    const bool hunter = pilot.nature.kind == Kind::hunter;
    pilot.refire_ticks =
        static_cast<std::uint8_t>(hunter ? rng_.between(40, 120) : rng_.between(80, 250));
    return true;
}

FixedVector Bots::random_place(const World& world) {
    const std::int32_t side = world.terrain().side();
    return {Fixed::from_int(rng_.between(250, side - 250)),
            Fixed::from_int(rng_.between(250, side - 250))};
}

}  // namespace railroids
