#include <gtest/gtest.h>

#include <cstdint>

#include "match_hash.hpp"

namespace railroids {
namespace {

TEST(Determinism, TheSameSeedAndInputsGiveTheSameState) {
    EXPECT_EQ(hash_of_match(1), hash_of_match(1));
    EXPECT_NE(hash_of_match(1), hash_of_match(2));
}

// Goal: a match is the same on every compiler and at every level of optimisation.
// Method: one recorded number, whoever builds this. It changes with the rules, those for people
// too, and only with them. determinism_test.py holds two compilers against each other besides.
TEST(Determinism, GivesTheRecordedStateInEveryBuild) {
    EXPECT_EQ(hash_of_match(7), 0x3E00'97D4'B121'2785U);
}

}  // namespace
}  // namespace railroids
