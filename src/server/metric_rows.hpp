#pragma once

#include "base/assert.hpp"
#include "base/histogram.hpp"
#include "server/metrics.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

// What there is to report, listed once for every format.

namespace ringtick {

// One counter: what it is called, what it means, how much it is.
struct CounterRow {
    const char* name;
    const char* help;
    std::uint64_t value;
};

class CounterRows {
public:
    void add(const char* name, const char* help, std::uint64_t value) {
        ASSERT(count_ < count_max);
        all_[count_] = {name, help, value};
        count_ += 1;
    }
    std::span<const CounterRow> span() const { return std::span(all_).first(count_); }

private:
    static constexpr std::size_t count_max = 64;

    std::array<CounterRow, count_max> all_;
    std::size_t count_ = 0;
};

CounterRows counter_rows(const Figures& figures);

struct HistogramRow {
    enum class Unit : std::uint8_t { nanoseconds, things };

    const char* name;
    const char* help;
    Unit unit;
    const Histogram* values;
};

std::array<HistogramRow, 6> histogram_rows(const Figures& figures);

// Since the last tick that nobody watched: how old the idle control is. Since the start, if there
// was none.
double idle_control_age_s(const LoopStats& loop);

}  // namespace ringtick
