#pragma once

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringtick {

// A set of ids up to a bound, read in ascending order: filled in any order, sorted for nothing.
class IdSet {
public:
    explicit IdSet(std::size_t ids_max) : words_((ids_max + 63) / 64) {}

    void clear() { std::ranges::fill(words_, 0); }
    void insert(std::uint16_t id) {
        const std::uint64_t bit = std::uint64_t{1} << (id % 64);
        ASSERT((words_[id / 64] & bit) == 0);
        words_[id / 64] |= bit;
    }

    template <class Visit>
    void for_each(Visit visit) const {
        for (std::size_t word = 0; word < words_.size(); ++word) {
            for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
                visit(static_cast<std::uint16_t>(word * 64 +
                                                 static_cast<std::size_t>(std::countr_zero(bits))));
            }
        }
    }

private:
    std::vector<std::uint64_t> words_;
};

}  // namespace ringtick
