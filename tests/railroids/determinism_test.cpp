#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "match.hpp"

namespace railroids {
namespace {

// Three people at random buttons among fifty bots, for twenty seconds.
std::uint64_t hash_of_match(std::uint64_t seed) {
    Match match({.seed = seed, .players_max = 8, .bots = 50});
    ringtick::Rng rng(seed);
    constexpr std::array<std::uint16_t, 3> people{0, 1, 2};
    for (const std::uint16_t slot : people) match.join(slot, "Ann");
    for (std::uint32_t tick = 1; tick <= 600; ++tick) {
        for (const std::uint16_t slot : people) {
            const auto buttons = static_cast<std::uint8_t>(rng.below(Input::all_buttons + 1));
            match.say(slot, input(tick, buttons, static_cast<std::uint8_t>(rng.below(256))));
        }
        match.step();
        if (tick == 300) match.game.on_leave({1});
        if (tick == 310) match.game.on_join({1});
    }
    return match.game.state_hash();
}

TEST(Determinism, TheSameSeedAndInputsGiveTheSameState) {
    EXPECT_EQ(hash_of_match(1), hash_of_match(1));
    EXPECT_NE(hash_of_match(1), hash_of_match(2));
}

// Goal: a match is the same on every compiler and at every level of optimisation.
// Method: one recorded number, whoever builds this. It changes with the rules, and only with them.
TEST(Determinism, GivesTheRecordedStateInEveryBuild) {
    EXPECT_EQ(hash_of_match(7), 0x5134'D3A9'576C'5DDDU);
}

}  // namespace
}  // namespace railroids
