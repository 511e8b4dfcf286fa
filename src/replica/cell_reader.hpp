#pragma once

#include "replica/cells.hpp"
#include "replica/view.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// In which world.
struct CellSpan {
    CellGrid grid;
    std::uint32_t ids = 0;  // Ids are below this.
    unsigned id_bits = 0;
};

// Reads the cells that a viewer is shown (cells.hpp) into one list by ascending id. False, and the
// list means nothing, for bytes that no writer of ours wrote.
template <class Entity, std::size_t Capacity>
class CellReader {
public:
    using List = VisibleList<Entity, Capacity>;

    CellReader(FieldReader& reader, const CellSpan& span) : reader_(reader), span_(span) {}

    bool read(List& after) {
        after.clear();
        CellRectangle seen;
        describe_rectangle(reader_, seen, span_.grid);
        reader_.align();
        const std::int32_t cells = seen.columns * seen.rows;
        for (std::int32_t cell = 0; cell < cells && reader_.ok(); ++cell) {
            const std::int32_t column = seen.column + cell % seen.columns;
            read_cell(after, span_.grid.box(column, seen.row + cell / seen.columns));
        }
        using Entry = Visible<Entity>;
        std::sort(after.begin(), after.end(),
                  [](const Entry& a, const Entry& b) { return a.id < b.id; });
        const auto* const twice =
            std::adjacent_find(after.begin(), after.end(),
                               [](const Entry& a, const Entry& b) { return a.id == b.id; });
        if (twice != after.end()) reader_.refuse();  // Nobody is in two places.
        return reader_.ok();
    }

private:
    void read_cell(List& after, const Box& box) {
        std::uint32_t left =
            detail::read_count(reader_, static_cast<std::uint32_t>(Capacity - after.size()));
        for (std::int32_t last = -1; left > 0 && reader_.ok(); --left) {
            Visible<Entity>& seen = after.push({});
            reader_.bits(seen.id, span_.id_bits);
            describe_rounded(reader_, Telling{Entity::wire, box.extent}, seen.entity, box);
            if (seen.id >= span_.ids || seen.id <= last) return reader_.refuse();
            last = seen.id;
        }
        reader_.align();
    }

    FieldReader& reader_;
    CellSpan span_;
};

}  // namespace ringtick
