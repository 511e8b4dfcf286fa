#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "load/server_frame_reader.hpp"

namespace ringtick::swarm {

// Checks one client's broadcasts: binary messages of exact length that begin with the tick's number
// and its time, both u64 little-endian; ticks ascend.
class BroadcastReader {
public:
    struct Broadcast {
        bool valid = false;
        std::uint64_t tick = 0;
        std::uint64_t sent_ns = 0;
        std::uint64_t gaps = 0;  // Ticks between this one and the one before.
    };

    // Answers when a message is complete.
    std::optional<Broadcast> read(const ServerFrameReader::Event& piece, std::uint64_t size) {
        if (piece.offset < front_.size()) {
            const auto room = std::span(front_).subspan(piece.offset);
            copy_bytes(room, piece.bytes.first(std::min(room.size(), piece.bytes.size())));
        }
        if (!piece.message_end) return std::nullopt;
        const bool expected = piece.opcode == Opcode::binary;
        if (!expected || piece.offset + piece.bytes.size() != size) return Broadcast{};

        ByteReader reader(front_);
        Broadcast broadcast{.valid = true};
        broadcast.tick = reader.get<std::uint64_t>();
        broadcast.sent_ns = reader.get<std::uint64_t>();
        if (tick_ && broadcast.tick <= *tick_) return Broadcast{};
        if (tick_) broadcast.gaps = broadcast.tick - *tick_ - 1;
        tick_ = broadcast.tick;
        return broadcast;
    }

private:
    std::array<std::byte, 16> front_{};
    std::optional<std::uint64_t> tick_;  // Of the last one.
};

}  // namespace ringtick::swarm
