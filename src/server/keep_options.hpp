#pragma once

#include <cstdint>

namespace ringtick {

// Of each room's last seconds (server/kept_replays.hpp).
struct KeepOptions {
    std::uint32_t seconds = 60;         // 0: nothing is kept.
    std::uint64_t memory = 8ULL << 20;  // Of each room, in bytes.
    bool shared = false;                // Anybody may have it, not only an operator.
};

}  // namespace ringtick
