#pragma once

#include "tick/game.hpp"

namespace ringtick {

// For a game that is played without anybody to tell.
class Nowhere final : public Outbox {
public:
    void send(PlayerId, std::span<const std::byte>) override {}
};

}  // namespace ringtick
