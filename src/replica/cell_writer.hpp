#pragma once

#include "base/assert.hpp"
#include "replica/cells.hpp"
#include "replica/entity_cells.hpp"
#include "replica/game_types.hpp"
#include "replica/view.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringtick {

// Writes the cells of a world (cells.hpp) once a tick, and copies to each viewer those that it
// sees. They lie one behind the other, so that a row of them is one copy. Memory at construction.
template <class... Entities>
class CellWriter {
public:
    static constexpr std::size_t types = sizeof...(Entities);
    using Counts = std::array<std::size_t, types>;  // Of each type.

    // Ids are below `capacities`.
    CellWriter(const CellGrid& grid, const Counts& capacities)
        : CellWriter(grid, capacities, std::index_sequence_for<Entities...>{}) {}

    // Once a tick, before the first write(): of each type those that are shown. They must stay
    // until it returns.
    void build(std::span<const Entities>... all) {
        (std::get<EntityCells<Entities>>(sorted_).sort(all), ...);
        write_all();
    }

    struct Viewer {
        FixedVector from;  // Its view, from the upper left
        FixedVector to;    // to the lower right.
        std::size_t bits_max = 0;
        Counts entities_max{visible_max<Entities>...};
    };
    enum class Shown : std::uint8_t { nothing, less, all };

    // The cells that the view touches; if that is too much, those that a smaller one around its
    // middle touches. If not a single one will do, nothing is written.
    [[gnu::flatten]] Shown write(FieldWriter& writer, const Viewer& viewer) const {
        const CellRectangle wanted = grid_.touched(viewer.from, viewer.to);
        if (fits(wanted, viewer)) {
            copy(writer, wanted);
            return Shown::all;
        }
        const std::optional<CellRectangle> fitting = narrowed(viewer);
        if (!fitting) return Shown::nothing;
        copy(writer, *fitting);
        return Shown::less;
    }

private:
    // Bytes, and how many of each type: of a width that is added at once.
    struct Sum {
        static constexpr std::size_t width = (1 + types + 3) / 4 * 4;
        alignas(16) std::array<std::uint32_t, width> parts{};

        Sum& operator+=(const Sum& other) { return *this = *this + other; }
        friend Sum operator+(Sum a, const Sum& b) {
            for (std::size_t i = 0; i < width; ++i) a.parts[i] += b.parts[i];
            return a;
        }
        friend Sum operator-(Sum a, const Sum& b) {
            for (std::size_t i = 0; i < width; ++i) a.parts[i] -= b.parts[i];
            return a;
        }
    };

    template <std::size_t... Types>
    CellWriter(const CellGrid& grid, const Counts& capacities, std::index_sequence<Types...>)
        : grid_(grid),
          sorted_{EntityCells<Entities>(grid, capacities[Types])...},
          first_bytes_(grid.cells() + 2),
          sums_(across_sums() * across_sums()),
          rectangle_bits_max_(4 * grid.index_bits() + 7),
          fragments_size_(((capacities[Types] * EntityCells<Entities>::entity_size_max +
                            (grid.cells() + 1) * EntityCells<Entities>::count_size_max) +
                           ...)),
          fragments_(std::make_unique_for_overwrite<std::byte[]>(fragments_size_)) {}

    // Flat, so that the writer lies in registers: a fourth fewer instructions.
    [[gnu::flatten]] void write_all() {
        FieldWriter writer({fragments_.get(), fragments_size_});
        std::size_t cell = 0;
        for (std::int32_t row = 0; row < grid_.across(); ++row) {
            Sum before;  // In this row.
            for (std::int32_t column = 0; column < grid_.across(); ++column, ++cell) {
                write_types<true>(writer, cell, grid_.box(column, row));
                first_bytes_[cell + 1] = static_cast<std::uint32_t>(writer.finish());
                before += sum_of(cell);
                sum_at(column + 1, row + 1) = sum_at(column + 1, row) + before;
            }
        }
        write_types<false>(writer, cell, {});
        first_bytes_[cell + 1] = static_cast<std::uint32_t>(writer.finish());
        nowhere_ = sum_of(cell);
        ASSERT(!writer.overflowed());
    }

    // Of what is somewhere, or of what is nowhere.
    template <bool Somewhere>
    void write_types(FieldWriter& writer, std::size_t cell, const Box& box) const {
        const auto write_type = [&](const auto& entities) {
            if constexpr (std::remove_cvref_t<decltype(entities)>::have_places == Somewhere) {
                entities.write(writer, cell, box);
            }
        };
        std::apply([&](const auto&... entities) { (write_type(entities), ...); }, sorted_);
    }

    Sum sum_of(std::size_t cell) const {
        return {{first_bytes_[cell + 1] - first_bytes_[cell],
                 std::get<EntityCells<Entities>>(sorted_).count(cell)...}};
    }
    // Of what is above this cell and to its left.
    Sum& sum_at(std::int32_t column, std::int32_t row) {
        return sums_[static_cast<std::size_t>(row) * across_sums() +
                     static_cast<std::size_t>(column)];
    }
    const Sum& sum_at(std::int32_t column, std::int32_t row) const {
        return sums_[static_cast<std::size_t>(row) * across_sums() +
                     static_cast<std::size_t>(column)];
    }
    std::size_t across_sums() const { return static_cast<std::size_t>(grid_.across()) + 1; }

    std::optional<CellRectangle> narrowed(Viewer viewer) const {
        // Of a grid of several cells: so far a number reaches.
        const Fixed step = Fixed::from_int(std::max(grid_.cell_size() / 2, 1));
        while (true) {
            const CellRectangle seen = grid_.touched(viewer.from, viewer.to);
            if (fits(seen, viewer)) return seen;
            if (seen.columns == 1 && seen.rows == 1) return std::nullopt;
            narrow(viewer.from.x, viewer.to.x, step);
            narrow(viewer.from.y, viewer.to.y, step);
        }
    }
    // Down to its middle.
    static void narrow(Fixed& from, Fixed& to, Fixed step) {
        const Fixed middle = from + (to - from) / 2;
        from = std::min(from + step, middle);
        to = std::max(to - step, middle);
    }
    bool fits(const CellRectangle& seen, const Viewer& viewer) const {
        const std::int32_t column_end = seen.column + seen.columns;
        const std::int32_t row_end = seen.row + seen.rows;
        const Sum sum = sum_at(column_end, row_end) - sum_at(seen.column, row_end) -
                        sum_at(column_end, seen.row) + sum_at(seen.column, seen.row) + nowhere_;
        bool fit = rectangle_bits_max_ + std::size_t{8} * sum.parts[0] <= viewer.bits_max;
        for (std::size_t type = 0; type < types; ++type) {
            fit = fit && sum.parts[1 + type] <= viewer.entities_max[type];
        }
        return fit;
    }

    void copy(FieldWriter& out, const CellRectangle& seen) const {
        FieldWriter writer = out;
        write_rectangle(writer, seen, grid_);
        writer.align();
        const auto columns = static_cast<std::size_t>(seen.columns);
        const auto across = static_cast<std::size_t>(grid_.across());
        std::size_t cell = grid_.index(seen.column, seen.row);
        for (std::int32_t row = 0; row < seen.rows; ++row, cell += across) {
            writer.packed(fragments(cell, columns));
        }
        writer.packed(fragments(grid_.cells(), 1));
        out = writer;
    }
    std::span<const std::byte> fragments(std::size_t cell, std::size_t count) const {
        const std::uint32_t first = first_bytes_[cell];
        return {&fragments_[first], first_bytes_[cell + count] - first};
    }

    CellGrid grid_;
    std::tuple<EntityCells<Entities>...> sorted_;
    std::vector<std::uint32_t> first_bytes_;  // Where each cell begins in fragments_; one more.
    std::vector<Sum> sums_;  // At each corner of a cell, so that four say what a rectangle holds.
    Sum nowhere_;
    std::size_t rectangle_bits_max_;
    std::size_t fragments_size_;
    std::unique_ptr<std::byte[]> fragments_;
};

}  // namespace ringtick
