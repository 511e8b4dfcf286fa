#include "railroids/terrain.hpp"

#include "base/assert.hpp"
#include "base/rng.hpp"

#include <algorithm>

namespace railroids {

namespace {

constexpr std::int64_t area_per_asteroid = 450'000;
constexpr std::int32_t radius_min = 36;
constexpr std::int32_t radius_max = 110;
constexpr std::int32_t gap_min = 90;  // Between two of them: wide enough to fly through.
constexpr std::int32_t tries_per_asteroid = 16;

}  // namespace

void Terrain::generate(std::uint64_t seed, std::int32_t side) {
    ASSERT(side >= side_min && side <= side_max);
    seed_ = seed;
    side_ = side;
    cell_size_ = std::max(cell_min, (side + cells_across - 1) / cells_across);
    place_asteroids(seed);
    build_index();
}

void Terrain::place_asteroids(std::uint64_t seed) {
    const std::int64_t wanted = std::int64_t{side_} * side_ / area_per_asteroid;
    const auto limit = std::min<std::int64_t>(wanted, asteroids_max);
    ringtick::Rng rng(seed);
    count_ = 0;
    for (std::int64_t tries = limit * tries_per_asteroid; tries > 0; --tries) {
        if (static_cast<std::int64_t>(count_) == limit) break;
        const std::int32_t radius = rng.between(radius_min, radius_max);
        const std::int32_t margin = radius + gap_min;
        const Asteroid asteroid{
            .position = {.x = Fixed::from_int(rng.between(margin, side_ - margin)),
                         .y = Fixed::from_int(rng.between(margin, side_ - margin))},
            .radius = Fixed::from_int(radius),
            .shape = static_cast<std::uint32_t>(rng.next() >> 33),
        };
        if (is_clear(asteroid)) asteroids_[count_++] = asteroid;
    }
}

bool Terrain::is_clear(const Asteroid& asteroid) const {
    return std::ranges::none_of(asteroids(), [&](const Asteroid& other) {
        const FixedVector apart = asteroid.position - other.position;
        const Fixed needed = asteroid.radius + other.radius + Fixed::from_int(gap_min);
        return dot(apart, apart) < squared(needed);
    });
}

// Visits every cell that an asteroid comes near, with the asteroid's index.
template <class Visit>
void Terrain::for_each_cell(Visit visit) const {
    for (std::size_t i = 0; i < count_; ++i) {
        const CellRange cells = cells_of(asteroids_[i]);
        for (std::int32_t y = cells.y0; y <= cells.y1; ++y) {
            for (std::int32_t x = cells.x0; x <= cells.x1; ++x) visit(index_of(x, y), i);
        }
    }
}

// A counting sort: how many in each cell, where each cell ends, then the entries from the back.
void Terrain::build_index() {
    cell_starts_ = {};
    for_each_cell([this](std::size_t cell, std::size_t) { cell_starts_[cell] += 1; });
    std::uint16_t end = 0;
    for (std::uint16_t& cell_end : cell_starts_) {
        end = static_cast<std::uint16_t>(end + cell_end);
        cell_end = end;
    }
    ASSERT(end <= entries_max);
    for_each_cell([this](std::size_t cell, std::size_t asteroid) {
        cell_starts_[cell] -= 1;
        entries_[cell_starts_[cell]] = static_cast<std::uint16_t>(asteroid);
    });
    // Now each says where its cell begins, and so where the one before it ends.
}

Terrain::CellRange Terrain::cells_of(const Asteroid& asteroid) const {
    const Fixed around = asteroid.radius + reach;
    return {.x0 = cell_of(asteroid.position.x - around),
            .y0 = cell_of(asteroid.position.y - around),
            .x1 = cell_of(asteroid.position.x + around),
            .y1 = cell_of(asteroid.position.y + around)};
}

std::int32_t Terrain::cell_of(Fixed coordinate) const {
    return std::clamp(coordinate.floor() / cell_size_, 0, cells_across - 1);
}

std::size_t Terrain::index_of(std::int32_t x, std::int32_t y) {
    return static_cast<std::size_t>(y) * cells_across + static_cast<std::size_t>(x);
}

std::span<const std::uint16_t> Terrain::near(FixedVector position) const {
    const std::size_t cell = index_of(cell_of(position.x), cell_of(position.y));
    const std::size_t begin = cell_starts_[cell];
    return std::span(entries_).subspan(begin, cell_starts_[cell + 1] - begin);
}

Beacon Terrain::beacon_at(std::uint64_t tick) const {
    const std::uint64_t stay = tick / rules::beacon_ticks;
    ringtick::Rng rng(ringtick::Rng::mix(seed_ + 1) ^ stay);
    const std::int32_t margin = rules::beacon_radius.floor() + 60;
    return {
        .position = {.x = Fixed::from_int(rng.between(margin, side_ - margin)),
                     .y = Fixed::from_int(rng.between(margin, side_ - margin))},
        .ticks_left = rules::beacon_ticks - static_cast<std::uint32_t>(tick % rules::beacon_ticks)};
}

const Asteroid* Terrain::touching(FixedVector position, Fixed radius) const {
    ASSERT(radius <= reach);
    for (const std::uint16_t index : near(position)) {
        const FixedVector apart = position - asteroids_[index].position;
        if (dot(apart, apart) < squared(asteroids_[index].radius + radius)) {
            return &asteroids_[index];
        }
    }
    return nullptr;
}

Fixed Terrain::ray(FixedVector origin, FixedVector direction, Fixed range) const {
    // Every point of the ray is within `reach` of a step, and a step's cell lists what is that
    // near.
    constexpr Fixed step = reach * 2;
    Fixed nearest = range;
    for (Fixed along{}; along < nearest + step; along += step) {
        const FixedVector point = origin + direction * along;
        for (const std::uint16_t index : near(point)) {
            const Asteroid& asteroid = asteroids_[index];
            nearest =
                ray_to_circle(asteroid.position - origin, direction, asteroid.radius, nearest);
        }
    }
    return nearest;
}

Fixed ray_to_circle(FixedVector to_center, FixedVector direction, Fixed radius, Fixed range) {
    const std::int64_t square = squared(radius);
    const std::int64_t apart = dot(to_center, to_center);
    if (apart <= square) return {};  // It begins inside.

    const Fixed along = Fixed::from_raw(
        static_cast<std::int32_t>(dot(to_center, direction) >> Fixed::fraction_bits));
    if (along < Fixed{}) return range;
    const std::int64_t beside = std::max<std::int64_t>(apart - squared(along), 0);
    if (beside > square) return range;
    const auto half_chord = ringtick::integer_sqrt(static_cast<std::uint64_t>(square - beside));
    return std::min(along - Fixed::from_raw(static_cast<std::int32_t>(half_chord)), range);
}

std::int32_t side_for(std::uint32_t ships) {
    const std::uint64_t area_per_ship = std::uint64_t{view_width} * view_height / ships_per_view;
    const std::uint32_t side = ringtick::integer_sqrt(area_per_ship * ships);
    return std::clamp(static_cast<std::int32_t>(side), side_min, side_max);
}

}  // namespace railroids
