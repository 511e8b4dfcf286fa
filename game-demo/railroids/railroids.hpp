#pragma once

#include "railroids/bots.hpp"
#include "railroids/herald.hpp"
#include "railroids/snapshot_writer.hpp"
#include "railroids/wire.hpp"
#include "railroids/world.hpp"
#include "replica/input_queue.hpp"
#include "replica/seen.hpp"
#include "tick/game.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace railroids {

struct RailroidsOptions {
    std::uint64_t seed = 1;
    std::uint16_t players_max = 64;
    std::uint16_t bots = 0;  // As many as there are ids left for, if that is fewer.
    // For how many people besides the bots the world is made; more only make it denser. 0: for
    // players_max, but for 64 at most, for a server that could hold thousands seldom does.
    std::uint16_t players_expected = 0;
    std::uint16_t tick_rate_hz = default_tick_rate_hz;  // What clients are told.
    // How far back a shot may reach for what its pilot saw. 0: all see the present, for comparison.
    std::uint32_t rewind_ms = 250;
};

struct RailroidsCounters {
    std::uint64_t people = 0;
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
};

// The game as the server sees it: people take seats, their messages become orders, the world steps,
// and each of them is told what it can see.
//
//     commands --decode--> input queues --one each--> orders --> world.step --> snapshots, events
//                                          bots --> orders --^
class Railroids final : public ringtick::Game {
public:
    explicit Railroids(const RailroidsOptions& options);

    void on_join(PlayerId player) override;
    void on_leave(PlayerId player) override;
    void tick(std::uint64_t tick,
              std::span<const ringtick::Command> commands,
              Outbox& outbox) override;
    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) override;
    void on_stats(const ringtick::ServerStats& stats, Outbox& outbox) override;
    void on_rate(PlayerId viewer, std::uint32_t divisor, Outbox& outbox) override;
    void on_snapshot_refused(PlayerId viewer) override;
    void on_watch(PlayerId player, Outbox& outbox) override;
    void on_watch_message(PlayerId player,
                          std::span<const std::byte> message,
                          Outbox& outbox) override;
    std::span<const ringtick::GameCounter> counters() override;
    std::uint64_t state_hash() const override;  // Equal hashes, equal matches.

    RailroidsCounters totals() const;
    std::uint64_t inputs_applied() const { return inputs_applied_; }
    const World& world() const { return world_; }
    World& world() { return world_; }  // For tests, which set a scene.

private:
    struct Player {
        ringtick::InputQueue<Order> inputs;
        ringtick::Seen seen;
        bool answered_ping = false;  // In this tick: one is enough.
        bool watched = false;        // In a recorded match: who watches pings for itself.
    };

    Order within_rewind(Order order) const;
    void on_command(const ringtick::Command& command, Outbox& outbox);
    bool on_hello(PlayerId player, std::span<const std::byte> message, Outbox& outbox);
    bool on_input(PlayerId player, std::span<const std::byte> message);
    TickTime view_of(const Player& player, const InputMessage& input);
    bool on_ping(PlayerId player, std::span<const std::byte> message, Outbox& outbox);
    void welcome(PlayerId player, Outbox& outbox);
    bool playing(PlayerId player) const;

    RailroidsOptions options_;
    TickTime rewind_max_;
    Scale scale_;
    World world_;
    Bots bots_;
    Herald herald_;
    SnapshotWriter snapshot_writer_;
    std::vector<Seat> seats_;
    std::vector<Player> players_;
    std::vector<Order> orders_;  // By ship.
    std::uint64_t tick_ = 0;
    std::uint64_t inputs_applied_ = 0;
    std::uint64_t inputs_held_ = 0;
    std::uint64_t messages_refused_ = 0;
    std::uint64_t views_too_old_ = 0;
    std::uint64_t people_ = 0;
    std::array<ringtick::GameCounter, 11> counters_{};
};

}  // namespace railroids
