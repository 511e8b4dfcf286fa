#pragma once

#include "base/assert.hpp"
#include "replica/cells.hpp"
#include "replica/view.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ringtick {

// Writes the cells of a world (cells.hpp) once a tick, and copies to each viewer those that it
// sees. They lie one behind the other, so that a row of them is one copy. Memory at construction.
template <class Entity>
class CellWriter {
public:
    CellWriter(const CellGrid& grid, std::size_t capacity, unsigned id_bits)
        : grid_(grid),
          id_bits_(id_bits),
          cells_(capacity),
          ids_(capacity),
          first_ids_(grid.cells() + 1),
          first_bytes_(grid.cells() + 1),
          fragments_size_(capacity * entity_size_max + grid.cells() * cell_size_max),
          fragments_(std::make_unique_for_overwrite<std::byte[]>(fragments_size_)) {}

    // Once a tick, before the first write(). `told(id)` points to what is told of it; null: nothing
    // is.
    template <class Told>
    void build(std::size_t count, Told told) {
        ASSERT(count <= cells_.size());
        sort_into_cells(count, told);
        FieldWriter writer({fragments_.get(), fragments_size_});
        std::size_t cell = 0;
        for (std::int32_t row = 0; row < grid_.across(); ++row) {
            for (std::int32_t column = 0; column < grid_.across(); ++column, ++cell) {
                write_cell(writer, cell, grid_.box(column, row), told);
                first_bytes_[cell + 1] = static_cast<std::uint32_t>(writer.finish());
            }
        }
        ASSERT(!writer.overflowed());
    }

    struct Viewer {
        FixedVector from;  // Its view, from the upper left
        FixedVector to;    // to the lower right.
        std::size_t entities_max = 0;
        std::size_t bits_max = 0;
    };

    // The cells that the view touches; if that is too much, those that a smaller one around its
    // middle touches. False, and nothing is written, if not a single one will do.
    bool write(FieldWriter& writer, Viewer viewer) const {
        const std::optional<CellRectangle> seen = fitting(viewer);
        if (!seen) return false;
        describe_rectangle(writer, *seen, grid_);
        writer.align();
        for (std::int32_t row = 0; row < seen->rows; ++row) {
            const std::size_t first = grid_.index(seen->column, seen->row + row);
            const std::size_t last = first + static_cast<std::size_t>(seen->columns);
            writer.packed(
                {&fragments_[first_bytes_[first]], first_bytes_[last] - first_bytes_[first]});
        }
        return true;
    }

private:
    // No field takes more bits than its member does in memory, and a list's count two bytes.
    static constexpr std::size_t entity_size_max = sizeof(Entity) + 16;
    static constexpr std::size_t cell_size_max = 4;  // Of the count and the last byte's filling.
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;

    auto telling() const { return Telling{Entity::wire, grid_.extent()}; }

    // By counting: afterwards first_ids_[i] of them lie in cells before i, in ids_ by ascending id.
    template <class Told>
    void sort_into_cells(std::size_t count, Told& told) {
        std::ranges::fill(first_ids_, 0);
        for (std::size_t id = 0; id < count; ++id) {
            const Entity* const entity = told(id);
            cells_[id] = nowhere;
            if (entity == nullptr) continue;
            const FixedVector place = settled_place(telling(), *entity);
            const std::size_t cell = grid_.index(grid_.column(place.x), grid_.column(place.y));
            cells_[id] = static_cast<std::uint32_t>(cell);
            first_ids_[cell] += 1;
        }
        std::uint32_t end = 0;
        for (std::uint32_t& first : first_ids_) first = end += first;
        for (std::size_t id = count; id-- > 0;) {
            const std::uint32_t cell = cells_[id];
            if (cell != nowhere) ids_[--first_ids_[cell]] = static_cast<std::uint16_t>(id);
        }
    }

    template <class Told>
    void write_cell(FieldWriter& writer, std::size_t cell, const Box& box, Told& told) const {
        detail::write_count(writer, first_ids_[cell + 1] - first_ids_[cell]);
        for (std::uint32_t i = first_ids_[cell]; i < first_ids_[cell + 1]; ++i) {
            const Entity& entity = *told(ids_[i]);
            writer.bits(ids_[i], id_bits_);
            describe_rounded(writer, telling(), entity, box);
        }
        writer.align();
    }

    std::optional<CellRectangle> fitting(Viewer& viewer) const {
        while (true) {
            const CellRectangle seen = grid_.touched(viewer.from, viewer.to);
            if (fits(seen, viewer)) return seen;
            if (seen.columns == 1 && seen.rows == 1) return std::nullopt;
            // Of a grid of several cells: so far a number reaches.
            const Fixed step = Fixed::from_int(std::max(grid_.cell_size() / 2, 1));
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
        std::size_t entities = 0;
        std::size_t bits = 4 * FieldWriter::width_of(0, grid_.across()) + 8;
        for (std::int32_t row = 0; row < seen.rows; ++row) {
            const std::size_t first = grid_.index(seen.column, seen.row + row);
            const std::size_t last = first + static_cast<std::size_t>(seen.columns);
            entities += first_ids_[last] - first_ids_[first];
            bits += std::size_t{8} * (first_bytes_[last] - first_bytes_[first]);
        }
        return entities <= viewer.entities_max && bits <= viewer.bits_max;
    }

    CellGrid grid_;
    unsigned id_bits_;
    std::vector<std::uint32_t> cells_;      // Of each id, while building.
    std::vector<std::uint16_t> ids_;        // By cell.
    std::vector<std::uint32_t> first_ids_;  // Where each cell's begin in ids_; one more at the end.
    std::vector<std::uint32_t> first_bytes_;  // Where each cell begins in fragments_; one more.
    std::size_t fragments_size_;
    std::unique_ptr<std::byte[]> fragments_;
};

}  // namespace ringtick
