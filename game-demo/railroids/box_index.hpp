#pragma once

#include "base/assert.hpp"
#include "base/fixed.hpp"
#include "replica/grid.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace railroids {

// Finds which of the latest boxes touch another, 64 of them at once. The world is cut into stripes,
// across and down; for each stripe a bit of each box says whether it begins there or before, and
// another whether it ends there or behind. Those that touch a rectangle are in four such words:
//
//     begun by its right edge & not ended by its left & begun by its bottom & not ended by its top
//
// and so is, here and there, one that only comes near. Memory at construction.
class BoxIndex {
public:
    // Of a square world; keeps so many of the latest, a power of two. (A word that is begun forgets
    // all that was in it: so there are twice as many.)
    BoxIndex(std::int32_t side, std::size_t kept)
        : stripes_(static_cast<std::size_t>(side >> stripe_bits) + 1),
          words_(2 * kept / word_bits),
          masks_(words_ * stripes_) {
        ASSERT(kept >= word_bits);
        ASSERT(std::has_single_bit(kept));
    }

    // In turn: 0, 1, 2 and so on.
    void add(std::uint64_t number, const ringtick::Rect& box) {
        Masks* const masks = masks_of(number / word_bits);
        if (number % word_bits == 0) std::fill_n(masks, stripes_, Masks{});
        const std::uint64_t bit = std::uint64_t{1} << number % word_bits;
        for (std::size_t i = stripe(box.x0); i < stripes_; ++i) masks[i].begun_across |= bit;
        for (std::size_t i = 0; i <= stripe(box.x1); ++i) masks[i].lasting_across |= bit;
        for (std::size_t i = stripe(box.y0); i < stripes_; ++i) masks[i].begun_down |= bit;
        for (std::size_t i = 0; i <= stripe(box.y1); ++i) masks[i].lasting_down |= bit;
    }

    // Visits from `end` back to `begin`, which are still kept, until `visit` says false.
    template <class Visit>
    void for_each_near(const ringtick::Rect& box,
                       std::uint64_t begin,
                       std::uint64_t end,
                       Visit visit) const {
        const std::size_t left = stripe(box.x0);
        const std::size_t right = stripe(box.x1);
        const std::size_t top = stripe(box.y0);
        const std::size_t bottom = stripe(box.y1);
        for (std::uint64_t word = (end + word_bits - 1) / word_bits; word-- > begin / word_bits;) {
            const Masks* const masks = masks_of(word);
            std::uint64_t near = masks[right].begun_across & masks[left].lasting_across &
                                 masks[bottom].begun_down & masks[top].lasting_down;
            near &= between(word * word_bits, begin, end);
            while (near != 0) {
                const auto last = static_cast<unsigned>(std::bit_width(near) - 1);
                near ^= std::uint64_t{1} << last;
                if (!visit(word * word_bits + last)) return;
            }
        }
    }

private:
    static constexpr unsigned stripe_bits = 8;  // A stripe is 256 units wide.
    static constexpr unsigned word_bits = 64;

    struct Masks {
        std::uint64_t begun_across = 0;
        std::uint64_t lasting_across = 0;
        std::uint64_t begun_down = 0;
        std::uint64_t lasting_down = 0;
    };

    std::size_t stripe(ringtick::Fixed coordinate) const {
        const auto last = static_cast<std::int32_t>(stripes_) - 1;
        return static_cast<std::size_t>(std::clamp(coordinate.floor() >> stripe_bits, 0, last));
    }
    Masks* masks_of(std::uint64_t word) { return &masks_[(word & (words_ - 1)) * stripes_]; }
    const Masks* masks_of(std::uint64_t word) const {
        return &masks_[(word & (words_ - 1)) * stripes_];
    }
    // Of the numbers from `first` on that one word is about.
    static std::uint64_t between(std::uint64_t first, std::uint64_t begin, std::uint64_t end) {
        std::uint64_t bits = ~std::uint64_t{0};
        if (begin > first) bits <<= begin - first;
        if (end - first < word_bits) bits &= (std::uint64_t{1} << (end - first)) - 1;
        return bits;
    }

    std::size_t stripes_;
    std::size_t words_;
    std::vector<Masks> masks_;  // By word, then by stripe.
};

}  // namespace railroids
