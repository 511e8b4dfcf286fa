#pragma once

#include "base/angle.hpp"
#include "base/assert.hpp"
#include "base/fixed.hpp"
#include "replica/fields.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <type_traits>

// What an entity can be declared to consist of (declared.hpp puts the declaration together). Each
// kind knows, of one or two members of the entity,
//
//     agrees(model, actual)    near enough: there is nothing to tell
//     settle(model, actual)    the model becomes what its reader will have after write_change
//     write_change, read_change    the member as told to someone who has the model: few bits
//     whole(codec, entity)     the member as it is in the model, to the last bit, for a stranger
//     confine(model)           back into the range that whole() can tell, whatever a step did
//
// and with `steers` whether the step from tick to tick depends on it (see change.hpp). What whole()
// tells in more bits than settle() leaves has a shorter form for who will be told anew anyhow:
//
//     rounded(codec, entity, box)    the member as settle() leaves it
namespace ringtick {

// The world's size, which both sides know from the welcome: positions are from 0 to `side`, in
// units, both ways. At most 2^18, as fixed.hpp says.
struct Extent {
    std::int32_t side = 0;
};

// A square of the world that a place is known to lie in, in units: its far edges are not part of it
// unless they are the world's.
struct Box {
    Extent extent;
    std::int32_t x = 0;
    std::int32_t y = 0;
    std::int32_t size = 0;

    static constexpr Box whole(Extent extent) {
        return {.extent = extent, .size = extent.side + 1};
    }
    // The last quantum of a coordinate that begins there.
    constexpr std::int32_t last(std::int32_t from, std::int32_t quanta_per_unit) const {
        return std::min((from + size) * quanta_per_unit - 1, extent.side * quanta_per_unit);
    }
};

namespace detail {

template <class Pointer>
struct MemberOf;
template <class O, class T>
struct MemberOf<T O::*> {
    using Owner = O;
    using Type = T;
};

constexpr bool is_power_of_two(std::int32_t value) {
    return value > 0 && (value & (value - 1)) == 0;
}

// Where a value lies in quanta, to the nearest.
constexpr std::int32_t to_quanta(Fixed value, std::int32_t quanta_per_unit) {
    const std::int32_t raw_per_quantum = Fixed::one / quanta_per_unit;
    return (value.raw() + raw_per_quantum / 2) >>
           std::countr_zero(static_cast<std::uint32_t>(raw_per_quantum));
}
constexpr Fixed from_quanta(std::int32_t quanta, std::int32_t quanta_per_unit) {
    return Fixed::from_raw(quanta * (Fixed::one / quanta_per_unit));
}

// A number in its own range, of a type that fields.hpp does not know.
template <class Codec, class Assign>
constexpr void ranged(
    Codec& codec, std::int32_t value, std::int32_t low, std::int32_t high, Assign assign) {
    codec.ranged(value, low, high);
    assign(value);
}

// Whether a number, or an enumeration, can be that.
template <class T>
constexpr bool holds(std::int32_t value) {
    if constexpr (std::is_enum_v<T>) {
        return holds<std::underlying_type_t<T>>(value);
    } else if constexpr (std::integral<T>) {
        const bool same = static_cast<std::int64_t>(static_cast<T>(value)) == value;
        return same && (value >= 0 || std::is_signed_v<T>);
    } else {
        return true;  // What it is is complained of elsewhere.
    }
}

}  // namespace detail

template <auto Member>
using MemberOwner = typename detail::MemberOf<decltype(Member)>::Owner;
template <auto Member>
using MemberType = typename detail::MemberOf<decltype(Member)>::Type;

// An Angle, told in `bits` of its sixteen; off by `tolerance` of their steps it still agrees.
template <auto Member>
struct Direction {
    using Owner = MemberOwner<Member>;
    static_assert(std::same_as<MemberType<Member>, Angle>,
                  "ringtick::Direction: the member has to be an Angle");

    unsigned bits = 8;
    std::int32_t tolerance = 1;  // In steps of `bits`.
    bool steers = false;

    constexpr bool is_sound() const {
        // What is rounded cannot agree to the last bit: it would be told again in each tick.
        return bits >= 4 && bits <= 16 && tolerance >= (bits < 16 ? 1 : 0);
    }
    bool agrees(const Owner& model, const Owner& actual) const {
        const std::int32_t off = (actual.*Member - model.*Member).signed_turns();
        return std::abs(off) <= tolerance * step();
    }
    void settle(Owner& model, const Owner& actual, Extent) const {
        restore(model, steps_of(actual));
    }
    // How far it is off if that is little, else the direction: 0 small | 1 steps.
    void write_change(FieldWriter& writer, const Owner& model, const Owner& actual, Extent) const {
        const std::int32_t off = steps_off(steps_of(model), steps_of(actual));
        const bool is_small = off >= -small_limit && off < small_limit;
        writer.bits(!is_small, 1);
        if (is_small) {
            writer.bits(static_cast<std::uint32_t>(off + small_limit), small);
        } else {
            writer.bits(steps_of(actual), bits);
        }
    }
    void read_change(FieldReader& reader, Owner& model, Extent) const {
        bool is_large = false;
        std::uint32_t number = 0;
        reader.bits(is_large, 1);
        reader.bits(number, is_large ? bits : small);
        restore(model, is_large ? number : steps_of(model) + number - small_limit);
    }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent) const {
        codec.whole((entity.*Member).turns);
    }
    template <class Codec, class Entity>
    constexpr void rounded(Codec& codec, Entity& entity, const Box&) const {
        std::uint32_t steps = steps_of(entity);  // NOLINT(misc-const-correctness): as in Place.
        codec.bits(steps, bits);
        if constexpr (!std::is_const_v<Entity>) restore(entity, steps);
    }
    void confine(Owner&, Extent) const {}

private:
    static constexpr unsigned small = 4;
    static constexpr std::int32_t small_limit = 8;

    constexpr std::int32_t step() const { return std::int32_t{1} << (16 - bits); }
    std::uint32_t steps_of(const Owner& entity) const {
        const auto turns = static_cast<std::uint32_t>((entity.*Member).turns);
        return ((turns + static_cast<std::uint32_t>(step()) / 2) & 0xFFFF) >> (16 - bits);
    }
    std::int32_t steps_off(std::uint32_t from, std::uint32_t to) const {
        const auto turns = static_cast<std::uint16_t>((to - from) << (16 - bits));
        return Angle{turns}.signed_turns() >> (16 - bits);
    }
    void restore(Owner& model, std::uint32_t steps) const {
        model.*Member = Angle{static_cast<std::uint16_t>(steps << (16 - bits))};
    }
};

// What the kinds below have in common: a member agrees with its equal only.
template <auto Member>
struct Exact {
    using Owner = MemberOwner<Member>;

    constexpr bool is_sound() const { return true; }
    bool agrees(const Owner& model, const Owner& actual) const {
        return model.*Member == actual.*Member;
    }
    void settle(Owner& model, const Owner& actual, Extent) const { model.*Member = actual.*Member; }
    void confine(Owner&, Extent) const {}
};

// A small number or an enumeration between two bounds, both included.
template <auto Member, std::int32_t Low, std::int32_t High>
struct Number : Exact<Member> {
    using Owner = MemberOwner<Member>;
    using Type = MemberType<Member>;
    static_assert(std::integral<Type> || std::is_enum_v<Type>,
                  "ringtick::Number: the member has to be an integer or an enumeration");
    static_assert(Low < High, "ringtick::Number: the range is empty");
    static_assert(detail::holds<Type>(Low) && detail::holds<Type>(High),
                  "ringtick::Number: the member's type cannot hold the whole range");

    bool steers = false;

    void write_change(FieldWriter& writer, const Owner&, const Owner& actual, Extent extent) const {
        whole(writer, actual, extent);
    }
    void read_change(FieldReader& reader, Owner& model, Extent extent) const {
        whole(reader, model, extent);
    }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent) const {
        detail::ranged(codec, value_of(entity), Low, High, [&](std::int32_t value) {
            if constexpr (!std::is_const_v<Entity>) {
                entity.*Member = static_cast<Type>(value);
            }
        });
    }
    void confine(Owner& model, Extent) const {
        model.*Member = static_cast<Type>(std::clamp(value_of(model), Low, High));
    }

private:
    static constexpr std::int32_t value_of(const Owner& entity) {
        if constexpr (std::is_enum_v<Type>) {
            return static_cast<std::int32_t>(entity.*Member);
        } else {
            return std::int32_t{entity.*Member};
        }
    }
};

// A number that may have any value and mostly moves by little, such as a score. Wraps.
template <auto Member>
struct Count : Exact<Member> {
    using Owner = MemberOwner<Member>;
    using Type = MemberType<Member>;
    static_assert(std::unsigned_integral<Type> && sizeof(Type) <= 4,
                  "ringtick::Count: the member has to be an unsigned integer of 32 bits at most");

    static constexpr bool steers = false;

    // 0 what is to be added, 1 to 16 | 1 the number.
    void write_change(FieldWriter& writer,
                      const Owner& model,
                      const Owner& actual,
                      Extent extent) const {
        const Type added = static_cast<Type>(actual.*Member - model.*Member - 1);
        const bool is_small = added < 16;
        writer.bits(!is_small, 1);
        if (is_small) {
            writer.bits(added, 4);
        } else {
            whole(writer, actual, extent);
        }
    }
    void read_change(FieldReader& reader, Owner& model, Extent extent) const {
        bool is_large = false;
        reader.bits(is_large, 1);
        if (is_large) return whole(reader, model, extent);
        std::uint32_t added = 0;
        reader.bits(added, 4);
        model.*Member = static_cast<Type>(model.*Member + added + 1);
    }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent) const {
        codec.whole(entity.*Member);
    }
};

// Yes or no. That it changed says what it is now.
template <auto Member>
struct Flag : Exact<Member> {
    using Owner = MemberOwner<Member>;
    static_assert(std::same_as<MemberType<Member>, bool>,
                  "ringtick::Flag: the member has to be a bool");

    bool steers = false;

    void write_change(FieldWriter&, const Owner&, const Owner&, Extent) const {}
    void read_change(FieldReader&, Owner& model, Extent) const { model.*Member = !(model.*Member); }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent) const {
        codec.bits(entity.*Member, 1);
    }
};

}  // namespace ringtick
