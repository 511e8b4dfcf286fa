#pragma once

#include <atomic>
#include <cstdint>

namespace ringtick::swarm {

// What threads of one run tell each other. Everything else is one thread's own.
struct Shared {
    std::atomic<bool> stop = false;
    std::atomic<std::uint32_t> gathered = 0;   // Threads whose clients are all in, or refused.
    std::atomic<std::uint32_t> connected = 0;  // Clients of those threads.
    std::atomic<std::int64_t> start_ns = 0;    // Of the measurement; 0: not known yet.
    std::atomic<std::uint32_t> finished = 0;   // Threads.
};

// One thread's figures while it runs, for the progress line. A cache line each.
struct alignas(64) Live {
    std::atomic<std::uint64_t> open = 0;
    std::atomic<std::uint64_t> messages = 0;
    std::atomic<std::uint64_t> gaps = 0;
    std::atomic<std::uint64_t> errors = 0;
};

}  // namespace ringtick::swarm
