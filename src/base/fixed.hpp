#pragma once

#include "base/assert.hpp"

#include <compare>
#include <cstdint>

namespace ringtick {

// A number with 12 binary digits after the point, in 32 bits. Whole numbers underneath, so that a
// match gives the same answer on every machine and every compiler; there is no way in from a float
// and none out. Shifts of negative numbers round down: defined since C++20.
class Fixed {
public:
    static constexpr int fraction_bits = 12;
    static constexpr std::int32_t one = 1 << fraction_bits;

    constexpr Fixed() = default;
    static constexpr Fixed from_raw(std::int32_t raw) { return Fixed(raw); }
    static constexpr Fixed from_int(std::int32_t value) { return Fixed(value * one); }
    static constexpr Fixed ratio(std::int32_t numerator, std::int32_t denominator) {
        return Fixed(static_cast<std::int32_t>(std::int64_t{numerator} * one / denominator));
    }

    constexpr std::int32_t raw() const { return raw_; }
    constexpr std::int32_t floor() const { return raw_ >> fraction_bits; }

    friend constexpr auto operator<=>(Fixed, Fixed) = default;
    friend constexpr Fixed operator+(Fixed a, Fixed b) { return Fixed(a.raw_ + b.raw_); }
    friend constexpr Fixed operator-(Fixed a, Fixed b) { return Fixed(a.raw_ - b.raw_); }
    friend constexpr Fixed operator-(Fixed a) { return Fixed(-a.raw_); }
    friend constexpr Fixed operator*(Fixed a, std::int32_t times) { return Fixed(a.raw_ * times); }
    friend constexpr Fixed operator/(Fixed a, std::int32_t by) { return Fixed(a.raw_ / by); }
    friend constexpr Fixed operator*(Fixed a, Fixed b) {
        return Fixed(static_cast<std::int32_t>(std::int64_t{a.raw_} * b.raw_ >> fraction_bits));
    }
    constexpr Fixed& operator+=(Fixed other) { return *this = *this + other; }
    constexpr Fixed& operator-=(Fixed other) { return *this = *this - other; }

private:
    constexpr explicit Fixed(std::int32_t raw) : raw_(raw) {}

    std::int32_t raw_ = 0;
};

static_assert(Fixed::from_int(-3) * Fixed::ratio(1, 2) == Fixed::ratio(-3, 2));
static_assert(Fixed::ratio(-1, 2).floor() == -1);

struct FixedVector {
    Fixed x;
    Fixed y;

    friend constexpr bool operator==(FixedVector, FixedVector) = default;
    friend constexpr FixedVector operator+(FixedVector a, FixedVector b) {
        return {a.x + b.x, a.y + b.y};
    }
    friend constexpr FixedVector operator-(FixedVector a, FixedVector b) {
        return {a.x - b.x, a.y - b.y};
    }
    friend constexpr FixedVector operator*(FixedVector a, Fixed by) { return {a.x * by, a.y * by}; }
    friend constexpr FixedVector operator/(FixedVector a, std::int32_t by) {
        return {a.x / by, a.y / by};
    }
    constexpr FixedVector& operator+=(FixedVector other) { return *this = *this + other; }
    constexpr FixedVector& operator-=(FixedVector other) { return *this = *this - other; }
};

// Products of two raw numbers have 24 binary digits after the point and need 64 bits. They cannot
// overflow while coordinates stay below 2^18 units.
constexpr std::int64_t dot(FixedVector a, FixedVector b) {
    return std::int64_t{a.x.raw()} * b.x.raw() + std::int64_t{a.y.raw()} * b.y.raw();
}
constexpr std::int64_t cross(FixedVector a, FixedVector b) {
    return std::int64_t{a.x.raw()} * b.y.raw() - std::int64_t{a.y.raw()} * b.x.raw();
}
constexpr std::int64_t squared(Fixed a) {
    return std::int64_t{a.raw()} * a.raw();
}

// The largest root whose square is at most `square`; digit by digit, for std::sqrt is a float's.
constexpr std::uint32_t integer_sqrt(std::uint64_t square) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 62; bit != 0; bit >>= 2) {
        if (square >= root + bit) {
            square -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return static_cast<std::uint32_t>(root);
}

static_assert(integer_sqrt(0) == 0 && integer_sqrt(24) == 4 && integer_sqrt(25) == 5);
static_assert(integer_sqrt(~std::uint64_t{0}) == 0xFFFF'FFFF);

constexpr Fixed length(FixedVector vector) {
    const auto square = static_cast<std::uint64_t>(dot(vector, vector));
    return Fixed::from_raw(static_cast<std::int32_t>(integer_sqrt(square)));
}

// The vector with its direction kept and its length set. A vector of no length has no direction.
constexpr FixedVector with_length(FixedVector vector, Fixed wanted) {
    const std::int64_t now = length(vector).raw();
    if (now == 0) return {};
    return {Fixed::from_raw(
                static_cast<std::int32_t>(vector.x.raw() * std::int64_t{wanted.raw()} / now)),
            Fixed::from_raw(
                static_cast<std::int32_t>(vector.y.raw() * std::int64_t{wanted.raw()} / now))};
}

}  // namespace ringtick
