#pragma once

#include "base/rng.hpp"
#include "replica/declared_fields.hpp"
#include "replica/declared_places.hpp"
#include "replica/declared_text.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ringtick {

// What of an entity travels. An entity declares it once, below its members:
//
//     struct Ship {
//         FixedVector position, velocity;
//         Angle heading;
//         std::uint8_t energy = 0;
//         bool shown() const { return energy > 0; }
//         static constexpr auto wire = ringtick::fields(
//             ringtick::Motion<&Ship::position, &Ship::velocity>{.quanta_per_unit = 8},
//             ringtick::Direction<&Ship::heading>{},
//             ringtick::Number<&Ship::energy, 0, 100>{});
//     };
//
// and both the server's encoder and the client's decoder follow from it.
template <class... Kinds>
class Fields {
public:
    static constexpr unsigned count = sizeof...(Kinds);
    using Owner = typename std::tuple_element_t<0, std::tuple<Kinds...>>::Owner;

    consteval explicit Fields(Kinds... kinds) : kinds_(kinds...) {
        static_assert((std::same_as<typename Kinds::Owner, Owner> && ...),
                      "ringtick::fields: all members have to belong to the same struct");
        static_assert(count <= 32, "ringtick::fields: 32 fields at the most");
        // Quanta divide a unit: they are powers of two up to 4096.
        if (!(kinds.is_sound() && ...)) {
            a_field_has_unsound_quanta_or_a_tolerance_below_its_rounding();
        }
    }

    // visit(field, its bit in a mask), in the order of declaration.
    template <class Visit>
    constexpr void for_each(Visit visit) const {
        std::apply(
            [&](const auto&... kinds) {
                std::uint32_t bit = 1;
                ((visit(kinds, bit), bit <<= 1), ...);
            },
            kinds_);
    }

private:
    static void a_field_has_unsound_quanta_or_a_tolerance_below_its_rounding();  // No body.

    std::tuple<Kinds...> kinds_;
};

template <class... Kinds>
consteval auto fields(Kinds... kinds) {
    static_assert(sizeof...(Kinds) > 0, "ringtick::fields: an entity needs at least one field");
    return Fields<Kinds...>(kinds...);
}

namespace detail {

template <class T>
inline constexpr bool is_fields = false;
template <class... Kinds>
inline constexpr bool is_fields<Fields<Kinds...>> = true;

}  // namespace detail

// Says by name what an entity forgot: static_assert(is_declared<Ship>()).
template <class Entity>
consteval bool is_declared() {
    constexpr bool has_wire = requires {
        Entity::wire;
    };
    static_assert(has_wire,
                  "this entity says nothing of what travels: declare "
                  "`static constexpr auto wire = ringtick::fields(...);` below its members");
    if constexpr (has_wire) {
        using Wire = std::remove_cvref_t<decltype(Entity::wire)>;
        static_assert(detail::is_fields<Wire>,
                      "the entity's `wire` has to be made by ringtick::fields(...)");
        if constexpr (detail::is_fields<Wire>) {
            static_assert(std::same_as<typename Wire::Owner, Entity>,
                          "the entity's `wire` declares the members of another struct");
        }
    }
    static_assert(
        requires(const Entity& entity) {
            { entity.shown() } -> std::same_as<bool>;
        },
        "this entity does not say whether there is anything of it to see: give it "
        "`bool shown() const`");
    static_assert(std::is_trivially_copyable_v<Entity> && std::is_default_constructible_v<Entity>,
                  "an entity has to be trivially copyable and default constructible: plain "
                  "members, no pointers, no strings (BoundedList holds text)");
    return true;
}

// The layout of what travels as one number, at compile time: both sides compare it before they
// talk. Quanta and tolerances count, too. A game adds what its step depends on.
template <auto& Wire>
constexpr std::uint64_t schema_hash_of() {
    using Entity = typename std::remove_cvref_t<decltype(Wire)>::Owner;
    FieldHasher hasher;
    Entity entity{};
    Wire.for_each([&](const auto& field, std::uint32_t) {
        field.whole(hasher, entity, Extent{1});
        const auto fold = [&](auto number) { hasher.bits(0, static_cast<unsigned>(number)); };
        if constexpr (requires { field.tolerance; }) fold(field.tolerance);
        if constexpr (requires { field.quanta_per_unit; }) fold(field.quanta_per_unit);
        if constexpr (requires { field.speed_quanta_per_unit; }) fold(field.speed_quanta_per_unit);
        if constexpr (requires { field.bits; }) fold(field.bits);
        fold(field.steers ? 1 : 2);
    });
    return hasher.hash();
}

}  // namespace ringtick
