#pragma once

#include "base/bit_stream.hpp"
#include "base/rng.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace ringtick {

// One description of a message serves several readers. A game writes, once for each record,
//
//     template <class Codec> void describe(Codec& codec, Ship& ship) {
//         codec.bits(ship.id, 12);
//         codec.ranged(ship.energy, 0, 100);
//     }
//
// and runs it with a FieldWriter (server), a FieldReader (client) or a FieldHasher (which yields
// the schema hash that both sides compare before they talk). What one writes the other reads, by
// construction.

template <class T>
concept Field = std::integral<T>;
template <class T>
concept Enumeration = std::is_enum_v<T>;

// The fewest bits that hold every number up to this one. (Not std::bit_width: its type is not the
// same in every library.)
constexpr unsigned bits_for(std::uint32_t largest) {
    return 32U - static_cast<unsigned>(std::countl_zero(largest));
}

class FieldWriter {
public:
    explicit FieldWriter(std::span<std::byte> out) : bits_(out) {}

    template <Field T>
    void bits(const T& value, unsigned width) {
        bits_.put(without_sign(value), width);
    }
    template <Field T>
    void ranged(const T& value, std::int32_t low, std::int32_t high) {
        ASSERT(value >= low && value <= high);
        const auto above = static_cast<std::uint32_t>(static_cast<std::int32_t>(value) - low);
        bits_.put(above, width_of(low, high));
    }
    // An enumerator between two, both included.
    template <Enumeration T>
    void one_of(const T& value, T first, T last, unsigned width) {
        ASSERT(value >= first && value <= last);
        bits_.put(static_cast<std::uint32_t>(value), width);
    }
    // A number as wide as its type, whatever its sign.
    template <Field T>
    void whole(const T& value) {
        const auto unsigned_value = static_cast<std::make_unsigned_t<T>>(value);
        bits_.put(unsigned_value, 8 * sizeof(T));
    }
    template <class List, class Describe>
    void list(const List& items, Describe describe) {
        bits(items.size(), count_width<List>);
        for (const auto& item : items) describe(item);
    }
    // Fields that another FieldWriter wrote before, `width` bits of them.
    void packed(std::span<const std::byte> fields, unsigned width) {
        bits_.put_packed(fields, width);
    }
    // So many of them in a register.
    void packed(std::uint64_t fields, unsigned width) { bits_.put(fields, width); }
    // Whole bytes of them, behind align().
    void packed(std::span<const std::byte> fields) { bits_.put_bytes(fields); }
    void align() { bits_.finish(); }
    // Fields that are there only if something said before says so.
    template <class Describe>
    void only_if(bool present, Describe describe) {
        if (present) describe();
    }

    // Whole bytes, so that a list of bytes that starts on a byte stays on one.
    template <class List>
    static constexpr unsigned count_width = List::capacity < 256 ? 8 : 16;

    static constexpr unsigned width_of(std::int32_t low, std::int32_t high) {
        return bits_for(static_cast<std::uint32_t>(high - low));
    }

    std::size_t finish() { return bits_.finish(); }
    std::size_t bits_left() const { return bits_.bits_left(); }
    bool overflowed() const { return bits_.overflowed(); }

private:
    // By way of the field's own width: a negative char is one byte, not four.
    template <Field T>
    static constexpr std::uint32_t without_sign(T value) {
        if constexpr (std::same_as<T, bool>) {
            return value ? 1 : 0;
        } else {
            return static_cast<std::uint32_t>(static_cast<std::make_unsigned_t<T>>(value));
        }
    }

    BitWriter bits_;
};

// Nothing it reads is believed: a value out of its range, a list too long or a message too short
// marks the whole message as refused, and every later field reads as its lowest value.
class FieldReader {
public:
    explicit FieldReader(std::span<const std::byte> in) : bits_(in) {}

    template <Field T>
    void bits(T& value, unsigned width) {
        value = static_cast<T>(take(width));
    }
    template <Field T>
    void ranged(T& value, std::int32_t low, std::int32_t high) {
        std::uint32_t above = take(FieldWriter::width_of(low, high));
        if (above > static_cast<std::uint32_t>(high - low)) {
            refuse();
            above = 0;
        }
        value = static_cast<T>(low + static_cast<std::int32_t>(above));
    }
    template <Enumeration T>
    void one_of(T& value, T first, T last, unsigned width) {
        const std::uint32_t number = take(width);
        const bool known = number >= static_cast<std::uint32_t>(first) &&
                           number <= static_cast<std::uint32_t>(last);
        if (!known) refuse();
        value = known ? static_cast<T>(number) : first;
    }
    template <Field T>
    void whole(T& value) {
        const std::uint64_t low = take(sizeof(T) < 4 ? 8 * sizeof(T) : 32);
        const std::uint64_t high = sizeof(T) == 8 ? take(32) : 0;
        value = static_cast<T>(high << 32 | low);
    }
    template <class List, class Describe>
    void list(List& items, Describe describe) {
        std::size_t size = 0;
        bits(size, FieldWriter::count_width<List>);
        if (size > List::capacity) {
            refuse();
            size = 0;
        }
        items.resize(size);
        for (auto& item : items) describe(item);
        if (!ok()) items.clear();
    }
    template <class Describe>
    void only_if(bool present, Describe describe) {
        if (present) describe();
    }

    // The filling up to the next byte.
    void align() {
        if (!bits_.align()) refuse();
    }

    void refuse() { refused_ = true; }
    bool ok() const { return !refused_ && !bits_.overran(); }
    bool more() const { return ok() && bits_.bits_left() >= 8; }
    std::size_t bits_left() const { return bits_.bits_left(); }
    bool finished() const { return !refused_ && bits_.finished(); }

private:
    std::uint32_t take(unsigned width) { return refused_ ? 0 : bits_.get(width); }

    BitReader bits_;
    bool refused_ = false;
};

// Counts the bits that a FieldWriter would write, for those who must know before they do.
class FieldMeter {
public:
    template <Field T>
    constexpr void bits(const T&, unsigned width) {
        bits_ += width;
    }
    template <Field T>
    constexpr void ranged(const T&, std::int32_t low, std::int32_t high) {
        bits_ += FieldWriter::width_of(low, high);
    }
    template <Enumeration T>
    constexpr void one_of(const T&, T, T, unsigned width) {
        bits_ += width;
    }
    template <Field T>
    constexpr void whole(const T&) {
        bits_ += 8 * sizeof(T);
    }
    template <class List, class Describe>
    constexpr void list(const List& items, Describe describe) {
        bits_ += FieldWriter::count_width<List>;
        for (const auto& item : items) describe(item);
    }
    template <class Describe>
    constexpr void only_if(bool present, Describe describe) {
        if (present) describe();
    }

    constexpr std::size_t bit_count() const { return bits_; }

private:
    std::size_t bits_ = 0;
};

// Folds the layout itself, not the values, into one number: change a width, a range or the order of
// two different fields and it changes.
class FieldHasher {
public:
    template <Field T>
    constexpr void bits(const T&, unsigned width) {
        fold(1, width);
    }
    template <Field T>
    constexpr void ranged(const T&, std::int32_t low, std::int32_t high) {
        fold(2, static_cast<std::uint32_t>(low));
        fold(3, static_cast<std::uint32_t>(high));
    }
    template <Enumeration T>
    constexpr void one_of(const T&, T first, T last, unsigned width) {
        fold(7, static_cast<std::uint32_t>(first));
        fold(8, static_cast<std::uint32_t>(last));
        fold(1, width);
    }
    template <Field T>
    constexpr void whole(const T&) {
        fold(4, sizeof(T));
    }
    template <class List, class Describe>
    constexpr void list(List& items, Describe describe) {
        fold(5, static_cast<std::uint32_t>(List::capacity));
        items.resize(1);
        describe(items[0]);
    }
    template <class Describe>
    constexpr void only_if(bool, Describe describe) {
        fold(6, 0);
        describe();
    }

    constexpr std::uint64_t hash() const { return hash_; }

private:
    constexpr void fold(std::uint32_t form, std::uint32_t value) {
        hash_ = Rng::mix(hash_ ^ (std::uint64_t{form} << 32 | value)) + form;
    }

    std::uint64_t hash_ = 0x7269'6E67'7469'636B;  // "ringtick"
};

}  // namespace ringtick
