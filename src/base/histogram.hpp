#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// Counts values in buckets that grow with the value: exact below 2^SubBits, then as many to a power
// of two, so that a percentile is at most that part too high: 1/16 with four bits. Fixed size, O(1)
// to record, never allocates.
template <unsigned SubBits>
class BasicHistogram {
public:
    void record(std::uint64_t value) {
        counts_[bucket_of(value)] += 1;
        total_ += 1;
        sum_ += value;
        max_ = std::max(max_, value);
    }

    // The smallest bucket edge that at least `per_mille` of the values do not exceed; 0 if empty.
    std::uint64_t percentile(std::uint32_t per_mille) const {
        ASSERT(per_mille <= 1000);
        if (total_ == 0) return 0;
        const std::uint64_t wanted = std::max<std::uint64_t>(1, (total_ * per_mille + 999) / 1000);
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            seen += counts_[bucket];
            if (seen >= wanted) return std::min(upper_edge(bucket), max_);
        }
        UNREACHABLE();
    }

    // How many of the values lie in buckets wholly at or below `value`.
    std::uint64_t count_up_to(std::uint64_t value) const {
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            if (upper_edge(bucket) > value) break;
            seen += counts_[bucket];
        }
        return seen;
    }

    void add(const BasicHistogram& other) {
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            counts_[bucket] += other.counts_[bucket];
        }
        total_ += other.total_;
        sum_ += other.sum_;
        max_ = std::max(max_, other.max_);
    }

    std::uint64_t total() const { return total_; }
    std::uint64_t sum() const { return sum_; }
    std::uint64_t max() const { return max_; }
    void clear() { *this = {}; }

private:
    static constexpr std::uint64_t sub_count = 1U << SubBits;

    static constexpr std::size_t bucket_of(std::uint64_t value) {
        if (value < sub_count) return value;
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - SubBits;
        return (std::size_t{shift} + 1) * sub_count + (value >> shift) - sub_count;
    }
    static constexpr std::uint64_t upper_edge(std::size_t bucket) {
        if (bucket < sub_count) return bucket;
        const std::size_t shift = bucket / sub_count - 1;
        return ((bucket % sub_count + sub_count + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - SubBits + 1) * sub_count> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t max_ = 0;
};

using Histogram = BasicHistogram<4>;

}  // namespace ringtick
