#pragma once

#include <cstdint>
#include <string>

namespace ringtick {

inline constexpr std::uint64_t keep_memory_most = 1ULL << 30;

// Of each room's last seconds (server/kept_replays.hpp).
struct KeepOptions {
    std::uint32_t seconds = 60;         // 0: nothing is kept.
    std::uint64_t memory = 8ULL << 20;  // Of each room, in bytes.
    bool shared = false;                // Anybody may have it, not only an operator.
};

// Of those that are to stay (server/moments.hpp).
struct MomentOptions {
    std::string folder;            // Empty: none can be kept.
    std::uint32_t count_max = 16;  // Then no more are.
};

}  // namespace ringtick
