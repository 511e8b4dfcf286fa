#pragma once

#include "replica/declared.hpp"
#include "replica/grid.hpp"
#include "replica/tick_input.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>

// The names by which a game says what travels. Only the first two are needed.
//
//     using Input = ...;                          what a player wants in a tick, declared by fields
//     using Entities = ringtick::Types<Ship, Gem>;  what is seen, each type declared by fields
//     using Own = Ship;       what a player is told of itself, by Own::owner_wire
//     using Passing = ...;    what happened and is shown once; it travels with the snapshot, by the
//                             game's write_passing(), and rules().passing() reads it
//     using Greeting = ...;   what a client says of itself in HELLO
//     using Facts = ...;      what it is told of the world in WELCOME
//     static std::uint64_t rules_hash();          of the rules that both sides follow
//
// The last three have `describe(codec, record)` as messages have (protocol.hpp).
namespace ringtick {

template <class... Entities>
struct Types {};

// Stands for what a game does not have.
struct Nothing {
    template <class Codec, class Record>
    static constexpr void describe(Codec&, Record&) {}
};

namespace detail {

template <class G>
struct OwnType {
    using Type = Nothing;
};
template <class G>
requires requires {
    typename G::Own;
}
struct OwnType<G> {
    using Type = typename G::Own;
};

template <class G>
struct PassingType {
    using Type = Nothing;
};
template <class G>
requires requires {
    typename G::Passing;
}
struct PassingType<G> {
    using Type = typename G::Passing;
};

template <class G>
struct GreetingType {
    using Type = Nothing;
};
template <class G>
requires requires {
    typename G::Greeting;
}
struct GreetingType<G> {
    using Type = typename G::Greeting;
};

template <class G>
struct FactsType {
    using Type = Nothing;
};
template <class G>
requires requires {
    typename G::Facts;
}
struct FactsType<G> {
    using Type = typename G::Facts;
};

}  // namespace detail

template <class G>
using OwnOf = typename detail::OwnType<G>::Type;
template <class G>
using PassingOf = typename detail::PassingType<G>::Type;
template <class G>
using GreetingOf = typename detail::GreetingType<G>::Type;
template <class G>
using FactsOf = typename detail::FactsType<G>::Type;
template <class G>
inline constexpr bool has_own = !std::is_same_v<OwnOf<G>, Nothing>;

// How many of a type one player is shown at once: the nearest.
template <class Entity>
inline constexpr std::size_t visible_max = 512;
template <class Entity>
requires requires {
    Entity::visible_max;
}
inline constexpr std::size_t visible_max<Entity> = Entity::visible_max;

// All entities of one type, shown or not: the id of one is its place. With a grid, only what is
// near is looked at.
template <class Entity>
struct EntityList {
    EntityList(std::span<const Entity> entities, const Grid* where) : all(entities), grid(where) {}
    template <std::size_t Count>
    explicit EntityList(const std::array<Entity, Count>& entities) : all(entities) {}

    std::span<const Entity> all;
    const Grid* grid = nullptr;
};

// What one player can see: what comes into the inner rectangle is shown until it leaves the outer.
struct Sight {
    FixedVector center;
    Rect inner;
    Rect outer;
};

}  // namespace ringtick
