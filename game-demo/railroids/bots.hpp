#pragma once

#include "base/rng.hpp"
#include "railroids/world.hpp"
#include "replica/state.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace railroids {

// Pilots that live inside the tick: they see the world as it is and give orders as people do. Six
// in ten hold the beacon, three hunt the nearest ship, one flies about. Each thinks a few times a
// second, not all in the same tick, and steers every tick by what it thought last. Seeded, so a
// part of the match; all memory at construction. How many there are may change between ticks: those
// with the lowest ids fly.
class Bots {
public:
    Bots(std::uint64_t seed, ShipId first_id, std::size_t count_max);

    std::size_t count() const { return count_; }
    std::size_t count_max() const { return pilots_.size(); }
    ShipId first_id() const { return first_id_; }

    // From now on so many fly: the others leave the world, or they enter it.
    void fly(std::size_t count, World& world);

    // Writes an order for each bot's id.
    void give_orders(const World& world, std::uint64_t tick, std::span<Order> orders);

    // All that they will do depends on (see replica/state.hpp), in a world of so many ships. Who
    // does not fly begins anew when it does.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self) {
        ringtick::Rng::describe_state(codec, self.rng_);
        ringtick::describe_count(codec, self.count_, self.pilots_.size());
        const std::size_t ships = self.first_id_ + self.pilots_.size();
        for (std::size_t i = 0; i < self.pilots_.size(); ++i) {
            codec.only_if(i < self.count_, [&] { describe_pilot(codec, self.pilots_[i], ships); });
        }
    }

private:
    enum class Kind : std::uint8_t { holder, hunter, drifter };

    // What one is like, always.
    struct Nature {
        Kind kind = Kind::drifter;
        Fixed cruise;        // Its usual speed.
        Fixed orbit_radius;  // How far within the beacon's circle a holder likes to be.
    };

    struct Pilot {
        Nature nature;
        bool thrusting = false;
        bool braking = false;
        FixedVector goal;
        std::uint16_t goal_ticks = 0;  // Until it wants to be elsewhere.
        Angle orbit;                   // On which side of the beacon's circle.
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

    template <class Codec, class Pilot>
    static void describe_pilot(Codec& codec, Pilot& pilot, std::size_t ships) {
        codec.bits(pilot.thrusting, 1);
        codec.bits(pilot.braking, 1);
        describe_place(codec, pilot.goal, side_max);
        codec.whole(pilot.goal_ticks);
        codec.whole(pilot.orbit.turns);
        codec.whole(pilot.target);
        expect(codec, pilot.target < ships || pilot.target == nobody);
        codec.whole(pilot.target_ticks);
        codec.whole(pilot.aim_error);
        codec.whole(pilot.refire_ticks);
        codec.whole(pilot.heading.turns);
        codec.whole(pilot.aim.turns);
    }

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
    std::size_t count_ = 0;  // Of the pilots, the first so many fly.
    std::vector<Pilot> pilots_;
};

}  // namespace railroids
