#pragma once

#include "base/assert.hpp"
#include "base/fixed.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringtick {

struct Rect {
    Fixed x0, y0, x1, y1;

    static constexpr Rect around(FixedVector center, Fixed half_width, Fixed half_height) {
        return {center.x - half_width, center.y - half_height, center.x + half_width,
                center.y + half_height};
    }
    constexpr bool contains(FixedVector point) const {
        return point.x >= x0 && point.x <= x1 && point.y >= y0 && point.y <= y1;
    }
};

// Who is where: a uniform grid over the square world, built anew each tick by a counting sort
// (2,000 ships in some ten microseconds), so that nothing is moved between cells and nothing can
// be out of date. Memory at construction.
class Grid {
public:
    Grid(std::int32_t side, std::size_t items_max)
        : across_(side / cell_size + 1),
          starts_(static_cast<std::size_t>(across_) * static_cast<std::size_t>(across_) + 1),
          items_(items_max),
          places_(items_max) {
        cells_.resize(items_max);
    }

    // `place_of(i)` is where item i is, or null if it is nowhere.
    template <class PlaceOf>
    void build(std::size_t count, PlaceOf place_of) {
        ASSERT(count <= cells_.size());
        std::ranges::fill(starts_, 0);
        for (std::size_t i = 0; i < count; ++i) {
            const FixedVector* const place = place_of(i);
            cells_[i] = place == nullptr ? nowhere : cell_at(*place);
            if (cells_[i] != nowhere) starts_[cells_[i]] += 1;
        }
        std::uint32_t end = 0;
        for (std::uint32_t& start : starts_) start = end += start;
        for (std::size_t i = count; i-- > 0;) {  // From the back: each cell ascends by id.
            if (cells_[i] == nowhere) continue;
            const std::uint32_t at = --starts_[cells_[i]];
            items_[at] = static_cast<std::uint16_t>(i);
            places_[at] = *place_of(i);
        }
    }

    // Visits a superset, visit(i): everything in the cells that the rectangle touches.
    template <class Visit>
    void for_each_near(const Rect& rect, Visit visit) const {
        for_each_placed_near(rect, [&](std::uint16_t i, FixedVector) { visit(i); });
    }
    // The same, visit(i, place): where each was when the grid was built, which is at hand.
    template <class Visit>
    void for_each_placed_near(const Rect& rect, Visit visit) const {
        const std::int32_t x0 = column(rect.x0);
        const std::int32_t x1 = column(rect.x1);
        for (std::int32_t y = column(rect.y0); y <= column(rect.y1); ++y) {
            // The cells of a row lie one after the other, and so do their items.
            const std::uint32_t end = starts_[index(x1, y) + 1];
            for (std::uint32_t i = starts_[index(x0, y)]; i < end; ++i) {
                visit(items_[i], places_[i]);
            }
        }
    }

    // How many in the cell here and the eight around it.
    std::uint32_t crowd_at(FixedVector place) const {
        std::uint32_t count = 0;
        const Fixed reach = Fixed::from_int(cell_size);
        for_each_near(Rect::around(place, reach, reach), [&](std::uint16_t) { count += 1; });
        return count;
    }

private:
    static constexpr std::int32_t cell_size = 256;
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;

    std::int32_t column(Fixed coordinate) const {
        return std::clamp(coordinate.floor() / cell_size, 0, across_ - 1);
    }
    std::size_t index(std::int32_t x, std::int32_t y) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(across_) +
               static_cast<std::size_t>(x);
    }
    std::uint32_t cell_at(FixedVector place) const {
        return static_cast<std::uint32_t>(index(column(place.x), column(place.y)));
    }

    std::int32_t across_;
    std::vector<std::uint32_t> starts_;  // Where each cell's items begin; one more at the end.
    std::vector<std::uint32_t> cells_;   // Of each item, while building.
    std::vector<std::uint16_t> items_;
    std::vector<FixedVector> places_;  // Of each of these.
};

}  // namespace ringtick
