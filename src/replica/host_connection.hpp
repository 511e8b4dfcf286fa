#pragma once

#include "base/resume_token.hpp"
#include "replica/ack_window.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace ringtick {

// What a host knows of one connection (host.hpp).
struct HostConnection {
    enum class State : std::uint8_t { none, silent, playing, refused };

    bool is_here() const { return state != State::none; }

    // Of a state that is taken in, what is no part of it.
    void expect(std::uint32_t silence_ticks) { window = AckWindow(silence_ticks); }

    State state = State::none;
    bool answered_ping = false;  // In this tick: one is enough.
    IssuedToken token;           // Until it takes a seat: that is known by the digest then.
    AckWindow window{0};         // No part of the match's state: what was sent is no input of it.

    // See state.hpp. The plain token is no part of it.
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self) {
        codec.one_of(self.state, State::none, State::refused, 2);
        codec.only_if(self.state == State::silent, [&] {
            codec.whole(self.token.digest.first);
            codec.whole(self.token.digest.second);
        });
    }
};

inline std::uint64_t count_here(std::span<const HostConnection> connections) {
    return static_cast<std::uint64_t>(std::ranges::count_if(connections, &HostConnection::is_here));
}

}  // namespace ringtick
