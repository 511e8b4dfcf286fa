#pragma once

#include "replica/random_world.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ringtick::random_world {

// In all that is declared.
inline void expect_same(const Thing& a, const Thing& b) {
    EXPECT_EQ(a.position, b.position);
    EXPECT_EQ(a.velocity, b.velocity);
    EXPECT_EQ(a.heading, b.heading);
    EXPECT_EQ(a.turning, b.turning);
    EXPECT_EQ(a.pushing, b.pushing);
    EXPECT_EQ(a.energy, b.energy);
    EXPECT_EQ(a.score, b.score);
    EXPECT_EQ(a.name, b.name);
}

// Two quanta of tolerance are a quarter of a unit, and 32 of speed a quarter of a unit per tick.
inline void expect_near(const Thing& shown, const Thing& actual) {
    EXPECT_LE(std::abs((shown.position - actual.position).x.raw()), Fixed::one / 4);
    EXPECT_LE(std::abs((shown.position - actual.position).y.raw()), Fixed::one / 4);
    EXPECT_LE(std::abs((shown.velocity - actual.velocity).x.raw()), Fixed::one / 4);
    EXPECT_LE(std::abs((shown.velocity - actual.velocity).y.raw()), Fixed::one / 4);
    EXPECT_LE(std::abs((shown.heading - actual.heading).signed_turns()), 256);
    EXPECT_EQ(shown.turning, actual.turning);
    EXPECT_EQ(shown.energy, actual.energy);
    EXPECT_EQ(shown.score, actual.score);
    EXPECT_EQ(shown.name, actual.name);
    EXPECT_EQ(shown.pushing, actual.pushing);
}

}  // namespace ringtick::random_world
