#pragma once

#include <array>
#include <cstdint>

#include "match.hpp"

namespace railroids {

// The state after twenty seconds of three people at random buttons among fifty bots.
inline std::uint64_t hash_of_match(std::uint64_t seed) {
    Match match({.seed = seed, .players_max = 8, .bots = 50});
    ringtick::Rng rng(seed);
    constexpr std::array<std::uint16_t, 3> people{0, 1, 2};
    for (const std::uint16_t slot : people) match.join(slot, "Ann");
    for (std::uint32_t tick = 1; tick <= 600; ++tick) {
        for (const std::uint16_t slot : people) {
            Input input;
            input.buttons = static_cast<std::uint8_t>(rng.below(Input::all_buttons + 1));
            input.aim = static_cast<std::uint8_t>(rng.below(256));
            const auto view_back = static_cast<std::uint16_t>(rng.below(9 * 256));
            match.say(slot, input_seeing(tick - 1, view_back, tick, input));
        }
        match.step();
        if (tick == 300) match.game.on_leave({1});
        if (tick == 310) match.game.on_join({1});
    }
    return match.game.state_hash();
}

}  // namespace railroids
