#pragma once

#include "base/rng.hpp"
#include "railroids/world.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace railroids {

// Pilots that live inside the tick: they see the world as it is and give orders as people do. Six
// in ten hold the beacon, three hunt the nearest ship, one flies about. Each thinks a few times a
// second, not all in the same tick, and steers every tick by what it thought last. Seeded, so a
// part of the match; all memory at construction.
class Bots {
public:
    Bots(std::uint64_t seed, ShipId first_id, std::size_t count);

    std::size_t count() const { return pilots_.size(); }
    ShipId first_id() const { return first_id_; }

    // Writes an order for each bot's id.
    void give_orders(const World& world, std::uint64_t tick, std::span<Order> orders);

    std::uint64_t hash() const;

private:
    enum class Kind : std::uint8_t { holder, hunter, drifter };

    struct Pilot {
        Kind kind = Kind::drifter;
        bool thrusting = false;
        bool braking = false;
        Fixed cruise;  // Its usual speed.
        FixedVector goal;
        std::uint16_t goal_ticks = 0;  // Until it wants to be elsewhere.
        Angle orbit;                   // Where in the beacon's circle a holder likes to be.
        Fixed orbit_radius;
        ShipId target = nobody;
        std::uint16_t target_ticks = 0;  // Until it looks round again.
        std::int16_t aim_error = 0;      // Wanders.
        std::uint8_t refire_ticks = 0;   // Patience, on top of the cool-down.
        Angle heading;                   // Wanted.
        Angle aim;
    };

    // What is the case around one pilot, gathered once per thought.
    struct Moment {
        const World& world;
        const Ship& ship;
        ShipId id;
        Beacon beacon;
    };

    void think(Pilot& pilot, const Moment& moment);
    void choose_goal(Pilot& pilot, const Moment& moment);
    void choose_target(Pilot& pilot, const Moment& moment);
    FixedVector wish(const Pilot& pilot, const Moment& moment) const;
    FixedVector chase(const Pilot& pilot, const Moment& moment) const;
    static FixedVector keep_apart(const Moment& moment);
    static FixedVector avoid_terrain(const Moment& moment);
    void plan(Pilot& pilot, const Moment& moment, FixedVector wanted);
    Order act(Pilot& pilot, const World& world, ShipId id);
    bool wants_fire(Pilot& pilot, const World& world, ShipId id);
    FixedVector random_place(const World& world);

    ringtick::Rng rng_;
    ShipId first_id_;
    std::vector<Pilot> pilots_;
};

}  // namespace railroids
