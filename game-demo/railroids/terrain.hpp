#pragma once

#include "railroids/rules.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace railroids {

struct Asteroid {
    FixedVector position;
    Fixed radius;
    std::uint32_t shape = 0;  // Seeds its outline, for those who draw it.
};

struct Beacon {
    FixedVector position;
    std::uint32_t ticks_left = 0;
};

// What of the world follows from its seed and side alone, so that it is never sent: asteroids and
// where the beacon is. Server and page compute it with this code. No allocation; 60 KiB.
class Terrain {
public:
    static constexpr std::size_t asteroids_max = 1024;

    void generate(std::uint64_t seed, std::int32_t side);

    std::int32_t side() const { return side_; }
    std::span<const Asteroid> asteroids() const { return {asteroids_.data(), count_}; }
    Beacon beacon_at(std::uint64_t tick) const;

    // The asteroid that a circle here touches (the circle at most a ship's size), or null.
    const Asteroid* touching(FixedVector position, Fixed radius) const;

    // How far a ray of this length gets before an asteroid stops it. `direction` has length one.
    Fixed ray(FixedVector origin, FixedVector direction, Fixed range) const;

private:
    // Each cell lists the asteroids that come within `reach` of it.
    static constexpr std::int32_t cells_across = 64;
    static constexpr std::int32_t cell_min = 256;
    static constexpr Fixed reach = Fixed::from_int(32);
    static constexpr std::size_t entries_max = asteroids_max * 9;

    struct CellRange {
        std::int32_t x0, y0, x1, y1;
    };

    void place_asteroids(std::uint64_t seed);
    bool is_clear(const Asteroid& asteroid) const;
    void build_index();
    template <class Visit>
    void for_each_cell(Visit visit) const;
    static std::size_t index_of(std::int32_t x, std::int32_t y);
    CellRange cells_of(const Asteroid& asteroid) const;
    std::int32_t cell_of(Fixed coordinate) const;
    std::span<const std::uint16_t> near(FixedVector position) const;

    std::uint64_t seed_ = 0;
    std::int32_t side_ = 0;
    std::int32_t cell_size_ = cell_min;
    std::size_t count_ = 0;
    std::array<Asteroid, asteroids_max> asteroids_{};
    std::array<std::uint16_t, cells_across * cells_across + 1> cell_starts_{};
    std::array<std::uint16_t, entries_max> entries_{};
};

// Where along a ray of length one a circle begins, or `range` if it is not met before that.
Fixed ray_to_circle(FixedVector to_center, FixedVector direction, Fixed radius, Fixed range);

// The world's side for so many ships: about 40 of them in a view of 1920 x 1080.
std::int32_t side_for(std::uint32_t ships);

}  // namespace railroids
