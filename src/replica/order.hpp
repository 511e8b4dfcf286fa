#pragma once

#include "replica/server_clock.hpp"
#include "replica/tick_input.hpp"

#include <limits>

namespace ringtick {

// What one player wants in one tick, and the moment of the world that it saw then: any that is not
// over yet is the present.
template <class Input>
struct Order {
    static constexpr TickTime present = std::numeric_limits<TickTime>::max();

    Input input{};
    TickTime view = present;

    // As a TickInput. What looks back keeps the moment that its player saw.
    void absorb(const Order& skipped) {
        if constexpr (requires { input.looks_back(); }) {
            if (skipped.input.looks_back() && !input.looks_back()) view = skipped.view;
        }
        input.absorb(skipped.input);
    }
    void let_go() { input.let_go(); }
};

}  // namespace ringtick
