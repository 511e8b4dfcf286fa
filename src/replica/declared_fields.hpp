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
// and with `steers` whether the step from tick to tick depends on it (see change.hpp).
namespace ringtick {

// The world's size, which both sides know from the welcome: positions are from 0 to `side`, in
// units, both ways. At most 2^18, as fixed.hpp says.
struct Extent {
    std::int32_t side = 0;
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

struct Pair {
    std::int32_t x = 0;
    std::int32_t y = 0;

    friend bool operator==(Pair, Pair) = default;
};

constexpr bool fits(Pair pair, unsigned width) {
    const std::int32_t limit = std::int32_t{1} << (width - 1);
    return pair.x >= -limit && pair.x < limit && pair.y >= -limit && pair.y < limit;
}

// Two numbers told to someone who expects two others: a class of width, then either how far they
// are off, or themselves.
//
//     0 small small | 10 large large | 11 x y, each from low to high
struct PairForm {
    unsigned small = 5;
    unsigned large = 9;
    std::int32_t low = 0;
    std::int32_t high = 0;

    void write(FieldWriter& writer, Pair expected, Pair actual) const {
        const Pair off{actual.x - expected.x, actual.y - expected.y};
        const bool is_small = fits(off, small);
        writer.bits(!is_small, 1);
        if (is_small) return write_off(writer, off, small);
        const bool is_large = fits(off, large);
        writer.bits(!is_large, 1);
        if (is_large) return write_off(writer, off, large);
        writer.ranged(actual.x, low, high);
        writer.ranged(actual.y, low, high);
    }
    Pair read(FieldReader& reader, Pair expected) const {
        bool more = false;
        reader.bits(more, 1);
        if (!more) return read_off(reader, expected, small);
        reader.bits(more, 1);
        if (!more) return read_off(reader, expected, large);
        Pair actual;
        reader.ranged(actual.x, low, high);
        reader.ranged(actual.y, low, high);
        return actual;
    }

private:
    static void write_off(FieldWriter& writer, Pair off, unsigned width) {
        const std::int32_t limit = std::int32_t{1} << (width - 1);
        writer.bits(static_cast<std::uint32_t>(off.x + limit), width);
        writer.bits(static_cast<std::uint32_t>(off.y + limit), width);
    }
    Pair read_off(FieldReader& reader, Pair expected, unsigned width) const {
        const std::int32_t limit = std::int32_t{1} << (width - 1);
        std::uint32_t x = 0;
        std::uint32_t y = 0;
        reader.bits(x, width);
        reader.bits(y, width);
        const Pair actual{expected.x + static_cast<std::int32_t>(x) - limit,
                          expected.y + static_cast<std::int32_t>(y) - limit};
        const bool inside =
            actual.x >= low && actual.x <= high && actual.y >= low && actual.y <= high;
        if (inside) return actual;
        reader.refuse();
        return expected;
    }
};

}  // namespace detail

template <auto Member>
using MemberOwner = typename detail::MemberOf<decltype(Member)>::Owner;
template <auto Member>
using MemberType = typename detail::MemberOf<decltype(Member)>::Type;

// A place that changes by itself, and the velocity it changes by, in units per tick. It is told
// again when what the reader makes of it (see change.hpp: the step) is off by more than the
// tolerance.
template <auto Position, auto Velocity>
struct Motion {
    using Owner = MemberOwner<Position>;
    static_assert(std::same_as<MemberType<Position>, FixedVector>,
                  "ringtick::Motion: the position has to be a FixedVector");
    static_assert(std::same_as<MemberType<Velocity>, FixedVector>,
                  "ringtick::Motion: the velocity has to be a FixedVector, in units per tick");

    std::int32_t quanta_per_unit = 8;
    std::int32_t tolerance = 2;  // Quanta.
    std::int32_t speed_quanta_per_unit = 128;
    std::int32_t speed_tolerance = 32;  // Quanta of speed.
    std::int32_t speed_max = 16;        // Units per tick, in x and in y.

    static constexpr bool steers = false;

    constexpr bool is_sound() const {
        return detail::is_power_of_two(quanta_per_unit) && quanta_per_unit <= Fixed::one &&
               detail::is_power_of_two(speed_quanta_per_unit) &&
               speed_quanta_per_unit <= Fixed::one &&
               tolerance >= (quanta_per_unit < Fixed::one ? 1 : 0) &&
               speed_tolerance >= (speed_quanta_per_unit < Fixed::one ? 1 : 0) && speed_max > 0 &&
               speed_max <= 1024;
    }
    bool agrees(const Owner& model, const Owner& actual) const {
        return near(model.*Position, actual.*Position, tolerance, quanta_per_unit) &&
               near(model.*Velocity, actual.*Velocity, speed_tolerance, speed_quanta_per_unit);
    }
    void settle(Owner& model, const Owner& actual, Extent extent) const {
        restore(model, place_of(actual, extent), speed_of(actual));
    }
    void write_change(FieldWriter& writer,
                      const Owner& model,
                      const Owner& actual,
                      Extent extent) const {
        place_form(extent).write(writer, place_of(model, extent), place_of(actual, extent));
        speed_form().write(writer, speed_of(model), speed_of(actual));
    }
    void read_change(FieldReader& reader, Owner& model, Extent extent) const {
        const detail::Pair place = place_form(extent).read(reader, place_of(model, extent));
        const detail::Pair speed = speed_form().read(reader, speed_of(model));
        restore(model, place, speed);
    }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent extent) const {
        vector(codec, entity.*Position, 0, Fixed::from_int(extent.side).raw());
        vector(codec, entity.*Velocity, -Fixed::from_int(speed_max).raw(),
               Fixed::from_int(speed_max).raw());
    }
    void confine(Owner& model, Extent extent) const {
        model.*Position = confined(model.*Position, Fixed{}, Fixed::from_int(extent.side));
        const Fixed fastest = Fixed::from_int(speed_max);
        model.*Velocity = confined(model.*Velocity, -fastest, fastest);
    }

private:
    static bool near(FixedVector a, FixedVector b, std::int32_t quanta, std::int32_t per_unit) {
        const std::int32_t raw = quanta * (Fixed::one / per_unit);
        const FixedVector off = a - b;
        return std::abs(off.x.raw()) <= raw && std::abs(off.y.raw()) <= raw;
    }
    static FixedVector confined(FixedVector vector, Fixed low, Fixed high) {
        return {std::clamp(vector.x, low, high), std::clamp(vector.y, low, high)};
    }
    template <class Codec, class Vector>
    static constexpr void vector(Codec& codec,
                                 Vector& vector,
                                 std::int32_t low,
                                 std::int32_t high) {
        for (auto part : {&FixedVector::x, &FixedVector::y}) {
            detail::ranged(codec, (vector.*part).raw(), low, high, [&](std::int32_t raw) {
                if constexpr (!std::is_const_v<Vector>) vector.*part = Fixed::from_raw(raw);
            });
        }
    }
    detail::PairForm place_form(Extent extent) const {
        return {.small = 5, .large = 9, .low = 0, .high = extent.side * quanta_per_unit};
    }
    detail::PairForm speed_form() const {
        return {.small = 6, .large = 10, .low = -fastest(), .high = fastest()};
    }
    constexpr std::int32_t fastest() const { return speed_max * speed_quanta_per_unit; }
    detail::Pair place_of(const Owner& entity, Extent extent) const {
        return pair_of(entity.*Position, quanta_per_unit, 0, extent.side * quanta_per_unit);
    }
    detail::Pair speed_of(const Owner& entity) const {
        return pair_of(entity.*Velocity, speed_quanta_per_unit, -fastest(), fastest());
    }
    static detail::Pair pair_of(FixedVector vector,
                                std::int32_t per_unit,
                                std::int32_t low,
                                std::int32_t high) {
        return {std::clamp(detail::to_quanta(vector.x, per_unit), low, high),
                std::clamp(detail::to_quanta(vector.y, per_unit), low, high)};
    }
    void restore(Owner& model, detail::Pair place, detail::Pair speed) const {
        model.*Position = {detail::from_quanta(place.x, quanta_per_unit),
                           detail::from_quanta(place.y, quanta_per_unit)};
        model.*Velocity = {detail::from_quanta(speed.x, speed_quanta_per_unit),
                           detail::from_quanta(speed.y, speed_quanta_per_unit)};
    }
};

// A place that stays as it is until it is told otherwise.
template <auto Position>
struct Place {
    using Owner = MemberOwner<Position>;
    static_assert(std::same_as<MemberType<Position>, FixedVector>,
                  "ringtick::Place: the position has to be a FixedVector");

    std::int32_t quanta_per_unit = 8;

    static constexpr bool steers = false;

    constexpr bool is_sound() const {
        return detail::is_power_of_two(quanta_per_unit) && quanta_per_unit <= Fixed::one;
    }
    bool agrees(const Owner& model, const Owner& actual) const {
        return quanta_of(model, largest) == quanta_of(actual, largest);
    }
    void settle(Owner& model, const Owner& actual, Extent extent) const {
        restore(model, quanta_of(actual, extent));
    }
    void write_change(FieldWriter& writer,
                      const Owner& model,
                      const Owner& actual,
                      Extent extent) const {
        form(extent).write(writer, quanta_of(model, extent), quanta_of(actual, extent));
    }
    void read_change(FieldReader& reader, Owner& model, Extent extent) const {
        restore(model, form(extent).read(reader, quanta_of(model, extent)));
    }
    template <class Codec, class Entity>
    constexpr void whole(Codec& codec, Entity& entity, Extent extent) const {
        // NOLINTNEXTLINE(misc-const-correctness): a reader assigns it.
        detail::Pair quanta = quanta_of(entity, extent);
        codec.ranged(quanta.x, 0, extent.side * quanta_per_unit);
        codec.ranged(quanta.y, 0, extent.side * quanta_per_unit);
        if constexpr (!std::is_const_v<Entity>) restore(entity, quanta);
    }
    void confine(Owner& model, Extent extent) const { settle(model, model, extent); }

private:
    static constexpr Extent largest{1 << 16};

    detail::PairForm form(Extent extent) const {
        return {.small = 6, .large = 10, .low = 0, .high = extent.side * quanta_per_unit};
    }
    constexpr detail::Pair quanta_of(const Owner& entity, Extent extent) const {
        const std::int32_t most = extent.side * quanta_per_unit;
        return {std::clamp(detail::to_quanta((entity.*Position).x, quanta_per_unit), 0, most),
                std::clamp(detail::to_quanta((entity.*Position).y, quanta_per_unit), 0, most)};
    }
    constexpr void restore(Owner& model, detail::Pair quanta) const {
        model.*Position = {detail::from_quanta(quanta.x, quanta_per_unit),
                           detail::from_quanta(quanta.y, quanta_per_unit)};
    }
};

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
