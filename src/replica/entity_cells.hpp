#pragma once

#include "base/assert.hpp"
#include "replica/cells.hpp"
#include "replica/view.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {

// The entities of one type, sorted into the cells of a grid by counting, and what a cell says of
// them (cells.hpp). Those of a type without a place are all nowhere, which is the cell behind the
// last. Memory at construction.
template <class Entity>
class EntityCells {
public:
    static constexpr bool have_places = has_a_place<Entity>();
    // No field takes more bits than its member does in memory, and an id two bytes.
    static constexpr std::size_t entity_size_max = sizeof(Entity) + 16;
    static constexpr std::size_t count_size_max = 3;

    // Ids are below `capacity`.
    EntityCells(const CellGrid& grid, std::size_t capacity)
        : grid_(grid),
          id_bits_(bits_for(static_cast<std::uint32_t>(capacity))),
          places_(capacity),
          ids_(capacity),
          first_(grid.cells() + 2) {}

    std::size_t capacity() const { return ids_.size(); }
    std::uint32_t count(std::size_t cell) const { return first_[cell + 1] - first_[cell]; }

    // Those that are shown.
    void sort(std::span<const Entity> all) {
        ASSERT(all.size() <= capacity());
        all_ = all;
        std::ranges::fill(first_, 0);
        std::size_t shown = 0;
        for (std::size_t id = 0; id < all.size(); ++id) {
            if (!all[id].shown()) continue;
            const std::uint32_t cell = cell_of(all[id]);
            places_[shown++] = {.cell = cell, .id = static_cast<std::uint16_t>(id)};
            first_[cell] += 1;
        }
        std::uint32_t end = 0;
        for (std::uint32_t& first : first_) first = end += first;
        while (shown-- > 0) {  // From the back: each cell ascends by id.
            const Where& where = places_[shown];
            ids_[--first_[where.cell]] = where.id;
        }
    }

    void write(FieldWriter& writer, std::size_t cell, const Box& box) const {
        detail::write_count(writer, count(cell));
        for (std::uint32_t i = first_[cell]; i < first_[cell + 1]; ++i) {
            writer.bits(ids_[i], id_bits_);
            describe_rounded(writer, telling(), all_[ids_[i]], box);
        }
    }

private:
    struct Where {
        std::uint32_t cell = 0;
        std::uint16_t id = 0;
    };

    auto telling() const { return Telling{Entity::wire, grid_.extent()}; }

    std::uint32_t cell_of(const Entity& entity) const {
        if constexpr (!have_places) return static_cast<std::uint32_t>(grid_.cells());
        const FixedVector place = settled_place(telling(), entity);
        return static_cast<std::uint32_t>(
            grid_.index(grid_.column(place.x), grid_.column(place.y)));
    }

    CellGrid grid_;
    unsigned id_bits_;
    std::span<const Entity> all_;
    std::vector<Where> places_;         // Of those that are shown, while they are sorted.
    std::vector<std::uint16_t> ids_;    // By cell.
    std::vector<std::uint32_t> first_;  // Where each cell's begin in ids_; one more at the end.
};

}  // namespace ringtick
