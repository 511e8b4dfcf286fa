#pragma once

#include "net/options.hpp"

#include <cstddef>
#include <cstdint>

namespace ringtick {

// What follows from the options, and is settled before anything is opened.
struct Sizes {
    std::uint32_t slots = 0;        // Connections, and those that are told that the server is full.
    std::uint32_t buffers = 0;      // For receiving; a power of two.
    std::uint32_t submissions = 0;  // Entries of the ring's queues.
    std::uint32_t completions = 0;
};

Sizes sizes_of(const NetOptions& options);

// Address space for OpenSSL: enough for everyone to be in the middle of a handshake at once.
std::size_t tls_memory_max(const NetOptions& options);

// The largest listen backlog with which the completion queue can still answer for everything; 0:
// there are too many connections for any.
std::uint32_t listen_backlog_max(const NetOptions& options);

// The most that any page about `rooms` rooms on `shards` threads takes, for games with up to two
// dozen counters whose names have up to 32 characters.
std::uint32_t page_size_max(std::uint32_t rooms, std::uint32_t shards);

}  // namespace ringtick
