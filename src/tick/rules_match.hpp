#pragma once

#include "tick/game.hpp"
#include "tick/nowhere.hpp"

#include <cstdint>

namespace ringtick {

// The match by which a build's rules are told from another's: in it all happens that happens
// without people, a minute of a crowd. Some milliseconds.
struct RulesMatch {
    static constexpr std::uint64_t seed = 1;
    static constexpr std::uint16_t players_max = 1;
    static constexpr std::uint16_t bots = 24;
    static constexpr std::uint32_t rewind_ms = 250;

    // Of a game that was made from these and that nobody has played. The state tells also of the
    // rules for people that no bot needs. The same number whoever compiled them.
    static std::uint64_t play(Game& game, std::uint32_t rate_hz) {
        Nowhere outbox;
        const std::uint64_t ticks = 65ULL * rate_hz;
        for (std::uint64_t tick = 1; tick <= ticks; ++tick) game.tick(tick, {}, outbox);
        return game.state_hash();
    }
};

}  // namespace ringtick
