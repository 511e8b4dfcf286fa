#pragma once

#include "replica/server_clock.hpp"

#include <algorithm>
#include <cstdint>

namespace ringtick {

// What a client says of the moment that its player saw, as far as it can be true. It is a function
// of what came and of the tick's number alone, never of what the sockets took: a match that is
// replayed from its commands must judge alike. So a tick counts as sent once it is over. Who
// acknowledges one that was not sent to it, or names a moment that it did not draw, names a world
// that it has not seen; what it can reach so is what an honest client of some delay sees.
class Seen {
public:
    // False for what no client of ours says: a tick that is not over, or one before what was
    // acknowledged already (messages come in the order in which they were sent).
    bool acknowledge(std::uint32_t tick, std::uint64_t tick_now) {
        if (tick >= tick_now || tick < acknowledged_) return false;
        acknowledged_ = tick;
        return true;
    }

    struct Moment {
        TickTime time = 0;
        bool too_old = false;  // As it was said; then it is the oldest that is allowed.
    };

    // The moment so far before the acknowledged tick, but at the most `limit` before now. (A client
    // that draws ahead of what it was sent guesses, and says the tick itself.)
    Moment moment(TickTime back, std::uint64_t tick_now, TickTime limit) const {
        const TickTime said = TickTime{acknowledged_} * whole_tick - back;
        const TickTime oldest = static_cast<TickTime>(tick_now) * whole_tick - limit;
        return {.time = std::max(said, oldest), .too_old = said < oldest};
    }

    // See state.hpp.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self) {
        codec.whole(self.acknowledged_);
    }

private:
    std::uint32_t acknowledged_ = 0;
};

}  // namespace ringtick
