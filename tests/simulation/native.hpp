#pragma once

#include "uring/ring.hpp"

#include "simulation/kernel.hpp"

namespace ringtick {

// What a Ring hides, in a simulation.
struct Ring::Native {
    explicit Native(SimulatedKernel& simulated) : kernel(simulated) {}
    SimulatedKernel& kernel;
};

}  // namespace ringtick
