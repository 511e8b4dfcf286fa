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
//     each cell   row by row: count, then id and rounded fields of each, by ascending id; to the
//                 end of the byte
//
// cell_writer.hpp writes it, cell_reader.hpp reads it.
namespace ringtick {

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
        : extent_(extent), size_bits_(size_bits), across_((extent.side >> size_bits) + 1) {}

    constexpr Extent extent() const { return extent_; }
    constexpr std::int32_t cell_size() const { return std::int32_t{1} << size_bits_; }
    constexpr std::int32_t across() const { return across_; }  // Columns, and rows.
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
};

template <class Codec, class Rectangle>
constexpr void describe_rectangle(Codec& codec, Rectangle& rectangle, const CellGrid& grid) {
    codec.ranged(rectangle.column, 0, grid.across() - 1);
    codec.ranged(rectangle.row, 0, grid.across() - 1);
    codec.ranged(rectangle.columns, 1, grid.across() - rectangle.column);
    codec.ranged(rectangle.rows, 1, grid.across() - rectangle.row);
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

// The cells of one type of entity, as both sides cut them. What is nowhere is all in one.
template <class Entity>
constexpr CellGrid cell_grid_of(Extent extent) {
    constexpr unsigned whole_world = 20;
    return {extent, has_a_place<Entity>() ? CellGrid::usual_size_bits : whole_world};
}

}  // namespace ringtick
