#include "railroids/rules_hash.hpp"

#include "base/rng.hpp"
#include "railroids/ship.hpp"

#include <array>
#include <cstddef>
#include <new>

namespace railroids {

namespace {

constexpr std::uint64_t ticks = 120;

// Not on the stack: a page's is small. And not with a constructor of its own: see module.cpp.
alignas(Terrain) constinit std::array<std::byte, sizeof(Terrain)> terrain_memory{};

std::uint64_t fold(std::uint64_t hash, const Ship& ship) {
    for (const std::int32_t part :
         {ship.position.x.raw(), ship.position.y.raw(), ship.velocity.x.raw(),
          ship.velocity.y.raw(), std::int32_t{ship.heading.turns}, std::int32_t{ship.aim.turns},
          std::int32_t{ship.energy}, std::int32_t{ship.cooldown_ticks}}) {
        hash = ringtick::Rng::mix(hash ^ static_cast<std::uint32_t>(part)) + 1;
    }
    return hash;
}

std::uint64_t fly_about() {
    auto& terrain = *new (terrain_memory.data()) Terrain;
    terrain.generate(1, side_min);
    ringtick::Rng rng(1);
    std::uint64_t hash = 0;
    for (const Asteroid& asteroid : terrain.asteroids()) {
        Ship ship{.state = Ship::State::alive, .position = asteroid.position, .energy = 50};
        ship.velocity = {Fixed::from_int(rng.between(-12, 12)),
                         Fixed::from_int(rng.between(-12, 12))};
        for (std::uint64_t tick = 0; tick < ticks; ++tick) {
            const Input input{.buttons = static_cast<std::uint8_t>(rng.below(64)),
                              .aim = static_cast<std::uint8_t>(rng.below(256))};
            if (tick % 4 == 0 && obey(ship, input, terrain)) recoil(ship);
            coast(ship, tick, terrain);
        }
        hash = fold(hash, ship);
    }
    return hash;
}

}  // namespace

std::uint64_t rules_hash() {
    static const std::uint64_t known = fly_about();  // Whoever else comes meanwhile waits.
    return known;
}

}  // namespace railroids
