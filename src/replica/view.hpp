#pragma once

#include "replica/bounded_list.hpp"
#include "replica/fields.hpp"

#include <cstddef>
#include <cstdint>

// What one viewer is shown of the entities of one type, as both sides keep it: a list by ascending
// id. A snapshot tells what became of that list since the last one that was sent:
//
//     leaves:   count, then each's place in the list, counted from the one before
//     the rest: for each that stays, in order
//                 0                         nothing is told: the model goes on by itself
//                 1 0 [ticks] corrections   for each tick since the last snapshot, if there are
//                                           several, a bit that says whether one follows
//                 1 1 whole                 the model itself: what it missed was too much or too
//                 old
//     enters:   count, then id and model of each
//
// Counts and distances are in groups of three bits, lowest first, each with a bit that says whether
// another follows. view_writer.hpp writes it, view_reader.hpp reads it.
namespace ringtick {

// As the viewer has it.
template <class Entity>
struct Visible {
    std::uint16_t id = 0;
    Entity entity{};
};

// As the server remembers it. What was not told for want of room is missed until it is told whole.
struct Known {
    static constexpr std::uint8_t missed_max = 255;

    // Without initial values, so that a list's memory is touched only as far as it is used.
    std::uint16_t id;
    std::uint8_t missed;  // Ticks since the viewer's model of it was last as the server's.
    bool awaited;         // In sight, but not told of yet: the viewer's list is without it.
};

// How many ticks the model that a viewer has of an entity may lag behind the server's, and how many
// ticks an entity may be in sight before the viewer hears of it, where the byte budget is short.
struct Staleness {
    static constexpr std::size_t near_count = 32;  // So many of those in sight, the nearest.
    static constexpr std::uint32_t near_ticks = 2;
    static constexpr std::uint32_t far_ticks = 10;
    static_assert(far_ticks % near_ticks == 0);
};

template <class Entity, std::size_t Capacity>
using VisibleList = BoundedList<Visible<Entity>, Capacity>;

namespace detail {

inline constexpr unsigned group_bits = 3;

constexpr unsigned count_width(std::uint32_t count) {
    unsigned width = group_bits + 1;
    while ((count >>= group_bits) != 0) width += group_bits + 1;
    return width;
}
inline void write_count(FieldWriter& writer, std::uint32_t count) {
    do {
        const std::uint32_t rest = count >> group_bits;
        const std::uint32_t more = rest != 0 ? 1U << group_bits : 0;
        writer.bits((count & ((1U << group_bits) - 1)) | more, group_bits + 1);
        count = rest;
    } while (count != 0);
}
// At most `most`, in no more groups than it takes; anything else is refused.
inline std::uint32_t read_count(FieldReader& reader, std::uint32_t most) {
    std::uint32_t count = 0;
    std::uint32_t group = 0;
    unsigned width = 0;
    bool more = true;
    for (; more && width <= 15; width += group_bits) {
        reader.bits(group, group_bits);
        reader.bits(more, 1);
        count |= group << width;
    }
    const bool shortest = group != 0 || width == group_bits;
    if (!more && shortest && count <= most) return count;
    reader.refuse();
    return 0;
}

}  // namespace detail

}  // namespace ringtick
