#pragma once

#include "railroids/railroids.hpp"
#include "replica/host.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {

// The match on the server, which remembers where everybody was, so that what clients were told can
// be held against it.
class Witness final : public Host<railroids::Arena> {
public:
    static constexpr std::size_t kept_ticks = 256;

    explicit Witness(const railroids::RailroidsOptions& options)
        : Host({.players_max = options.players_max,
                .tick_rate_hz = options.tick_rate_hz,
                .rewind_ms = options.rewind_ms,
                .snapshot_bytes = options.snapshot_bytes},
               options) {}

    struct Ship {
        bool alive = false;
        railroids::FixedVector position;
    };

    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) override {
        Host::tick(tick, commands, outbox);
        auto& row = rows_[tick % kept_ticks];
        row.tick = tick;
        row.ships.clear();
        for (const railroids::Ship& ship : game().world().ships()) {
            row.ships.push_back({.alive = ship.alive(), .position = ship.position});
        }
        ticks_ += 1;
    }

    // All of them at the end of that tick; none, if that is too long ago.
    std::span<const Ship> ships_at(std::uint64_t tick) const {
        const auto& row = rows_[tick % kept_ticks];
        return row.tick == tick ? std::span<const Ship>(row.ships) : std::span<const Ship>();
    }
    std::uint64_t ticks() const { return ticks_; }

private:
    struct Row {
        std::uint64_t tick = 0;
        std::vector<Ship> ships;
    };

    std::array<Row, kept_ticks> rows_;
    std::uint64_t ticks_ = 0;
};

}  // namespace ringtick
