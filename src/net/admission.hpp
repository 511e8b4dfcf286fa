#pragma once

#include "net/options.hpp"

#include <cstdint>

namespace ringtick {

// Beyond connections_max, a few slots for those who are turned away, so that they are told why, and
// so that however many they are, none of them takes a place from somebody else.
inline constexpr std::uint32_t antechamber = 64;

constexpr std::uint32_t slots_of(const NetOptions& options) {
    return options.connections_max + antechamber;
}

}  // namespace ringtick
