#pragma once

#include "base/time.hpp"
#include "server/options.hpp"
#include "uring/features.hpp"

#include <cstdint>
#include <vector>

#include "simulation/kernel.hpp"
#include "simulation/player.hpp"

namespace ringtick {

// What one seed is about.
struct Scene {
    std::uint64_t seed = 0;
    Faults faults;
    RingFeatures features;
    Options options;
    std::vector<Manners> players;
    std::uint32_t visitors = 0;
    std::uint32_t strangers = 0;
    bool has_owner = false;
    bool seals = false;           // It speaks TLS.
    bool believes_proxy = false;  // Where strangers come from.
    Nanoseconds length{};
};

Scene scene_of(std::uint64_t seed);

}  // namespace ringtick
