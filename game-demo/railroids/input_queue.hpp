#pragma once

#include "railroids/wire.hpp"
#include "railroids/world.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace railroids {

// One player's inputs between their arrival and the tick that applies them: exactly one is applied
// per tick, whatever arrives. Inputs of the same stamp are one; what was banked during a stall is
// skipped rather than played back, for nobody may move faster by having been slow. A press of the
// trigger is never skipped. With nothing new, the last is held for a quarter of a second; then the
// ship is let go.
class InputQueue {
public:
    static constexpr std::size_t waiting_max = 2;  // Beyond it the oldest is skipped.
    static constexpr std::uint8_t hold_ticks = 7;

    void push(std::uint32_t stamp, const Order& order) {
        if (count_ > 0 && stamp == stamp_of_newest()) {
            merge(waiting_[count_ - 1].order, order);
            return;
        }
        if (count_ == waiting_max) skip_oldest();
        waiting_[count_] = {.stamp = stamp, .order = order};
        count_ += 1;
    }

    // The order for this tick.
    Order next() {
        if (count_ == 0) {
            is_fresh_ = false;
            if (held_ticks_ < hold_ticks) {
                held_ticks_ += 1;
            } else {
                current_.order.input.buttons &= Input::aim_ahead;  // Neutral, aiming as before.
            }
            return current_.order;
        }
        current_ = waiting_[0];
        waiting_[0] = waiting_[1];
        count_ -= 1;
        held_ticks_ = 0;
        is_fresh_ = true;
        return current_.order;
    }

    bool is_fresh() const { return is_fresh_; }  // The last order came from a new input.
    std::uint32_t stamp() const { return current_.stamp; }

private:
    struct Waiting {
        std::uint32_t stamp = 0;
        Order order;
    };

    std::uint32_t stamp_of_newest() const { return waiting_[count_ - 1].stamp; }

    static void merge(Order& into, const Order& newer) {
        const std::uint8_t fire = into.input.buttons & Input::fire;
        into = newer;
        into.input.buttons |= fire;
    }
    void skip_oldest() {
        const std::uint8_t fire = waiting_[0].order.input.buttons & Input::fire;
        waiting_[0] = waiting_[1];
        waiting_[0].order.input.buttons |= fire;
        count_ -= 1;
    }

    std::array<Waiting, waiting_max> waiting_{};
    std::size_t count_ = 0;
    Waiting current_;
    std::uint8_t held_ticks_ = hold_ticks;
    bool is_fresh_ = false;
};

}  // namespace railroids
