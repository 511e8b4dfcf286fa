#pragma once

#include "base/fixed.hpp"
#include "base/rng.hpp"
#include "replica/bounded_list.hpp"
#include "replica/declared.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

// A world in which anything may happen, to hold encoders and decoders against each other: things
// of every kind of field appear, fly, are pushed about, are renamed and vanish.
namespace ringtick::random_world {

inline constexpr Extent extent{1000};
inline constexpr std::size_t things = 96;

struct Thing {
    FixedVector position;
    FixedVector velocity;
    Angle heading;
    std::int8_t turning = 0;
    bool pushing = false;
    std::uint8_t energy = 0;
    std::uint16_t score = 0;
    BoundedList<char, 16> name;  // As a correction, too long to be remembered.
    bool is_there = false;
    std::uint32_t secret = 0;  // Not declared: no model may depend on it.

    bool shown() const { return is_there; }

    static constexpr auto wire =
        fields(Motion<&Thing::position, &Thing::velocity>{.quanta_per_unit = 8, .tolerance = 2},
               Direction<&Thing::heading>{.bits = 8},
               Number<&Thing::turning, -1, 1>{.steers = true},
               Flag<&Thing::pushing>{.steers = true},
               Number<&Thing::energy, 0, 100>{},
               Count<&Thing::score>{},
               Text<&Thing::name>{});
    static constexpr auto owner_wire = wire;  // As its own viewer is told of it.
};

inline void step(Thing& thing, std::uint32_t tick) {
    thing.heading = thing.heading + Angle{static_cast<std::uint16_t>(thing.turning * 1000)};
    if (thing.pushing) thing.velocity += unit_vector(thing.heading) * Fixed::ratio(3, 10);
    thing.velocity -= thing.velocity / 32;
    thing.position += thing.velocity;
    if (tick % 30 == 0 && thing.energy < 100) thing.energy += 1;
}

class World {
public:
    explicit World(std::uint64_t seed) : rng_(seed) {}

    void tick(std::uint32_t now) {
        for (Thing& thing : things_) {
            if (thing.is_there) {
                live_on(thing, now);
            } else if (rng_.chance(5)) {
                appear(thing);
            }
        }
    }
    std::span<const Thing> things_now() const { return things_; }
    Rng& rng() { return rng_; }

private:
    void live_on(Thing& thing, std::uint32_t now) {
        if (rng_.chance(1)) thing = {};
        if (rng_.chance(10)) thing.turning = static_cast<std::int8_t>(rng_.between(-1, 1));
        if (rng_.chance(10)) thing.pushing = !thing.pushing;
        step(thing, now);
        if (rng_.chance(2)) thing.velocity.x += Fixed::from_int(rng_.between(-3, 3));
        if (rng_.chance(2)) thing.score += static_cast<std::uint16_t>(rng_.below(40));
        thing.position.x = std::clamp(thing.position.x, Fixed{}, Fixed::from_int(1000));
        thing.position.y = std::clamp(thing.position.y, Fixed{}, Fixed::from_int(1000));
        if (rng_.chance(1)) rename(thing);
        thing.secret = static_cast<std::uint32_t>(rng_.next());
    }
    void rename(Thing& thing) {
        thing.name.resize(rng_.below(17));
        for (char& letter : thing.name) letter = static_cast<char>(rng_.between('a', 'z'));
    }
    void appear(Thing& thing) {
        thing.is_there = true;
        thing.position = {Fixed::from_raw(rng_.between(0, 1000 * Fixed::one)),
                          Fixed::from_raw(rng_.between(0, 1000 * Fixed::one))};
        thing.heading = {static_cast<std::uint16_t>(rng_.below(65'536))};
        thing.energy = static_cast<std::uint8_t>(rng_.below(101));
        thing.score = static_cast<std::uint16_t>(rng_.next());
    }

    Rng rng_;
    std::array<Thing, random_world::things> things_{};
};

}  // namespace ringtick::random_world
