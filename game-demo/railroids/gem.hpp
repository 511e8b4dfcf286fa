#pragma once

#include "railroids/rules.hpp"
#include "replica/declared.hpp"

#include <algorithm>
#include <cstdint>

namespace railroids {

// What is left of a ship: score and energy for whoever comes first.
struct Gem {
    FixedVector position;
    std::uint16_t ticks_left = 0;  // 0: this place is free.

    bool shown() const { return ticks_left > 0; }

    static constexpr auto wire =
        ringtick::fields(ringtick::Place<&Gem::position>{.quanta_per_unit = quanta_per_unit});
};

// How many gems can lie about in a world with so many ships; their ids are below this.
constexpr std::uint32_t gem_places(std::uint32_t ships) {
    return std::min<std::uint32_t>(ships * 4 + 64, 16'384);
}

}  // namespace railroids
