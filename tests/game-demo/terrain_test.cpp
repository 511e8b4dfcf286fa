#include "railroids/terrain.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace railroids {
namespace {

std::unique_ptr<Terrain> terrain_of(std::uint64_t seed, std::int32_t side) {
    auto terrain = std::make_unique<Terrain>();
    terrain->generate(seed, side);
    return terrain;
}

TEST(Terrain, FollowsFromItsSeed) {
    const auto a = terrain_of(1, 4000);
    const auto b = terrain_of(1, 4000);
    const auto c = terrain_of(2, 4000);
    ASSERT_EQ(a->asteroids().size(), b->asteroids().size());
    for (std::size_t i = 0; i < a->asteroids().size(); ++i) {
        EXPECT_EQ(a->asteroids()[i].position, b->asteroids()[i].position);
    }
    EXPECT_NE(a->asteroids()[0].position, c->asteroids()[0].position);
}

TEST(Terrain, LeavesRoomToFlyBetweenAsteroids) {
    const auto terrain = terrain_of(3, 8000);
    const auto asteroids = terrain->asteroids();
    ASSERT_GT(asteroids.size(), 100U);
    for (std::size_t i = 0; i < asteroids.size(); ++i) {
        for (std::size_t j = i + 1; j < asteroids.size(); ++j) {
            const Fixed apart = length(asteroids[i].position - asteroids[j].position);
            EXPECT_GE(apart - asteroids[i].radius - asteroids[j].radius, rules::ship_radius * 4);
        }
    }
}

void expect_index_agrees(const Terrain& terrain, FixedVector place, Angle angle) {
    const Fixed radius = rules::ship_radius;
    bool touched = false;
    Fixed cut = rules::rail_range;
    for (const Asteroid& asteroid : terrain.asteroids()) {
        const FixedVector there = asteroid.position - place;
        touched = touched || dot(there, there) < squared(asteroid.radius + radius);
        cut = ray_to_circle(there, unit_vector(angle), asteroid.radius, cut);
    }
    EXPECT_EQ(terrain.touching(place, radius) != nullptr, touched);
    EXPECT_EQ(terrain.ray(place, unit_vector(angle), rules::rail_range), cut);
}

// Goal: the index of cells finds what looking at every asteroid finds.
// Method: random places and rays in the smallest and the largest world.
TEST(Terrain, FindsByItsIndexWhatLookingAtAllWouldFind) {
    for (const std::int32_t side : {side_min, side_max}) {
        const auto terrain = terrain_of(5, side);
        ringtick::Rng rng(9);
        for (int i = 0; i < 3000; ++i) {
            const FixedVector place{Fixed::from_int(rng.between(0, side)),
                                    Fixed::from_int(rng.between(0, side))};
            expect_index_agrees(*terrain, place, {static_cast<std::uint16_t>(rng.below(65'536))});
        }
    }
}

TEST(Terrain, MovesTheBeaconEachMinuteAndKeepsItInside) {
    const auto terrain = terrain_of(1, side_min);
    const Fixed low = rules::beacon_radius;
    const Fixed high = Fixed::from_int(side_min) - rules::beacon_radius;
    for (std::uint64_t stay = 0; stay < 50; ++stay) {
        const std::uint64_t begin = stay * rules::beacon_ticks;
        const Beacon first = terrain->beacon_at(begin);
        const Beacon last = terrain->beacon_at(begin + rules::beacon_ticks - 1);
        EXPECT_EQ(first.position, last.position);
        EXPECT_EQ(first.ticks_left, rules::beacon_ticks);
        EXPECT_EQ(last.ticks_left, 1U);
        EXPECT_NE(first.position, terrain->beacon_at(begin + rules::beacon_ticks).position);
        EXPECT_GE(first.position.x, low);
        EXPECT_LE(first.position.y, high);
    }
}

TEST(Terrain, IsWideEnoughForFortyShipsInAView) {
    const std::int64_t side = side_for(2000);
    const std::int64_t view = std::int64_t{view_width} * view_height;
    EXPECT_NEAR(static_cast<double>(2000 * view) / static_cast<double>(side * side), 40.0, 0.1);
    EXPECT_EQ(side_for(1), side_min);
}

TEST(RayToCircle, IsCutWhereTheCircleBegins) {
    const FixedVector east{Fixed::from_int(1), Fixed{}};
    const Fixed radius = Fixed::from_int(50);
    const Fixed range = Fixed::from_int(900);
    EXPECT_EQ(ray_to_circle({Fixed::from_int(300), {}}, east, radius, range), Fixed::from_int(250));
    const FixedVector behind{Fixed::from_int(-300), {}};
    EXPECT_EQ(ray_to_circle(behind, east, radius, range), range);
    const FixedVector beside{Fixed::from_int(300), Fixed::from_int(51)};
    EXPECT_EQ(ray_to_circle(beside, east, radius, range), range);
    const FixedVector beyond{Fixed::from_int(960), {}};
    EXPECT_EQ(ray_to_circle(beyond, east, radius, range), range);
    EXPECT_EQ(ray_to_circle({Fixed::from_int(20), {}}, east, radius, range), Fixed{});
}

}  // namespace
}  // namespace railroids
