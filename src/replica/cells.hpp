#pragma once

#include "base/fixed.hpp"
#include "replica/change.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

// What a viewer is shown by whole cells of the world: for those who merely watch, and for crowds. A
// cell is written once a tick, and whoever sees it gets a copy. That takes more bytes than to tell
// each viewer what it cannot know (view.hpp), and next to no time. It depends on nothing that was
// told before, and what it tells is all that its reader is shown:
//
//     rectangle   the first column and row, how many columns and rows; to the end of the byte
//     each cell   row by row, of each type that has a place: count, then id and rounded fields of
//                 each, by ascending id; to the end of the byte
//     nowhere     the same of each type that has no place, which everybody gets
//
// cell_writer.hpp writes it, cell_reader.hpp reads it.
namespace ringtick {

// Another number for each other layout of the above.
inline constexpr unsigned cells_layout = 2;

struct CellRectangle {
    std::int32_t column = 0;
    std::int32_t row = 0;
    std::int32_t columns = 1;
    std::int32_t rows = 1;
};

// The world, cut into square cells. A place on the edge of two belongs to the one behind it.
class CellGrid {
public:
    static constexpr unsigned usual_size_bits = 8;  // docs/decisions/0012 says why.

    // A cell is 2^size_bits units wide.
    constexpr CellGrid(Extent extent, unsigned size_bits)
        : extent_(extent),
          size_bits_(size_bits),
          across_((extent.side >> size_bits) + 1),
          index_bits_(bits_for(static_cast<std::uint32_t>(across_ - 1))) {}

    constexpr Extent extent() const { return extent_; }
    constexpr std::int32_t cell_size() const { return std::int32_t{1} << size_bits_; }
    constexpr std::int32_t across() const { return across_; }      // Columns, and rows.
    constexpr unsigned index_bits() const { return index_bits_; }  // Of a column, or a row.
    constexpr std::size_t cells() const { return index(0, across_); }
    constexpr std::size_t index(std::int32_t column, std::int32_t row) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(across_) +
               static_cast<std::size_t>(column);
    }
    constexpr std::int32_t column(Fixed coordinate) const {
        return std::clamp(coordinate.floor() >> size_bits_, 0, across_ - 1);
    }
    constexpr Box box(std::int32_t column, std::int32_t row) const {
        return {.extent = extent_,
                .x = column << size_bits_,
                .y = row << size_bits_,
                .size = cell_size()};
    }
    constexpr bool has(const CellRectangle& cells) const {
        return cells.column >= 0 && cells.column + cells.columns <= across_ && cells.row >= 0 &&
               cells.row + cells.rows <= across_;
    }
    // The cells that a view touches, from its upper left to its lower right.
    constexpr CellRectangle touched(FixedVector from, FixedVector to) const {
        const CellRectangle first{.column = column(from.x), .row = column(from.y)};
        return {.column = first.column,
                .row = first.row,
                .columns = column(to.x) - first.column + 1,
                .rows = column(to.y) - first.row + 1};
    }

private:
    Extent extent_;
    unsigned size_bits_;
    std::int32_t across_;
    unsigned index_bits_;
};

// The first column and row, and how many behind the first of each.
inline void write_rectangle(FieldWriter& writer, const CellRectangle& cells, const CellGrid& grid) {
    ASSERT(grid.has(cells));
    const auto pair = [&](std::int32_t across, std::int32_t down) {
        const auto both = static_cast<std::uint32_t>(across | down << grid.index_bits());
        writer.bits(both, 2 * grid.index_bits());
    };
    pair(cells.column, cells.row);
    pair(cells.columns - 1, cells.rows - 1);
}
// Cells that there are, or it is refused.
inline CellRectangle read_rectangle(FieldReader& reader, const CellGrid& grid) {
    CellRectangle cells;
    reader.bits(cells.column, grid.index_bits());
    reader.bits(cells.row, grid.index_bits());
    reader.bits(cells.columns, grid.index_bits());
    reader.bits(cells.rows, grid.index_bits());
    cells.columns += 1;
    cells.rows += 1;
    if (grid.has(cells)) return cells;
    reader.refuse();
    return {};
}

// The fields as begin_model() makes them, the first place within a box.
template <class Codec, class Wire, class Entity>
void describe_rounded(Codec& codec, const Telling<Wire>& telling, Entity& entity, Box box) {
    telling.wire.for_each([&](const auto& field, std::uint32_t) {
        if constexpr (requires { field.rounded(codec, entity, box); }) {
            field.rounded(codec, entity, box);
        } else {
            field.whole(codec, entity, telling.extent);
        }
        using Kind = std::remove_cvref_t<decltype(field)>;
        if constexpr (SaysWhere<Kind>) box = Box::whole(telling.extent);
    });
}

// Where that puts it.
template <class Wire, class Entity>
FixedVector settled_place(const Telling<Wire>& telling, const Entity& entity) {
    FixedVector place;
    bool is_first = true;
    telling.wire.for_each([&](const auto& field, std::uint32_t) {
        using Kind = std::remove_cvref_t<decltype(field)>;
        if constexpr (SaysWhere<Kind>) {
            if (is_first) place = field.settled(entity, telling.extent);
            is_first = false;
        }
    });
    return place;
}

// Where it is, to the last digit.
template <class Entity>
FixedVector place_of(const Entity& entity) {
    FixedVector place;
    bool is_first = true;
    Entity::wire.for_each([&](const auto& field, std::uint32_t) {
        using Kind = std::remove_cvref_t<decltype(field)>;
        if constexpr (SaysWhere<Kind>) {
            if (is_first) place = field.place(entity);
            is_first = false;
        }
    });
    return place;
}

template <class Entity>
consteval bool has_a_place() {
    unsigned places = 0;
    Entity::wire.for_each([&](const auto& field, std::uint32_t) {
        using Kind = std::remove_cvref_t<decltype(field)>;
        places += SaysWhere<Kind> ? 1 : 0;
    });
    return places > 0;
}

// The cells of a world of such entities, as both sides cut them.
template <class... Entities>
constexpr CellGrid cell_grid_of(Extent extent) {
    constexpr unsigned whole_world = 20;
    constexpr bool any_place = (has_a_place<Entities>() || ...);
    return {extent, any_place ? CellGrid::usual_size_bits : whole_world};
}

}  // namespace ringtick
