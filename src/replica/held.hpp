#pragma once

#include "replica/bounded_list.hpp"
#include "replica/fields.hpp"
#include "replica/snapshot.hpp"
#include "replica/view.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

// Which entities a client has of each type, as it says in the HELLO with which it comes back: the
// ids of its last snapshot. With that snapshot's tick this is all that the server would have had to
// remember, for what an entity was in a tick is the same for all who see it.
//
//     one bit: the snapshot was by cells, which leave no list that could go on; or else, for each
//     type, a count, and how far each id is behind the one before
//
// Numbers as in a view (view.hpp). No bytes at all: it has no snapshot, or more than fits.
namespace ringtick {

// Of every type as many as are shown at once, where ids are dense; far more than in any crowd.
inline constexpr std::size_t held_size_max = 1'024;
using Held = BoundedList<std::uint8_t, held_size_max>;
inline std::span<const std::byte> bytes_of(const Held& held) {
    return std::as_bytes(std::span(held.begin(), held.size()));
}

namespace detail {

template <class List>
void write_held_list(FieldWriter& writer, const List& list) {
    write_count(writer, static_cast<std::uint32_t>(list.size()));
    std::uint32_t next = 0;
    for (const auto& seen : list) {
        write_count(writer, seen.id - next);
        next = seen.id + 1U;
    }
}

}  // namespace detail

template <class G>
void hold(const Snapshot<G>& snapshot, Held& held) {
    held.resize(held_size_max);
    FieldWriter writer(std::as_writable_bytes(std::span(held.begin(), held.size())));
    const bool by_cells = snapshot.header.has(SnapshotHeader::cells);
    writer.bits(by_cells, 1);
    if (!by_cells) {
        std::apply([&](const auto&... lists) { (detail::write_held_list(writer, lists), ...); },
                   snapshot.lists);
    }
    const std::size_t size = writer.finish();
    held.resize(writer.overflowed() ? 0 : size);
}

}  // namespace ringtick
