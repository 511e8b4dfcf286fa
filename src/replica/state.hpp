#pragma once

#include "base/fixed.hpp"
#include "base/rng.hpp"
#include "replica/fields.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ringtick {

// What of a match later ticks depend on, said once for all that is done with it: whatever is a part
// of it has
//
//     template <class Codec, class Self> static void describe_state(Codec& codec, Self& self);
//
// (and takes the tick, or how large the world is, if it needs to know), which names each member, as
// a message names its fields (fields.hpp). Run with a FieldWriter it saves the state, with a
// FieldReader it takes one in, with a StateHasher it makes the number by which two states are held
// against each other, with a StateMeter it says how long one can be. So what is saved is what is
// hashed, and a match that went on from a saved state is found out by its hash if anything is
// missing.
//
// A saved state is somebody's word. Whatever would be a fault if it were not so, an index above
// all, is ranged() or in an expect(); a state that breaks one is refused.

template <class Codec>
inline constexpr bool reads = requires(Codec& codec) {
    codec.refuse();
};

// Folds the values that it is shown.
class StateHasher {
public:
    template <class T>
    void bits(const T& value, unsigned) {
        fold(value);
    }
    template <class T>
    void ranged(const T& value, std::int32_t, std::int32_t) {
        fold(value);
    }
    template <class T>
    void one_of(const T& value, T, T, unsigned) {
        fold(value);
    }
    template <class T>
    void whole(const T& value) {
        fold(value);
    }
    template <class List, class Describe>
    void list(const List& items, Describe describe) {
        fold(items.size());
        for (const auto& item : items) describe(item);
    }
    template <class Describe>
    void only_if(bool present, Describe describe) {
        if (present) describe();
    }

    template <class T>
    void fold(const T& value) {
        hash_ = Rng::mix(hash_ ^ static_cast<std::uint64_t>(value)) + 1;
    }
    std::uint64_t hash() const { return hash_; }

private:
    std::uint64_t hash_ = 0;
};

// Counts the bits of the longest state: what may be there is there, and every list is full.
class StateMeter {
public:
    template <class T>
    void bits(const T&, unsigned width) {
        bits_ += width;
    }
    template <class T>
    void ranged(const T&, std::int32_t low, std::int32_t high) {
        bits_ += FieldWriter::width_of(low, high);
    }
    template <class T>
    void one_of(const T&, T, T, unsigned width) {
        bits_ += width;
    }
    template <class T>
    void whole(const T&) {
        bits_ += 8 * sizeof(T);
    }
    template <class List, class Describe>
    void list(const List&, Describe describe) {
        bits_ += FieldWriter::count_width<List>;
        const typename std::remove_cvref_t<decltype(*List{}.begin())> item{};
        for (std::size_t i = 0; i < List::capacity; ++i) describe(item);
    }
    template <class Describe>
    void only_if(bool, Describe describe) {
        describe();
    }

    std::size_t bytes() const { return (bits_ + 7) / 8; }

private:
    std::size_t bits_ = 0;
};

// What holds of every state that was saved.
template <class Codec>
void expect(Codec& codec, bool holds) {
    if constexpr (reads<Codec>) {
        if (!holds) codec.refuse();
    }
}

// A number of any type, from 0 to `most`.
template <class Codec, class Number>
void describe_count(Codec& codec, Number& number, std::size_t most) {
    auto count = static_cast<std::int32_t>(number);  // NOLINT(misc-const-correctness): as below.
    codec.ranged(count, 0, static_cast<std::int32_t>(most));
    if constexpr (reads<Codec>) number = static_cast<Number>(count);
}

// A place in a square world.
template <class Codec, class Vector>
void describe_place(Codec& codec, Vector& place, std::int32_t side) {
    for (auto part : {&FixedVector::x, &FixedVector::y}) {
        std::int32_t raw = (place.*part).raw();  // NOLINT(misc-const-correctness): readers assign.
        codec.ranged(raw, 0, Fixed::from_int(side).raw());
        if constexpr (reads<Codec>) place.*part = Fixed::from_raw(raw);
    }
}

template <class State, class... Circumstances>
std::uint64_t hash_of_state(const State& state, const Circumstances&... circumstances) {
    StateHasher hasher;
    State::describe_state(hasher, state, circumstances...);
    return hasher.hash();
}
template <class State>
std::size_t state_bytes_max(const State& state) {
    StateMeter meter;
    State::describe_state(meter, state);
    return meter.bytes();
}

}  // namespace ringtick
