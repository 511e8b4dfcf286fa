#pragma once

#include "base/assert.hpp"

#include <cstdint>

namespace ringtick {

// Random numbers as part of a world's state: one word, so that a world is saved, hashed and
// replayed with them. SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a counter and a good mixer.
// Not for secrets.
class Rng {
public:
    constexpr explicit Rng(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t next() {
        state_ += 0x9E37'79B9'7F4A'7C15;  // The golden ratio times 2^64, made odd.
        return mix(state_);
    }
    // 0 to bound - 1. By multiplication: the bias is bound / 2^32, too small for a game to notice.
    constexpr std::uint32_t below(std::uint32_t bound) {
        ASSERT(bound > 0);
        return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
    }
    constexpr std::int32_t between(std::int32_t low, std::int32_t high) {  // Both ends included.
        ASSERT(low <= high);
        const auto range = static_cast<std::uint32_t>(high - low) + 1;
        return low + static_cast<std::int32_t>(below(range));
    }
    constexpr bool chance(std::uint32_t percent) { return below(100) < percent; }

    constexpr std::uint64_t state() const { return state_; }
    // See replica/state.hpp.
    template <class Codec, class Self>
    static constexpr void describe_state(Codec& codec, Self& self) {
        codec.whole(self.state_);
    }

    static constexpr std::uint64_t mix(std::uint64_t value) {
        value = (value ^ value >> 30) * 0xBF58'476D'1CE4'E5B9;
        value = (value ^ value >> 27) * 0x94D0'49BB'1331'11EB;
        return value ^ value >> 31;
    }

private:
    std::uint64_t state_;
};

}  // namespace ringtick
