#include "replica/history.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ringtick {
namespace {

constexpr Fixed leap = Fixed::from_int(100);

FixedVector at_x(std::int32_t x) {
    return {Fixed::from_int(x), Fixed::from_int(7)};
}

constexpr TickTime moment(std::int64_t tick, std::int64_t part_256 = 0) {
    return tick * whole_tick + part_256 * 256;
}

// Everybody is in its first life, `x` units east.
void record(History& history, std::uint64_t tick, std::int32_t x, std::uint32_t life = 1) {
    history.record(tick, [&](std::size_t) { return History::Entry{at_x(x), life}; });
}

TEST(History, FindsAPlaceOnTheLineBetweenTwoTicks) {
    History history(2, 8, leap);
    for (std::uint64_t tick = 10; tick < 15; ++tick) {
        record(history, tick, static_cast<std::int32_t>(tick) * 4);
    }
    EXPECT_EQ(history.at(moment(12)).find(1, 1), at_x(48));
    EXPECT_EQ(history.at(moment(12, 64)).find(1, 1), at_x(49));
    EXPECT_EQ(history.at(moment(14)).find(1, 1), at_x(56));
}

// Goal: a server finds a ship just where a client draws it, to the last bit.
// Method: every part of a tick, on a line that divides evenly nowhere, by the client's own rule.
TEST(History, InterpolatesAsAClientDoes) {
    History history(1, 4, leap);
    const FixedVector from{Fixed::from_raw(1'234'567), Fixed::from_raw(-7'654'321)};
    const FixedVector to{Fixed::from_raw(1'200'001), Fixed::from_raw(-7'600'000)};
    history.record(3, [&](std::size_t) { return History::Entry{from, 1}; });
    history.record(4, [&](std::size_t) { return History::Entry{to, 1}; });
    for (std::int64_t part = 0; part < 256; ++part) {
        EXPECT_EQ(history.at(moment(3, part)).find(0, 1), between(from, to, part * 256, leap));
    }
}

TEST(History, GuessesNeitherBeforeItsOldestTickNorAfterItsNewest) {
    History history(1, 3, leap);
    EXPECT_EQ(history.at(moment(5)).find(0, 1), std::nullopt);
    EXPECT_EQ(history.at(moment(5)).ticks_back(), 0U);
    for (std::uint64_t tick = 1; tick <= 9; ++tick) {
        record(history, tick, static_cast<std::int32_t>(tick));
    }
    EXPECT_EQ(history.at(moment(9, 200)).find(0, 1), at_x(9));
    EXPECT_EQ(history.at(moment(1'000)).find(0, 1), at_x(9));
    EXPECT_EQ(history.at(moment(7)).find(0, 1), at_x(7));
    EXPECT_EQ(history.at(moment(6, 128)).find(0, 1), at_x(7));
    EXPECT_EQ(history.at(moment(-5)).find(0, 1), at_x(7));
    EXPECT_EQ(history.at(moment(9)).ticks_back(), 1U);
    EXPECT_EQ(history.at(moment(7, 1)).ticks_back(), 3U);
}

// A server that stalled leaves ticks out; the client draws a line across.
TEST(History, SpansTicksThatWereLeftOut) {
    History history(1, 4, leap);
    record(history, 10, 0);
    record(history, 14, 16);
    EXPECT_EQ(history.at(moment(11)).find(0, 1), at_x(4));
    EXPECT_EQ(history.at(moment(13, 128)).find(0, 1), at_x(14));
}

TEST(History, ShowsWhoLeaptAtTheNearerInTime) {
    History history(1, 4, leap);
    record(history, 10, 0);
    record(history, 11, 101);
    EXPECT_EQ(history.at(moment(10, 127)).find(0, 1), at_x(0));
    EXPECT_EQ(history.at(moment(10, 128)).find(0, 1), at_x(101));
}

TEST(History, TellsOneLifeOfAnIdFromTheNext) {
    History history(1, 8, leap);
    record(history, 1, 10, 4);
    record(history, 2, 12, 4);
    record(history, 3, 0, 0);
    record(history, 4, 50, 5);
    record(history, 5, 52, 5);
    EXPECT_EQ(history.at(moment(1, 128)).find(0, 4), at_x(11));
    EXPECT_EQ(history.at(moment(1, 128)).find(0, 5), std::nullopt);
    EXPECT_EQ(history.at(moment(2, 128)).find(0, 4), at_x(12));  // Up to its end.
    EXPECT_EQ(history.at(moment(3, 128)).find(0, 5), std::nullopt);
    EXPECT_EQ(history.at(moment(3, 128)).find(0, 4), std::nullopt);
    EXPECT_EQ(history.at(moment(4, 128)).find(0, 5), at_x(51));
}

struct State {
    explicit State(History& kept) : history(kept) {}
    template <class Codec, class Self>
    static void describe_state(Codec& codec, Self& self, std::uint64_t tick) {
        History::describe_state(codec, self.history, tick, 2'000);
    }
    History& history;
};

TEST(History, HasAStateOfAllThatItCanTell) {
    const auto hash_of = [](std::int32_t x, std::uint32_t life, std::uint64_t tick) {
        History history(2, 3, leap);
        record(history, 1, 1000);  // Forgotten by the fourth.
        record(history, 2, 1);
        record(history, 3, x, life);
        record(history, tick, 3);
        return hash_of_state(State(history), tick);
    };
    EXPECT_EQ(hash_of(2, 1, 4), hash_of(2, 1, 4));
    EXPECT_NE(hash_of(2, 1, 4), hash_of(3, 1, 4));
    EXPECT_NE(hash_of(2, 1, 4), hash_of(2, 2, 4));
    EXPECT_NE(hash_of(2, 1, 4), hash_of(2, 1, 5));
}

}  // namespace
}  // namespace ringtick
