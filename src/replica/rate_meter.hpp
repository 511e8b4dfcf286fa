#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// How much came in the last second: eight buckets of an eighth, the running one left out.
class RateMeter {
public:
    void add(std::uint64_t amount, Nanoseconds now) {
        advance(now);
        running_ += amount;
    }
    std::uint64_t per_second(Nanoseconds now) {
        advance(now);
        std::uint64_t sum = 0;
        for (const std::uint64_t bucket : buckets_) sum += bucket;
        return sum;
    }

private:
    static constexpr Nanoseconds bucket_time = std::chrono::milliseconds(125);

    void advance(Nanoseconds now) {
        const std::int64_t bucket = now / bucket_time;
        if (bucket - bucket_ > static_cast<std::int64_t>(buckets_.size())) {
            buckets_ = {};
            running_ = 0;
            bucket_ = bucket;
        }
        for (; bucket_ < bucket; ++bucket_) {
            buckets_[static_cast<std::size_t>(bucket_) % buckets_.size()] = running_;
            running_ = 0;
        }
    }

    std::array<std::uint64_t, 8> buckets_{};
    std::uint64_t running_ = 0;
    std::int64_t bucket_ = 0;
};

}  // namespace ringtick
