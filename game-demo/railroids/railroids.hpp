#pragma once

#include "railroids/beam_teller.hpp"
#include "railroids/bots.hpp"
#include "railroids/herald.hpp"
#include "railroids/names.hpp"
#include "railroids/snapshot.hpp"
#include "railroids/wire.hpp"
#include "railroids/world.hpp"
#include "replica/host.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

namespace railroids {

struct RailroidsOptions {
    std::uint64_t seed = 1;
    std::uint16_t players_max = 64;
    std::uint16_t bots = 0;  // As many as there are ids left for, if that is fewer.
    // To how many an operator can bring them: so many ids are theirs, here or not. `bots` at least.
    std::uint16_t bots_max = 0;
    // For how many people besides the bots the world is made; more only make it denser. 0: for
    // players_max, but for 64 at most, for a server that could hold thousands seldom does.
    std::uint16_t players_expected = 0;
    std::uint16_t guests_max = 0;  // Who look on when the match is shown again.
    std::uint16_t tick_rate_hz = default_tick_rate_hz;  // What clients are told.
    // How far back a shot may reach for what its pilot saw. 0: all see the present, for comparison.
    std::uint32_t rewind_ms = 250;
    // Of one player's snapshot, as far as the rest may wait (see replica/view_writer.hpp). 0: as
    // many as fit into a frame.
    std::uint32_t snapshot_bytes = 0;
};

// The game as one struct (see replica/host.hpp): who sits where, what they order, what the world
// makes of it, and what each of them can see of it.
class Arena : public Messages {
public:
    using Writer = ringtick::SnapshotWriter<Arena, SharedRules>;

    explicit Arena(const RailroidsOptions& options);

    void on_join(PlayerId player, const Greeting& greeting);
    void on_leave(PlayerId player);
    void on_input(PlayerId player, const Order& order) { orders_[player.slot] = order; }
    void tick(std::uint64_t tick, Outbox& outbox);
    // Where clients are told that ships are, there they are shot at.
    void on_told(const Writer& writer);
    void introduce(PlayerId player) { herald_.tell_who_is_here(player); }
    void on_watch(PlayerId player);
    void on_unwatch(PlayerId player);
    bool is_in(PlayerId player) const { return seats_[player.slot].taken; }
    // Of who looks on: nothing.
    std::string_view name_of(PlayerId player) const { return as_text(seats_[player.slot].name); }
    bool can_obey(const ringtick::RoomOrder& order) const {
        return order.kind == ringtick::RoomOrder::Kind::bots && order.number <= bots_.count_max();
    }
    void on_order(const ringtick::RoomOrder& order) { bots_.fly(order.number, world_); }
    // Each ship that is in the match, and the beacon.
    bool can_watch(PlayerId subject) const;

    std::tuple<ringtick::EntityList<Ship>, ringtick::EntityList<Gem>> entities() const;
    const SharedRules& rules() const { return rules_; }
    const Ship& own(PlayerId player) const {
        return player.slot == ringtick::overview ? lookout_ : world_.ships()[player.slot];
    }
    // A view of 1920 x 1080 around the ship, and a margin, so that nothing pops up at the edge.
    ringtick::Sight sight(PlayerId player) const;
    // Each shot in sight once. The latest, if they take more than a quarter of the room.
    void write_passing(ringtick::FieldWriter& writer,
                       std::uint32_t since,
                       const ringtick::Sight& sight);
    Facts facts() const;
    // All that later ticks depend on, and people's names (see replica/state.hpp).
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint64_t tick) {
        World::describe_state(codec, self.world_, tick);
        Bots::describe_state(codec, self.bots_);
        for (std::size_t slot = 0; slot < self.facts_.people_max; ++slot) {
            Seat::describe_state(codec, self.seats_[slot]);
            expect(codec, self.seats_[slot].taken == self.world_.ships()[slot].present());
        }
        for (std::size_t i = 0; i < self.bots_.count_max(); ++i) {
            const bool flies = self.world_.ships()[self.bots_.first_id() + i].present();
            expect(codec, flies == (i < self.bots_.count()));
        }
    }

    const World& world() const { return world_; }
    World& world() { return world_; }  // For tests, which set a scene.
    std::size_t bots() const { return bots_.count(); }

private:
    Facts facts_;  // But for how many bots fly now.
    Scale scale_;
    World world_;
    Ship lookout_;  // No ship: where who looks at the beacon is.
    SharedRules rules_;
    BeamTeller beams_;
    Bots bots_;
    Herald herald_;
    std::vector<Seat> seats_;    // People's, and behind them guests'.
    std::vector<Order> orders_;  // By ship.
};

struct RailroidsCounters {
    std::uint64_t people = 0;
    std::uint64_t resumed = 0;              // Ships whose pilots came back,
    std::uint64_t resumed_by_delta = 0;     // of these, without a keyframe.
    std::uint64_t spectators = 0;           // Of them.
    std::uint64_t spectator_snapshots = 0;  // Written for all of them together.
    std::uint64_t bots = 0;
    std::uint64_t inputs_applied = 0;
    std::uint64_t inputs_held = 0;       // Ticks of a player that went without an input.
    std::uint64_t messages_refused = 0;  // Not one of ours, or with values no page of ours sends.
    std::uint64_t shots = 0;
    std::uint64_t shots_rewound = 0;
    std::uint64_t views_too_old = 0;  // Inputs that fire at what was longer ago than is rewound.
    std::uint64_t hits = 0;
    std::uint64_t kills = 0;
    std::uint64_t gems_taken = 0;
    std::uint64_t snapshots_held_back = 0;
    ringtick::SnapshotCounters snapshots;
};

// The match on the server.
class Railroids final : public ringtick::Host<Arena> {
public:
    explicit Railroids(const RailroidsOptions& options);

    std::span<const ringtick::GameCounter> counters() override;

    RailroidsCounters totals() const;
    std::uint64_t inputs_applied() const { return host_counters().inputs_applied; }
    const World& world() const { return game().world(); }
    World& world() { return game().world(); }

private:
    std::array<ringtick::GameCounter, 24> counters_{};
};

}  // namespace railroids

extern template class ringtick::Host<railroids::Arena>;  // Compiled once, in railroids.cpp.
