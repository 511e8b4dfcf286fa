#pragma once

#include "base/resume_token.hpp"
#include "replica/ack_window.hpp"

#include <cstdint>

namespace ringtick {

// What a host knows of one connection (host.hpp).
struct HostConnection {
    enum class State : std::uint8_t { none, silent, playing, refused };

    State state = State::none;
    bool answered_ping = false;  // In this tick: one is enough.
    IssuedToken token;           // Until it takes a seat: that is known by the digest then.
    AckWindow window{0};         // No part of the match's state: what was sent is no input of it.
};

}  // namespace ringtick
