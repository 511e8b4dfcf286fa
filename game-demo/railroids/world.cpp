#include "railroids/world.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace railroids {

namespace {

constexpr std::size_t beams_min = 256;
constexpr int spots_sampled = 8;
constexpr int spot_tries = 64;             // To find eight that no asteroid covers.
constexpr std::int32_t spot_margin = 250;  // The edge is always empty, and a poor place to begin.
constexpr Fixed spot_clearance = Fixed::from_int(32);

}  // namespace

World::World(std::uint64_t seed, std::int32_t side, std::size_t ships, std::size_t history_ticks)
    : rng_(ringtick::Rng::mix(seed + 2)),
      ships_(ships),
      history_(ships, history_ticks, rules::leap),
      gems_(gem_places(static_cast<std::uint32_t>(ships))),
      beams_(std::max(ships, beams_min)),
      ship_grid_(side, ships),
      gem_grid_(side, gems_.size()) {
    ASSERT(ships > 0 && ships <= ships_max);
    shots_now_.reserve(ships);
    kills_.reserve(ships);
    terrain_.generate(seed, side);
}

void World::enter(ShipId id) {
    ASSERT(!ships_[id].present());
    ships_[id] = Ship{};
    place(ships_[id]);
}

void World::leave(ShipId id) {
    ASSERT(ships_[id].present());
    ships_[id] = Ship{};
}

void World::step(std::uint64_t tick, std::span<const Order> orders) {
    ASSERT(orders.size() == ships_.size());
    ASSERT(tick > tick_ || tick_ == 0);
    tick_ = tick;
    kills_.clear();
    shots_now_.clear();
    age_gems();
    move_ships(orders);
    build_grids();
    // All have moved and all who fire have fired before the first shot lands: no id is favoured.
    for (const Shot& shot : shots_now_) resolve(shot);
    take_gems();
    if (tick % rules::beacon_score_every == 0) score_beacon();
}

Past World::rewind(TickTime view) const {
    const TickTime now = static_cast<TickTime>(tick_) * ringtick::whole_tick;
    if (view >= now) return {ships_, ship_grid_};
    return {ships_, ship_grid_, history_.at(view)};
}

void World::move_ships(std::span<const Order> orders) {
    for (std::size_t i = 0; i < ships_.size(); ++i) {
        const auto id = static_cast<ShipId>(i);
        Ship& ship = ships_[i];
        if (!ship.present()) continue;
        if (!ship.alive()) {
            wait_for_respawn(id);
            continue;
        }
        const bool fires = obey(ship, orders[i].input, terrain_);
        regain(ship, tick_);
        if (fires) shots_now_.push_back({.shooter = id, .view = orders[i].view});
    }
}

void World::wait_for_respawn(ShipId id) {
    Ship& ship = ships_[id];
    ASSERT(ship.respawn_ticks > 0);
    ship.respawn_ticks -= 1;
    if (ship.respawn_ticks == 0) place(ship);
}

// The railgun: a ray from the ship along its aim, up to the first asteroid or ship. The ships are
// asked where their shooter saw them; asteroids do not move, and a shooter knows its own place.
void World::resolve(const Shot& shot) {
    Ship& shooter = ships_[shot.shooter];
    const FixedVector direction = unit_vector(shooter.aim);
    const Past past = rewind(shot.view);
    if (past.is_rewound()) counters_.shots_rewound += 1;
    const Past::Target target =
        past.first_hit({.shooter = shot.shooter,
                        .from = shooter.position,
                        .direction = direction,
                        .range = terrain_.ray(shooter.position, direction, rules::rail_range)});

    beams_[shots_ % beams_.size()] = {.id = static_cast<std::uint16_t>(shots_),
                                      .tick = tick_,
                                      .shooter = shot.shooter,
                                      .hit = target.id,
                                      .from = shooter.position,
                                      .to = shooter.position + direction * target.distance};
    shots_ += 1;
    counters_.shots += 1;
    recoil(shooter);
    if (target.id == nobody) return;
    ships_[target.id].velocity += direction * rules::rail_push;
    damage(shot.shooter, target.id);
}

void World::damage(ShipId shooter, ShipId target) {
    Ship& ship = ships_[target];
    ASSERT(ship.alive());
    ship.hits += 1;
    counters_.hits += 1;
    if (ship.energy > rules::rail_energy) {
        ship.energy -= rules::rail_energy;
        return;
    }
    ships_[shooter].kills += 1;
    ships_[shooter].score += rules::kill_score;
    counters_.kills += 1;
    kills_.push_back({.killer = shooter, .victim = target});
    die(target);
}

void World::die(ShipId id) {
    Ship& ship = ships_[id];
    ship.state = Ship::State::dead;
    ship.energy = 0;
    ship.velocity = {};
    ship.thrusting = ship.braking = ship.aims_ahead = false;
    ship.turning = 0;
    ship.respawn_ticks = rules::respawn_ticks;
    ship.deaths += 1;
    ship.score /= 2;  // So that the lead can be lost.
    for (std::uint32_t i = 0; i < rules::gems_per_death; ++i) drop_gem(ship.position);
}

// The oldest gem makes room when all places are taken: they are filled in turn.
void World::drop_gem(FixedVector around) {
    const Fixed margin = rules::ship_radius;
    const Fixed high = Fixed::from_int(terrain_.side()) - margin;
    // One draw a statement: the order of two in one expression is the compiler's choice.
    const Angle angle{static_cast<std::uint16_t>(rng_.below(65'536))};
    const Fixed distance = Fixed::from_int(rng_.between(10, 60));
    FixedVector place = around + unit_vector(angle) * distance;
    place = {std::clamp(place.x, margin, high), std::clamp(place.y, margin, high)};
    const Asteroid* const asteroid = terrain_.touching(place, margin);
    if (asteroid != nullptr) place = around;  // Where a ship could be, a ship can take it.
    gems_[next_gem_] = {.position = place, .ticks_left = rules::gem_ticks};
    next_gem_ = (next_gem_ + 1) % gems_.size();
}

void World::age_gems() {
    for (Gem& gem : gems_) {
        if (gem.ticks_left > 0) gem.ticks_left -= 1;
    }
}

void World::take_gems() {
    for (Gem& gem : gems_) {
        if (gem.ticks_left == 0) continue;
        ShipId taker = nobody;
        std::int64_t nearest = squared(rules::gem_reach);
        const Rect box = Rect::around(gem.position, rules::gem_reach, rules::gem_reach);
        ship_grid_.for_each_near(box, [&](ShipId id) {
            const FixedVector off = ships_[id].position - gem.position;
            const std::int64_t distance = dot(off, off);
            if (distance >= nearest || !ships_[id].alive()) return;
            nearest = distance;
            taker = id;
        });
        if (taker == nobody) continue;
        gem.ticks_left = 0;
        Ship& ship = ships_[taker];
        ship.score += rules::gem_score;
        ship.energy = static_cast<std::uint8_t>(
            std::min<int>(ship.energy + rules::gem_energy, rules::energy_max));
        counters_.gems_taken += 1;
    }
}

bool World::in_beacon(FixedVector place) const {
    const FixedVector off = place - beacon().position;
    return dot(off, off) < squared(rules::beacon_radius);
}

void World::score_beacon() {
    const Beacon now = beacon();
    const Rect box = Rect::around(now.position, rules::beacon_radius, rules::beacon_radius);
    ship_grid_.for_each_near(box, [&](ShipId id) {
        Ship& ship = ships_[id];
        const FixedVector off = ship.position - now.position;
        const bool inside = dot(off, off) < squared(rules::beacon_radius);
        if (inside && ship.alive()) ship.score += rules::beacon_score;
    });
}

void World::place(Ship& ship) {
    ship.state = Ship::State::alive;
    ship.life = ++lives_;
    ship.position = emptiest_spot();
    ship.velocity = {};
    ship.heading = {static_cast<std::uint16_t>(rng_.below(65'536))};
    ship.aim = ship.heading;
    ship.energy = rules::energy_max;
    ship.cooldown_ticks = rules::rail_cooldown;
}

FixedVector World::emptiest_spot() {
    FixedVector best{Fixed::from_int(terrain_.side() / 2), Fixed::from_int(terrain_.side() / 2)};
    std::uint32_t best_crowd = 0xFFFF'FFFF;
    const std::int32_t high = terrain_.side() - spot_margin;
    int sampled = 0;
    for (int tries = 0; tries < spot_tries && sampled < spots_sampled; ++tries) {
        const FixedVector spot{Fixed::from_int(rng_.between(spot_margin, high)),
                               Fixed::from_int(rng_.between(spot_margin, high))};
        if (terrain_.touching(spot, spot_clearance) != nullptr) continue;
        sampled += 1;
        const std::uint32_t crowd = ship_grid_.crowd_at(spot);
        if (crowd >= best_crowd) continue;
        best_crowd = crowd;
        best = spot;
    }
    return best;
}

void World::build_grids() {
    ship_grid_.build(ships_.size(), [this](std::size_t i) {
        return ships_[i].alive() ? &ships_[i].position : nullptr;
    });
    gem_grid_.build(gems_.size(), [this](std::size_t i) {
        return gems_[i].ticks_left > 0 ? &gems_[i].position : nullptr;
    });
}

// In the middle of their tick, when those who died in it were still alive. What became of gems
// since matters to nobody before the next tick.
void World::build_grids_as_they_were() {
    build_grids();
    ship_grid_.build(ships_.size(), [this](std::size_t i) {
        const bool died_now = ships_[i].respawn_ticks == rules::respawn_ticks;
        return ships_[i].alive() || died_now ? &ships_[i].position : nullptr;
    });
}

}  // namespace railroids
