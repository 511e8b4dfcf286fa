#include "server/sizes.hpp"

#include "net/admission.hpp"
#include "uring/ring.hpp"

#include <algorithm>
#include <bit>

namespace ringtick {

namespace {

constexpr std::uint32_t submissions = 512;
// Measured by tests/tls/memory_test.cpp, of those who make it as much as they can. Address space,
// backed as it is used.
constexpr std::size_t tls_memory_of_handshake = 262'144;
constexpr std::size_t tls_memory_base = std::size_t{32} << 20;

}  // namespace

Sizes sizes_of(const NetOptions& options) {
    Sizes sizes{
        .slots = slots_of(options), .buffers = options.receive_buffers, .submissions = submissions};
    // Enough that everyone can have one message waiting.
    if (sizes.buffers == 0) {
        sizes.buffers = std::clamp(std::bit_ceil(options.connections_max), 256U, 16'384U);
    }
    sizes.completions =
        completions_needed(sizes.slots, sizes.buffers, submissions, options.listen_backlog);
    return sizes;
}

std::size_t tls_memory_max(const NetOptions& options) {
    return tls_memory_base + slots_of(options) * tls_memory_of_handshake;
}

std::uint32_t listen_backlog_max(const NetOptions& options) {
    NetOptions other = options;
    std::uint32_t most = 0;
    for (std::uint32_t step = completions_max; step > 0; step /= 2) {
        other.listen_backlog = most + step;
        if (sizes_of(other).completions <= completions_max) most += step;
    }
    return most;
}

std::uint32_t page_size_max(std::uint32_t rooms, std::uint32_t shards) {
    return 65'536 + rooms * 2'048 + (shards - 1) * 24'576;
}

}  // namespace ringtick
