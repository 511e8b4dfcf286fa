#pragma once

#include <cstdint>

namespace ringtick {

// In which of the last 64 ticks something was so, in one word.
class RecentTicks {
public:
    static constexpr std::uint32_t remembered = 64;

    // Of ascending ticks; of the same one, what was said last holds.
    void note(std::uint32_t tick, bool is_so) {
        const std::uint32_t ahead = tick - latest_;
        bits_ = ahead < remembered ? bits_ << ahead : 0;
        latest_ = tick;
        bits_ = (bits_ & ~std::uint64_t{1}) | (is_so ? 1U : 0U);
    }
    // Not known of a tick that nobody noted, or of one that is too old or still to come.
    bool has(std::uint32_t tick) const {
        const std::uint32_t age = latest_ - tick;
        return age < remembered && (bits_ >> age & 1) != 0;
    }

private:
    std::uint64_t bits_ = 0;
    std::uint32_t latest_ = 0;
};

}  // namespace ringtick
