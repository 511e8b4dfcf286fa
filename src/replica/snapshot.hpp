#pragma once

#include "replica/cell_reader.hpp"
#include "replica/game_types.hpp"
#include "replica/protocol.hpp"
#include "replica/snapshot_parts.hpp"
#include "replica/view_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

namespace ringtick {

namespace detail {

template <class Entities>
struct ListsOf;
template <class... Entities>
struct ListsOf<Types<Entities...>> {
    using Type = std::tuple<VisibleList<Entities, visible_max<Entities>>...>;
};

}  // namespace detail

// What a viewer knows of the world at one tick.
//
//     header, the own entity, what passes, a list of each type of entity: what became of the list
//     before (view.hpp) or, if the header says so, the cells in sight (cells.hpp)
template <class G>
struct Snapshot {
    SnapshotHeader header;
    OwnOf<G> own;  // As its owner_wire declares it.
    PassingOf<G> passing;
    typename detail::ListsOf<typename G::Entities>::Type lists;
    SnapshotParts parts;  // Of the message that told it.

    template <class Entity>
    const auto& of() const {
        return std::get<VisibleList<Entity, visible_max<Entity>>>(lists);
    }
};

// What both sides know of a world, its rules: its extent, how many ids of a type there are, and how
// an entity goes on of which nothing is told. These are those of a game that says all of it in its
// types: `side` of the world, `entities_max` of each type, and, of what moves by itself, `step()`.
template <class G>
struct PlainRules {
    static constexpr Extent extent() {
        if constexpr (requires { G::side; }) return {G::side};
        return {1};
    }
    template <class Entity>
    static constexpr std::uint32_t ids(std::type_identity<Entity>) {
        return static_cast<std::uint32_t>(Entity::entities_max);
    }
    template <class Entity>
    static constexpr void step(Entity& entity, std::uint32_t) {
        if constexpr (requires { entity.step(); }) entity.step();
    }
};

namespace detail {

// The own entity, told in full to begin with and where the header says so, and otherwise as
// corrections of what it does by itself.
template <class Own, class Rules>
void read_own(
    FieldReader& reader, const Own* before, Own& own, const ViewSpan& span, const Rules& rules) {
    const Telling telling{Own::owner_wire, span.extent};
    if (before == nullptr) {
        own = Own{};
        describe_whole(reader, telling, own);
        return;
    }
    own = *before;
    for (std::uint32_t tick = span.since + 1; tick < span.tick; ++tick) {
        step_model(telling, own, [&](Own& model) { rules.step(model, tick); });
    }
    const auto step = [&](Own& model) { rules.step(model, span.tick); };
    bool is_corrected = false;
    reader.bits(is_corrected, 1);
    if (is_corrected) {
        read_step(reader, telling, own, step);
    } else {
        step_model(telling, own, step);
    }
}

template <class Entity, class G, class Rules>
bool read_list(FieldReader& reader,
               ViewSpan span,
               const Snapshot<G>* before,
               Snapshot<G>& after,
               const Rules& rules) {
    span.ids = rules.ids(std::type_identity<Entity>{});
    span.id_bits = bits_for(span.ids);
    const auto step = [&](Entity& entity, std::uint32_t tick) { rules.step(entity, tick); };
    auto& list = std::get<VisibleList<Entity, visible_max<Entity>>>(after.lists);
    ViewReader<Entity, visible_max<Entity>, decltype(step)> list_reader(reader, span, step);
    const auto* const known = before != nullptr ? &before->template of<Entity>() : nullptr;
    const bool fine = list_reader.read(known, list);
    after.parts.add(list_reader.parts());
    return fine;
}

template <class... Entities, std::size_t... Capacities, class Rules>
bool read_cells(FieldReader& reader,
                const Rules& rules,
                VisibleList<Entities, Capacities>&... lists) {
    CellReader<VisibleList<Entities, Capacities>...> cell_reader(
        reader, cell_grid_of<Entities...>(rules.extent()),
        {rules.ids(std::type_identity<Entities>{})...});
    return cell_reader.read(lists...);
}

}  // namespace detail

// The layout of what a snapshot consists of.
template <class G>
constexpr void hash_snapshot(FieldHasher& hasher) {
    SnapshotHeader header;
    describe_snapshot_header(hasher, header, 0);
    hasher.bits(0, CellGrid::usual_size_bits);
    hasher.bits(0, cells_layout);
    const auto fold = [&](std::uint64_t hash) {
        hasher.bits(0, static_cast<unsigned>(hash));
        hasher.bits(0, static_cast<unsigned>(hash >> 32));
    };
    if constexpr (has_own<G>) fold(schema_hash_of<OwnOf<G>::owner_wire>());
    // The widths of ids and of places follow from these; rules of a game's own are in its
    // rules_hash().
    const auto fold_type = [&]<class Entity>(std::type_identity<Entity>) {
        fold(schema_hash_of<Entity::wire>());
        fold(visible_max<Entity>);
        if constexpr (requires { Entity::entities_max; }) fold(Entity::entities_max);
    };
    [&]<class... Entities>(Types<Entities...>) {
        (fold_type(std::type_identity<Entities>{}), ...);
    }(typename G::Entities{});
    if constexpr (requires { G::side; }) fold(static_cast<std::uint64_t>(G::side));
}

// A change needs a list and an own entity to go on from, and cells leave no list.
inline bool can_follow(const SnapshotHeader& header, const SnapshotHeader* before) {
    if (header.has(SnapshotHeader::keyframe)) return true;
    return before != nullptr &&
           (header.has(SnapshotHeader::cells) || !before->has(SnapshotHeader::cells));
}

// `before` is the snapshot that this one goes on from, null if there is none. False for bytes that
// no writer of ours wrote, and for a delta without a snapshot that it could go on from: then
// `after` means nothing.
template <class G, class Rules>
bool read_snapshot(std::span<const std::byte> in,
                   const Rules& rules,
                   const Snapshot<G>* before,
                   Snapshot<G>& after) {
    FieldReader reader(in);
    BitsPassed passed(reader);
    SnapshotHeader& header = after.header;
    describe_snapshot_header(reader, header, before != nullptr ? before->header.tick : 0);
    if (!reader.ok()) return false;
    if (!can_follow(header, before != nullptr ? &before->header : nullptr)) return false;
    const bool by_cells = header.has(SnapshotHeader::cells);
    if (header.has(SnapshotHeader::keyframe)) before = nullptr;

    after.parts = {.header = passed.take()};
    const ViewSpan span{.since = before != nullptr ? before->header.tick : header.tick,
                        .tick = header.tick,
                        .extent = rules.extent()};
    if constexpr (has_own<G>) {
        const bool goes_on = before != nullptr && !header.has(SnapshotHeader::own_whole);
        detail::read_own(reader, goes_on ? &before->own : nullptr, after.own, span, rules);
    }
    after.parts.own = passed.take();
    if constexpr (requires { rules.passing(reader, after.passing); }) {
        rules.passing(reader, after.passing);
    }
    after.parts.passing = passed.take();
    const auto read_cells = [&](auto&... lists) {
        return detail::read_cells(reader, rules, lists...);
    };
    const auto read_lists = [&]<class... Entities>(Types<Entities...>) {
        return (detail::read_list<Entities>(reader, span, before, after, rules) && ...);
    };
    const bool fine =
        by_cells ? std::apply(read_cells, after.lists) : read_lists(typename G::Entities{});
    if (by_cells) after.parts.cells = passed.take();
    after.parts.header += reader.bits_left();  // The filling.
    return fine && reader.finished();
}

}  // namespace ringtick
