#pragma once

#include "base/assert.hpp"
#include "replica/protocol.hpp"
#include "tick/game.hpp"

#include <array>
#include <cstddef>
#include <span>

// What a host says (host.hpp).
namespace ringtick {

template <class Message>
void send(PlayerId player, const Message& message, Outbox& outbox) {
    // No field takes more bits than its member does in memory, and a list's count two bytes.
    std::array<std::byte, sizeof(Message) + 64> bytes{};
    const std::size_t size = encode(message, bytes);
    ASSERT(size > 0);
    outbox.send(player, std::span(bytes).first(size));
}

inline Stats told(const ServerStats& stats) {
    return {.players = stats.players,
            .tick_rate_hz = stats.tick_rate_hz,
            .tick_work_p50_us = stats.tick_work_p50_us,
            .tick_work_p99_us = stats.tick_work_p99_us,
            .tick_late_p99_us = stats.tick_late_p99_us,
            .snapshots_skipped = stats.snapshots_skipped};
}

}  // namespace ringtick
