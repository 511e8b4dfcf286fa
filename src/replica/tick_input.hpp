#pragma once

#include <concepts>
#include <cstdint>

namespace ringtick {

// What a game's input offers beside its fields, for one may have to be skipped or held on its way.
template <class T>
concept TickInput = std::default_initializable<T> && std::copyable<T> &&
    requires(T input, const T& skipped) {
    // Takes over what must not be lost of an earlier input that is skipped: a
    // trigger that was pulled.
    input.absorb(skipped);
    // Nothing was heard for too long: hands off the controls.
    input.let_go();
};

// How many ticks from one stamp to another. Stamps wrap; what is said over the wire may be any.
constexpr std::int32_t ticks_between(std::uint32_t from, std::uint32_t to) {
    return static_cast<std::int32_t>(to - from);
}

static_assert(ticks_between(0xFFFF'FFFF, 1) == 2 && ticks_between(1, 0xFFFF'FFFF) == -2);

}  // namespace ringtick
