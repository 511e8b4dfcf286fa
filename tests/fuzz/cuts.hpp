#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// Where a fuzz target cuts its input. Drawn from a hash of the input itself, so that a seed is the
// plain stream and can be read, and a finding is one file.
class Cuts {
public:
    explicit Cuts(std::span<const std::byte> input) {
        for (const std::byte byte : input) {  // FNV-1a.
            state_ = (state_ ^ std::to_integer<std::uint64_t>(byte)) * 0x100'0000'01B3U;
        }
    }

    // Half of the pieces are of a few bytes, where cuts hurt most.
    std::size_t next_size() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's, as in MMIX.
        const std::uint64_t random = state_ >> 33;
        return 1 + (random % 2 == 0 ? random / 2 % 4 : random / 2 % 300);
    }

private:
    std::uint64_t state_ = 0xCBF2'9CE4'8422'2325U;
};

}  // namespace ringtick
