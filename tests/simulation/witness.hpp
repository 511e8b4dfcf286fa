#pragma once

#include "railroids/railroids.hpp"
#include "replica/host.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kernel.hpp"

namespace ringtick {

// The match on the server, which remembers what happened, so that what clients were told can be
// held against it.
class Witness final : public Host<railroids::Arena> {
public:
    static constexpr std::size_t kept_ticks = 256;

    explicit Witness(const railroids::RailroidsOptions& options)
        : Host({.players_max = options.players_max,
                .tick_rate_hz = options.tick_rate_hz,
                .rewind_ms = options.rewind_ms,
                .snapshot_bytes = options.snapshot_bytes},
               options),
          people_max_(options.players_max),
          times_held_back_(options.players_max),
          is_withheld_(options.players_max) {}

    struct Ship {
        bool alive = false;
        railroids::FixedVector position;
        railroids::Angle aim;
        railroids::Angle heading;
    };
    struct Kill {
        std::uint64_t tick = 0;
        railroids::ShipId killer = 0;
        railroids::ShipId victim = 0;

        friend bool operator==(const Kill&, const Kill&) = default;
    };

    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) override {
        Host::tick(tick, commands, outbox);
        const Outside outside(*SimulatedKernel::here());
        const std::uint64_t turn = SimulatedKernel::here()->sleeps();
        if (turn != turn_) rows_[tick_ % kept_ticks].is_last_of_turn = true;
        turn_ = turn;
        tick_ = tick;
        auto& row = rows_[tick % kept_ticks];
        row.tick = tick;
        row.is_last_of_turn = false;
        row.ships.clear();
        for (const railroids::Ship& ship : game().world().ships()) {
            row.ships.push_back({.alive = ship.alive(),
                                 .position = ship.position,
                                 .aim = ship.aim,
                                 .heading = ship.heading});
        }
        for (const railroids::Kill& kill : game().world().kills()) {
            if (std::min(kill.killer, kill.victim) >= people_max_) continue;
            kills_.push_back({.tick = tick, .killer = kill.killer, .victim = kill.victim});
        }
        ticks_ += 1;
    }

    SnapshotKey snapshot_key(PlayerId viewer) override {
        const SnapshotKey key = Host::snapshot_key(viewer);
        const Outside outside(*SimulatedKernel::here());
        if (key == SnapshotKey::held_back) times_held_back_[viewer.slot] += 1;
        return key;
    }

    // All of them at the end of that tick; none, if that is too long ago.
    std::span<const Ship> ships_at(std::uint64_t tick) const {
        const auto& row = rows_[tick % kept_ticks];
        return row.tick == tick ? std::span<const Ship>(row.ships) : std::span<const Ship>();
    }
    // How many of the ticks between these two were the last of their turn: others are not shown. Of
    // those that were forgiven there is none.
    std::uint64_t shown_between(std::uint64_t tick, std::uint64_t end) const {
        return static_cast<std::uint64_t>(std::ranges::count_if(rows_, [&](const Row& row) {
            return row.is_last_of_turn && row.tick > tick && row.tick < end;
        }));
    }
    // How often this slot was to wait for reasons of the game, which may slow its rate down.
    std::uint64_t times_held_back(std::uint16_t slot) const { return times_held_back_.at(slot); }
    // An operator may withhold snapshots from who sits there, from now on.
    void withhold_from(std::uint16_t slot) { is_withheld_.at(slot) = true; }
    bool is_withheld(std::uint16_t slot) const { return is_withheld_.at(slot); }
    // Those that concern people, in order.
    std::span<const Kill> kills() const { return kills_; }
    std::string name_in_seat(std::uint16_t seat) const {
        return std::string(name_in(game(), seat));
    }
    std::uint64_t ticks() const { return ticks_; }

private:
    struct Row {
        std::uint64_t tick = 0;
        bool is_last_of_turn = false;
        std::vector<Ship> ships;
    };

    std::uint16_t people_max_;
    std::array<Row, kept_ticks> rows_;
    std::vector<std::uint64_t> times_held_back_;  // By slot.
    std::vector<bool> is_withheld_;               // By slot.
    std::vector<Kill> kills_;
    std::uint64_t tick_ = 0;  // The last,
    std::uint64_t turn_ = 0;  // and the turn that it was in.
    std::uint64_t ticks_ = 0;
};

}  // namespace ringtick
