#pragma once

#include "replica/change.hpp"
#include "replica/input_queue.hpp"
#include "replica/order.hpp"
#include "replica/seen.hpp"
#include "replica/session.hpp"

#include <algorithm>
#include <cstdint>

namespace ringtick {

// How long an honest client's input waits for its tick, at the most.
inline constexpr std::uint32_t input_wait_ticks = 2;

// What one player wants, from what it says to the tick that applies it, and which moment it saw
// then, as far as it is believed.
template <class G>
class PlayerInputs {
public:
    using Input = typename G::Input;

    void start(std::uint32_t tick, std::uint32_t hold_ticks) {
        queue_.start(tick, hold_ticks);
        seen_ = {};
    }
    // It speaks through another connection from now on: its inputs are stamped with ticks all the
    // same, but that what it acknowledges only grows is said of one stream.
    void reconnect() { seen_ = {}; }

    struct Said {
        bool is_possible = false;  // By a client of ours.
        bool too_old = false;      // It looks back farther than is allowed.
    };

    // What is believed of it is settled here, when it comes: the world is given moments that it can
    // take as they are, and is a function of them. `rewind_max` 0: all see the present.
    Said push(const InputMessage<G>& message, std::uint64_t tick, TickTime rewind_max) {
        if (!seen_.acknowledge(message.acknowledged_tick, tick)) return {};
        Said said{.is_possible = true};
        TickTime view = Order<Input>::present;
        if (rewind_max > 0) {
            const TickTime back = TickTime{message.view_back} * InputMessage<G>::view_back_unit;
            const Seen::Moment moment = seen_.moment(back, tick, rewind_max);
            view = moment.time;
            said.too_old = message.looks_back() && moment.too_old;
        }
        std::uint32_t stamp = message.tick;
        for (const Input& input : message.inputs) {
            queue_.push(stamp, {.input = input, .view = view});
            stamp += 1;
        }
        return said;
    }

    // An input may be stamped far ahead and wait; an honest one waits for a tick or two. Who waits
    // longer sees no farther back for it.
    Order<Input> take(std::uint64_t tick, TickTime rewind_max) {
        Order<Input> order = queue_.take(static_cast<std::uint32_t>(tick));
        const TickTime now = static_cast<TickTime>(tick) * whole_tick;
        const TickTime oldest = now - rewind_max - TickTime{input_wait_ticks} * whole_tick;
        if (order.view != Order<Input>::present) order.view = std::max(order.view, oldest);
        return order;
    }
    bool is_fresh() const { return queue_.is_fresh(); }  // The last one taken is a new input.

    // What a snapshot says of them.
    std::uint32_t stamp() const { return queue_.stamp(); }
    std::int8_t lead() const { return queue_.lead(); }
    void reported() { queue_.reported(); }

    // Tells of what decides beside the players which inputs count, and when.
    template <class Number>
    static void tell_rules(Number number) {
        number(input_wait_ticks);
        number(InputQueue<Order<Input>>::early_max);
        number(InputQueue<Order<Input>>::late_max);
    }
    // All that later inputs depend on (see state.hpp), at the end of `tick`.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint32_t tick) {
        Seen::describe_state(codec, self.seen_);
        InputQueue<Order<Input>>::describe_state(codec, self.queue_, tick, [&](auto& order) {
            describe_whole(codec, Telling{Input::wire, Extent{}}, order.input);
            codec.whole(order.view);
        });
    }

private:
    InputQueue<Order<Input>> queue_{};
    Seen seen_{};
};

}  // namespace ringtick
