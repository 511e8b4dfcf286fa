#include "replica/id_set.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
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

std::vector<std::uint16_t> ids_of(const IdSet& set) {
    std::vector<std::uint16_t> ids;
    set.for_each([&](std::uint16_t id) { ids.push_back(id); });
    EXPECT_EQ(set.count(), ids.size());
    return ids;
}

// So many ids that the words' own bits fill more than one word.
constexpr std::size_t many = 10'000;

TEST(IdSet, TakesInWhatIsWantedAndNoMore) {
    IdSet set(many);
    set.insert_if(true, 9'999);
    set.insert_if(false, 5'000);
    set.insert_if(true, 3);
    set.insert_if(false, 3);
    EXPECT_EQ(ids_of(set), (std::vector<std::uint16_t>{3, 9'999}));
    EXPECT_TRUE(set.contains(3));
    EXPECT_FALSE(set.contains(5'000));
}

TEST(IdSet, AddsAndKeepsWhatAnotherHas) {
    IdSet some(many);
    IdSet others(many);
    for (const int id : {1, 70, 4'200, 9'000}) some.insert(static_cast<std::uint16_t>(id));
    for (const int id : {70, 71, 9'000}) others.insert(static_cast<std::uint16_t>(id));
    IdSet both = some;
    both.keep(others);
    EXPECT_EQ(ids_of(both), (std::vector<std::uint16_t>{70, 9'000}));
    some.add(others);
    EXPECT_EQ(ids_of(some), (std::vector<std::uint16_t>{1, 70, 71, 4'200, 9'000}));
}

TEST(IdSet, VisitsEachWordThatIsInOneOfSeveral) {
    IdSet some(many);
    IdSet others(many);
    for (const int id : {1, 2, 9'000}) some.insert(static_cast<std::uint16_t>(id));
    for (const int id : {2, 4'200}) others.insert(static_cast<std::uint16_t>(id));
    std::vector<std::size_t> words;
    some.for_each_word([&](std::size_t index) { words.push_back(index); }, others);
    EXPECT_EQ(words, (std::vector<std::size_t>{0, 4'200 / 64, 9'000 / 64}));
}

}  // namespace
}  // namespace ringtick
