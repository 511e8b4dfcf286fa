#pragma once

#include "net/connections.hpp"
#include "uring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// What threads tell each other: the result of a completion of `op` message. A number that goes with
// it is the owner's generation.
enum class ShardMessage : std::uint8_t {
    passed_on = Connections::passed_on,  // See Connections::take_in().
    stop,                                // Say goodbye.
    stop_now,
    reload,   // Read certificate and key anew.
    drain,    // Let nobody in; after so many seconds send all away.
    undrain,  // Let newcomers in again.
};

// The other threads of this process, by their rings. None, if this is the only one.
class Siblings {
public:
    static constexpr std::uint32_t for_ever = 0xFFFF'FFFF;
    // In the owner's slot, where a connection's message has where it comes from.
    static constexpr std::uint32_t nobody = Token::slot_max;

    explicit Siblings(Ring& ring) : ring_(ring) {}

    // `routes`: those of Connections::join(); the one to thread `own` leads nowhere.
    void join(std::uint32_t own, std::span<const Connections::Route> routes) {
        own_ = own;
        routes_ = routes;
    }
    // All of them; it leaves with the ring's next submission.
    void tell(ShardMessage message, std::uint32_t number = 0) {
        for (std::size_t shard = 0; shard < routes_.size(); ++shard) {
            if (shard == own_) continue;
            ring_.tell(routes_[shard].ring, {.slot = nobody, .generation = number},
                       static_cast<std::int32_t>(message));
        }
    }

private:
    Ring& ring_;
    std::uint32_t own_ = 0;
    std::span<const Connections::Route> routes_;
};

}  // namespace ringtick
