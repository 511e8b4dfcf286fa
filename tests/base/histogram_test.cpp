#include "base/histogram.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ringtick {
namespace {

TEST(Histogram, APercentileIsNeverBelowTheTrueOneAndAtMostASixteenthAbove) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.record(value);
    for (const std::uint32_t per_mille : {1U, 10U, 500U, 900U, 990U, 999U}) {
        const std::uint64_t truth = std::uint64_t{100} * per_mille;
        EXPECT_GE(histogram.percentile(per_mille), truth);
        EXPECT_LE(histogram.percentile(per_mille), truth + truth / 16 + 1);
    }
    EXPECT_EQ(histogram.percentile(1000), 100'000U);
    EXPECT_EQ(histogram.total(), 100'000U);
}

TEST(Histogram, HoldsTheSmallestAndTheLargestValue) {
    Histogram histogram;
    histogram.record(0);
    histogram.record(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(histogram.percentile(500), 0U);
    EXPECT_EQ(histogram.percentile(1000), std::numeric_limits<std::uint64_t>::max());
}

TEST(Histogram, AnEmptyOneAnswersZero) {
    EXPECT_EQ(Histogram{}.percentile(990), 0U);
}

TEST(Histogram, CountsWhatLiesAtOrBelowABound) {
    Histogram histogram;
    for (const std::uint64_t value : {1U, 2U, 3U, 1000U}) histogram.record(value);
    EXPECT_EQ(histogram.count_up_to(2), 2U);
    EXPECT_EQ(histogram.count_up_to(2000), 4U);
}

TEST(Histogram, AddedUpIsAsIfAllHadBeenRecordedInOne) {
    Histogram low;
    Histogram high;
    Histogram all;
    for (std::uint64_t value = 1; value <= 1'000; ++value) {
        (value < 400 ? low : high).record(value);
        all.record(value);
    }
    low.add(high);
    EXPECT_EQ(low.total(), all.total());
    EXPECT_EQ(low.sum(), all.sum());
    for (const std::uint32_t per_mille : {1U, 300U, 500U, 999U, 1000U}) {
        EXPECT_EQ(low.percentile(per_mille), all.percentile(per_mille));
    }
}

TEST(Histogram, IsFinerWithMoreBits) {
    BasicHistogram<7> histogram;
    for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.record(value);
    for (const std::uint32_t per_mille : {1U, 10U, 500U, 900U, 990U, 999U}) {
        const std::uint64_t truth = std::uint64_t{100} * per_mille;
        EXPECT_GE(histogram.percentile(per_mille), truth);
        EXPECT_LE(histogram.percentile(per_mille), truth + truth / 128 + 1);
    }
}

}  // namespace
}  // namespace ringtick
