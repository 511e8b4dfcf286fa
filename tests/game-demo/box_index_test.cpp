#include "railroids/box_index.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace railroids {
namespace {

using ringtick::Fixed;
using ringtick::Rect;

constexpr std::int32_t side = 5000;
constexpr std::size_t kept = 128;

Rect random_box(ringtick::Rng& rng, std::int32_t size_max) {
    const Fixed end = Fixed::from_int(side);
    const Fixed x = Fixed::from_raw(rng.between(0, end.raw()));
    const Fixed y = Fixed::from_raw(rng.between(0, end.raw()));
    return {.x0 = x,
            .y0 = y,
            .x1 = std::min(x + Fixed::from_int(rng.between(0, size_max)), end),
            .y1 = std::min(y + Fixed::from_int(rng.between(0, size_max)), end)};
}

// How far they are apart, in x or in y; none, if they touch.
Fixed gap(const Rect& a, const Rect& b) {
    return std::max({a.x0 - b.x1, b.x0 - a.x1, a.y0 - b.y1, b.y0 - a.y1, Fixed{}});
}

// Goal: of those asked for, each that touches is visited, from the latest back; and none that is
// a stripe away.
TEST(BoxIndex, VisitsWhatTouchesAndNothingThatIsFarAway) {
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    ringtick::Rng rng(seed);
    BoxIndex index(side, kept);
    std::vector<Rect> boxes;
    std::size_t visited = 0;
    for (int round = 0; round < 3000 && !HasFailure(); ++round) {
        for (std::uint32_t more = rng.below(4); more > 0; --more) {
            boxes.push_back(random_box(rng, 900));
            index.add(boxes.size() - 1, boxes.back());
        }
        const Rect view = random_box(rng, 2000);
        const std::uint64_t end = boxes.size();
        const std::uint64_t begin = end - std::min<std::uint64_t>(end, rng.below(kept + 1));
        std::uint64_t next = end;  // All from here on are done with.
        index.for_each_near(view, begin, end, [&](std::uint64_t number) {
            EXPECT_LT(number, next);
            EXPECT_GE(number, begin);
            while (--next > number) EXPECT_GT(gap(boxes[next], view), Fixed{});
            EXPECT_LT(gap(boxes[number], view), Fixed::from_int(256));
            visited += 1;
            return true;
        });
        while (next > begin) EXPECT_GT(gap(boxes[--next], view), Fixed{});
    }
    EXPECT_GT(visited, 10'000U);
}

TEST(BoxIndex, StopsWhenItIsTold) {
    BoxIndex index(side, kept);
    const Rect everywhere{.x1 = Fixed::from_int(side), .y1 = Fixed::from_int(side)};
    for (std::uint64_t number = 0; number < 100; ++number) index.add(number, everywhere);
    std::vector<std::uint64_t> visited;
    index.for_each_near(everywhere, 0, 100, [&](std::uint64_t number) {
        visited.push_back(number);
        return visited.size() < 50;
    });
    ASSERT_EQ(visited.size(), 50U);
    EXPECT_EQ(visited.front(), 99U);
    EXPECT_EQ(visited.back(), 50U);
}

}  // namespace
}  // namespace railroids
