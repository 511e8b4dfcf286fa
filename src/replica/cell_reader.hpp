#pragma once

#include "replica/cells.hpp"
#include "replica/view.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// Reads the cells that a viewer is shown (cells.hpp) into a list by ascending id for each type.
// False, and the lists mean nothing, for bytes that no writer of ours wrote.
template <class... Lists>
class CellReader {
public:
    // Ids are below `ids`, of each type.
    CellReader(FieldReader& reader,
               const CellGrid& grid,
               const std::array<std::uint32_t, sizeof...(Lists)>& ids)
        : reader_(reader), grid_(grid), ids_(ids) {}

    bool read(Lists&... lists) {
        (lists.clear(), ...);
        const CellRectangle seen = read_rectangle(reader_, grid_);
        reader_.align();
        const std::int32_t cells = seen.columns * seen.rows;
        for (std::int32_t cell = 0; cell < cells && reader_.ok(); ++cell) {
            const std::int32_t column = seen.column + cell % seen.columns;
            read_types<true>(grid_.box(column, seen.row + cell / seen.columns), lists...);
        }
        read_types<false>({.extent = grid_.extent()}, lists...);
        (put_in_order(lists), ...);
        return reader_.ok();
    }

private:
    template <class List>
    using EntityOf = decltype(List{}.begin()->entity);

    template <bool Somewhere>
    void read_types(const Box& box, Lists&... lists) {
        std::size_t type = 0;
        (read_type<Somewhere>(box, ids_[type++], lists), ...);
        reader_.align();
    }
    template <bool Somewhere, class List>
    void read_type(const Box& box, std::uint32_t ids, List& list) {
        using Entity = EntityOf<List>;
        if constexpr (has_a_place<Entity>() == Somewhere) {
            std::uint32_t left = detail::read_count(
                reader_, static_cast<std::uint32_t>(List::capacity - list.size()));
            for (std::int32_t last = -1; left > 0 && reader_.ok(); --left) {
                auto& seen = list.push({});
                reader_.bits(seen.id, bits_for(ids));
                describe_rounded(reader_, Telling{Entity::wire, box.extent}, seen.entity, box);
                if (seen.id >= ids || seen.id <= last) return reader_.refuse();
                last = seen.id;
            }
        }
    }

    template <class List>
    void put_in_order(List& list) {
        std::sort(list.begin(), list.end(),
                  [](const auto& a, const auto& b) { return a.id < b.id; });
        const auto* const twice = std::adjacent_find(
            list.begin(), list.end(), [](const auto& a, const auto& b) { return a.id == b.id; });
        if (twice != list.end()) reader_.refuse();  // Nobody is in two places.
    }

    FieldReader& reader_;
    CellGrid grid_;
    std::array<std::uint32_t, sizeof...(Lists)> ids_;
};

}  // namespace ringtick
