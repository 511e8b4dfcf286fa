#include "replica/id_set.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringtick {
namespace {

TEST(IdSet, IsReadInAscendingOrderHoweverItWasFilled) {
    IdSet set(200);
    for (const int id : {199, 0, 63, 64, 128, 65, 127}) set.insert(static_cast<std::uint16_t>(id));
    std::vector<std::uint16_t> read;
    set.for_each([&](std::uint16_t id) { read.push_back(id); });
    EXPECT_EQ(read, (std::vector<std::uint16_t>{0, 63, 64, 65, 127, 128, 199}));
    set.clear();
    set.for_each([&](std::uint16_t) { FAIL(); });
}

}  // namespace
}  // namespace ringtick
