#pragma once

#include "railroids/railroids.hpp"
#include "replica/theatre.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace railroids {

// Recordings of this game, as they are shown (replica/theatre.hpp).
struct ShownRailroids {
    using Game = Railroids;

    static constexpr std::string_view name = "railroids";
    static constexpr std::uint32_t rate_hz = default_tick_rate_hz;
    // Of a room for more the game alone would not fit into a page.
    static constexpr std::uint32_t players_max = 4'096;

    static std::uint64_t schema() { return schema_hash(); }
    static RailroidsOptions options(const ringtick::RecordHeader& recorded, std::uint32_t room) {
        return {.seed = recorded.seed + room,
                .players_max = static_cast<std::uint16_t>(recorded.players_max),
                .bots = static_cast<std::uint16_t>(recorded.bots),
                .bots_max = static_cast<std::uint16_t>(recorded.bots_max),
                .players_expected = static_cast<std::uint16_t>(recorded.players_expected),
                .guests_max = 1,
                .tick_rate_hz = static_cast<std::uint16_t>(recorded.rate_hz),
                .rewind_ms = recorded.rewind_ms};
    }
    static std::size_t subjects(const Game& game) { return game.world().ships().size(); }
    static bool can_watch(const Game& game, PlayerId subject) {
        return game.game().can_watch(subject);
    }
};

using Theatre = ringtick::Theatre<ShownRailroids>;

}  // namespace railroids
