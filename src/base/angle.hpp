#pragma once

#include "base/fixed.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// A direction in 1/65,536 of a turn: 0 points along +x, and with y downwards it grows clockwise.
// Adding wraps round by itself.
struct Angle {
    std::uint16_t turns = 0;

    static constexpr Angle from_byte(std::uint8_t byte) {
        return {static_cast<std::uint16_t>(byte << 8)};
    }
    static constexpr Angle from_degrees(std::int32_t degrees) {
        return {static_cast<std::uint16_t>(degrees * 65'536 / 360)};
    }
    constexpr std::uint8_t to_byte() const { return static_cast<std::uint8_t>(turns >> 8); }

    friend constexpr bool operator==(Angle, Angle) = default;
    friend constexpr Angle operator+(Angle a, Angle b) {
        return {static_cast<std::uint16_t>(a.turns + b.turns)};
    }
    friend constexpr Angle operator-(Angle a, Angle b) {
        return {static_cast<std::uint16_t>(a.turns - b.turns)};
    }
    // The shorter way round, -32,768 to 32,767: what to add to turn from zero to this angle.
    constexpr std::int16_t signed_turns() const { return static_cast<std::int16_t>(turns); }
};

namespace detail {

inline constexpr int quarter_steps = 256;

// Sine of step/256 of a right angle as a Fixed, by the Taylor series in whole numbers with 28
// binary digits; the first term left out is below 4e-6, an eightieth of what a Fixed can tell.
constexpr std::int16_t sine_of_step(int step) {
    constexpr int digits = 28;
    constexpr std::int64_t half_pi = 421'657'428;  // Pi/2 times 2^28.
    const std::int64_t x = half_pi * step / quarter_steps;
    const std::int64_t square = x * x >> digits;
    std::int64_t term = x;
    std::int64_t sum = x;
    for (int n = 3; n <= 9; n += 2) {
        const std::int64_t divisor = std::int64_t{n} * (n - 1);
        term = -(term * square >> digits) / divisor;
        sum += term;
    }
    constexpr std::int64_t half = std::int64_t{1} << (digits - Fixed::fraction_bits - 1);
    return static_cast<std::int16_t>((sum + half) >> (digits - Fixed::fraction_bits));
}

inline constexpr auto quarter_sine = [] {
    std::array<std::int16_t, quarter_steps + 1> table{};
    for (int step = 0; step <= quarter_steps; ++step) {
        table[static_cast<std::size_t>(step)] = sine_of_step(step);
    }
    return table;
}();

static_assert(quarter_sine[0] == 0 && quarter_sine[quarter_steps] == Fixed::one);
static_assert(quarter_sine[quarter_steps / 2] == 2896);  // The root of a half.

}  // namespace detail

// Sine to 1/1,024 of a turn, a third of a degree.
constexpr Fixed sine(Angle angle) {
    const unsigned step = angle.turns >> 6;
    const unsigned within = step & 0xFF;
    const bool falling = (step & 0x100) != 0;
    const std::int32_t value = detail::quarter_sine[falling ? 256 - within : within];
    return Fixed::from_raw((step & 0x200) != 0 ? -value : value);
}
constexpr Fixed cosine(Angle angle) {
    return sine(angle + Angle::from_degrees(90));
}
constexpr FixedVector unit_vector(Angle angle) {
    return {cosine(angle), sine(angle)};
}

// The direction of a vector, to 1/1,024 of a turn. The quarter by the signs, the step within it by
// bisection: eight multiplications and no division.
constexpr Angle angle_of(FixedVector vector) {
    Angle base{};
    if (vector.y < Fixed{}) {
        vector = {-vector.x, -vector.y};
        base = Angle::from_degrees(180);
    }
    if (vector.x < Fixed{}) {
        vector = {vector.y, -vector.x};
        base = base + Angle::from_degrees(90);
    }
    unsigned step = 0;
    for (unsigned bit = 128; bit != 0; bit >>= 1) {
        const std::int64_t up = detail::quarter_sine[step + bit];
        const std::int64_t along = detail::quarter_sine[256 - step - bit];
        if (along * vector.y.raw() >= up * vector.x.raw()) step += bit;
    }
    return base + Angle{static_cast<std::uint16_t>(step << 6)};
}

}  // namespace ringtick
