#pragma once

#include "base/rng.hpp"
#include "railroids/gem.hpp"
#include "railroids/past.hpp"
#include "railroids/rules.hpp"
#include "railroids/ship.hpp"
#include "railroids/terrain.hpp"
#include "replica/change.hpp"
#include "replica/history.hpp"
#include "replica/order.hpp"
#include "replica/state.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace railroids {

// What one ship is to do in one tick, and, of a shot, the moment that its pilot saw. Bots see the
// present.
using Order = ringtick::Order<Input>;

struct Beam {
    std::uint16_t id = 0;
    std::uint64_t tick = 0;
    ShipId shooter = 0;
    ShipId hit = nobody;
    FixedVector from;
    FixedVector to;
};

struct Kill {
    ShipId killer = 0;
    ShipId victim = 0;
};

struct WorldCounters {
    std::uint64_t shots = 0;
    std::uint64_t shots_rewound = 0;  // Those of whom saw the past.
    std::uint64_t hits = 0;
    std::uint64_t kills = 0;
    std::uint64_t gems_taken = 0;
};

// The match itself: what is where, and what one tick does to it. Knows ids and orders; no player,
// no message. All memory at construction.
class World {
public:
    // Remembers the ships' places for so many ticks: no shot can be rewound farther.
    static constexpr std::size_t history_ticks_default = 12;

    World(std::uint64_t seed,
          std::int32_t side,
          std::size_t ships,
          std::size_t history_ticks = history_ticks_default);

    void enter(ShipId id);
    void leave(ShipId id);

    // One order for each id. `tick` grows from call to call.
    void step(std::uint64_t tick, std::span<const Order> orders);

    // After a step: where clients are told that each ship is, for there it is shot at.
    template <class ToldPlace>
    void remember(ToldPlace told_place) {
        history_.record(tick_, [&](std::size_t id) {
            const Ship& ship = ships_[id];
            return ringtick::History::Entry{.place = told_place(static_cast<ShipId>(id)),
                                            .life = ship.alive() ? ship.life : 0};
        });
    }

    std::uint64_t tick() const { return tick_; }
    const Terrain& terrain() const { return terrain_; }
    Beacon beacon() const { return terrain_.beacon_at(tick_); }
    std::span<const Ship> ships() const { return ships_; }
    std::span<const Gem> gems() const { return gems_; }
    const Grid& ship_grid() const { return ship_grid_; }
    const Grid& gem_grid() const { return gem_grid_; }
    std::span<const Kill> kills() const { return kills_; }  // Of this tick.
    bool in_beacon(FixedVector place) const;

    // The ships where they were to whom sees that moment. Valid until the next step.
    Past rewind(TickTime view) const;

    std::size_t beams_max() const { return beams_.size(); }  // So many are kept.
    // From the newest to the oldest that is still kept, until `visit` says false.
    template <class Visit>
    void for_each_beam(Visit visit) const {
        for (std::uint64_t back = 1; back <= std::min<std::uint64_t>(shots_, beams_.size());
             ++back) {
            if (!visit(beams_[(shots_ - back) % beams_.size()])) return;
        }
    }

    const WorldCounters& counters() const { return counters_; }
    std::uint64_t hash() const { return ringtick::hash_of_state(*this, tick_); }
    // All that later ticks depend on (see replica/state.hpp): the terrain follows from the seed,
    // and the beams are only told.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint64_t tick) {
        if constexpr (ringtick::reads<Codec>) self.tick_ = tick;
        ringtick::Rng::describe_state(codec, self.rng_);
        const ringtick::Extent extent{.side = self.terrain_.side()};
        for (auto& ship : self.ships_) {
            describe_whole(codec, ringtick::Telling{Ship::owner_wire, extent}, ship);
            codec.whole(ship.life);
            expect(codec, ship.is_possible());
        }
        codec.whole(self.lives_);
        for (auto& gem : self.gems_) {
            describe_place(codec, gem.position, extent.side);
            codec.ranged(gem.ticks_left, 0, rules::gem_ticks);
        }
        ringtick::describe_count(codec, self.next_gem_, self.gems_.size() - 1);
        codec.whole(self.shots_);
        ringtick::History::describe_state(codec, self.history_, tick, extent.side);
        if constexpr (ringtick::reads<Codec>) self.build_grids_as_they_were();
    }

    // For tests, which set a scene.
    Ship& ship(ShipId id) { return ships_[id]; }

private:
    struct Shot {
        ShipId shooter;
        TickTime view;
    };

    void move_ships(std::span<const Order> orders);
    void wait_for_respawn(ShipId id);
    void resolve(const Shot& shot);
    void damage(ShipId shooter, ShipId target);
    void die(ShipId id);
    void drop_gem(FixedVector around);
    void age_gems();
    void take_gems();
    void score_beacon();
    void place(Ship& ship);
    FixedVector emptiest_spot();
    void build_grids();
    void build_grids_as_they_were();

    std::uint64_t tick_ = 0;
    ringtick::Rng rng_;
    Terrain terrain_;
    std::vector<Ship> ships_;
    std::uint32_t lives_ = 0;  // So many were begun.
    ringtick::History history_;
    std::vector<Gem> gems_;
    std::size_t next_gem_ = 0;
    std::vector<Beam> beams_;  // A ring: shot n lies at n modulo its size.
    std::uint64_t shots_ = 0;
    std::vector<Shot> shots_now_;
    std::vector<Kill> kills_;
    Grid ship_grid_;
    Grid gem_grid_;
    WorldCounters counters_;
};

}  // namespace railroids
