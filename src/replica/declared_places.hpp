#pragma once

#include "replica/declared_fields.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

// The kinds of declared_fields.hpp that say where an entity is. Each also knows
//
//     settled(entity)          where settle() puts it
//     place(entity)            where it is
//
// and tells it, rounded, within a box.
namespace ringtick {

template <class Kind>
concept SaysWhere = requires(const Kind& kind, const typename Kind::Owner& entity, Extent extent) {
    { kind.settled(entity, extent) } -> std::same_as<FixedVector>;
    { kind.place(entity) } -> std::same_as<FixedVector>;
};

namespace detail {

struct Pair {
    std::int32_t x = 0;
    std::int32_t y = 0;

    friend bool operator==(Pair, Pair) = default;
};

constexpr FixedVector vector_at(Pair quanta, std::int32_t quanta_per_unit) {
    return {from_quanta(quanta.x, quanta_per_unit), from_quanta(quanta.y, quanta_per_unit)};
}

template <class Codec, class Quanta>
constexpr void describe_place(Codec& codec,
                              Quanta& place,
                              const Box& box,
                              std::int32_t quanta_per_unit) {
    codec.ranged(place.x, box.x * quanta_per_unit, box.last(box.x, quanta_per_unit));
    codec.ranged(place.y, box.y * quanta_per_unit, box.last(box.y, quanta_per_unit));
}

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
    template <class Codec, class Entity>
    constexpr void rounded(Codec& codec, Entity& entity, const Box& box) const {
        // NOLINTBEGIN(misc-const-correctness): a reader assigns them.
        detail::Pair place = place_of(entity, box.extent);
        detail::Pair speed = speed_of(entity);
        // NOLINTEND(misc-const-correctness)
        detail::describe_place(codec, place, box, quanta_per_unit);
        codec.ranged(speed.x, -fastest(), fastest());
        codec.ranged(speed.y, -fastest(), fastest());
        if constexpr (!std::is_const_v<Entity>) restore(entity, place, speed);
    }
    static FixedVector place(const Owner& entity) { return entity.*Position; }
    FixedVector settled(const Owner& entity, Extent extent) const {
        return detail::vector_at(place_of(entity, extent), quanta_per_unit);
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
        model.*Position = detail::vector_at(place, quanta_per_unit);
        model.*Velocity = detail::vector_at(speed, speed_quanta_per_unit);
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
    template <class Codec, class Entity>
    constexpr void rounded(Codec& codec, Entity& entity, const Box& box) const {
        // NOLINTNEXTLINE(misc-const-correctness): a reader assigns it.
        detail::Pair quanta = quanta_of(entity, box.extent);
        detail::describe_place(codec, quanta, box, quanta_per_unit);
        if constexpr (!std::is_const_v<Entity>) restore(entity, quanta);
    }
    static FixedVector place(const Owner& entity) { return entity.*Position; }
    FixedVector settled(const Owner& entity, Extent extent) const {
        return detail::vector_at(quanta_of(entity, extent), quanta_per_unit);
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
        model.*Position = detail::vector_at(quanta, quanta_per_unit);
    }
};

}  // namespace ringtick
