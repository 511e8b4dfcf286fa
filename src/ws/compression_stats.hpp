#pragma once

#include <cstdint>

namespace ringtick {

// What was deflated, or inflated, since the start.
struct CompressionStats {
    std::uint64_t messages = 0;
    std::uint64_t bytes_plain = 0;
    std::uint64_t bytes_compressed = 0;

    void count(std::uint64_t plain, std::uint64_t compressed) {
        messages += 1;
        bytes_plain += plain;
        bytes_compressed += compressed;
    }
};

}  // namespace ringtick
