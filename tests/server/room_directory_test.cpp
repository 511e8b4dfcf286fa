#include "server/room_directory.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ringtick {
namespace {

RoomDirectory::Limits limits(std::uint32_t rooms, std::uint32_t rooms_max, std::uint32_t shards) {
    return {.rooms = rooms,
            .rooms_max = rooms_max,
            .shards = shards,
            .seed = 100,
            .players_max = 4,
            .bots = 3};
}

template <class T>
T sure(const std::optional<T>& value) {
    if (!value) throw std::logic_error("there is none");
    return *value;
}

TEST(RoomName, IsOneToThirtyTwoPlainLetters) {
    for (const std::string& good :
         std::vector<std::string>{"a", "Z9", "a-b_c", "1", std::string(32, 'x')}) {
        EXPECT_EQ(sure(RoomName::from(good)).text(), good);
    }
    for (const std::string& bad : std::vector<std::string>{"", "a b", "a/b", "a.b", "%41", "\"",
                                                           "\xC3\xA9", std::string(33, 'x')}) {
        EXPECT_FALSE(RoomName::from(bad)) << bad;
    }
    EXPECT_FALSE(RoomName::from(std::string_view("a\0b", 3)));
}

TEST(RoomDirectory, HasThoseOfTheStartOnEveryNthThread) {
    const RoomDirectory rooms(limits(5, 8, 2));
    for (std::uint32_t number = 1; number <= 5; ++number) {
        const auto way = sure(rooms.find(std::to_string(number)));
        EXPECT_EQ(way.shard, (number - 1) % 2);
        EXPECT_EQ(way.setup.number, number);
        EXPECT_EQ(way.setup.seed, 99 + number);
        EXPECT_FALSE(way.setup.on_demand);
        EXPECT_TRUE(rooms.permanent_room(number, way.shard));
        EXPECT_FALSE(rooms.permanent_room(number, 1 - way.shard));
    }
    EXPECT_FALSE(rooms.find("6"));
    EXPECT_FALSE(rooms.permanent_room(6, 0));
}

TEST(RoomDirectory, GivesANewRoomToTheThreadWithTheFewestPlayers) {
    RoomDirectory rooms(limits(1, 8, 3));
    EXPECT_EQ(sure(rooms.find_or_reserve("a")).shard, 1U);  // The first has room 1.
    EXPECT_EQ(sure(rooms.find_or_reserve("b")).shard, 2U);
    rooms.on_enter(sure(rooms.find("a")).setup.number);
    rooms.on_enter(sure(rooms.find("a")).setup.number);
    rooms.on_enter(sure(rooms.find("b")).setup.number);
    EXPECT_EQ(sure(rooms.find_or_reserve("c")).shard, 0U);
    EXPECT_EQ(sure(rooms.find_or_reserve("d")).shard, 0U);  // Many rooms weigh less than a player.
    rooms.on_enter(sure(rooms.find("c")).setup.number);
    rooms.on_enter(sure(rooms.find("d")).setup.number);
    EXPECT_EQ(sure(rooms.find_or_reserve("e")).shard, 2U);
}

TEST(RoomDirectory, FindsWhatItHasAndRefusesWhatDoesNotFit) {
    RoomDirectory rooms(limits(1, 3, 1));
    const auto made = sure(rooms.find_or_reserve("a"));
    EXPECT_TRUE(made.setup.on_demand);
    EXPECT_EQ(sure(rooms.find_or_reserve("a")).setup.number, made.setup.number);
    EXPECT_TRUE(rooms.find_or_reserve("b"));
    EXPECT_FALSE(rooms.find_or_reserve("c"));
    EXPECT_TRUE(rooms.find_or_reserve("b"));
    EXPECT_FALSE(rooms.find_or_reserve("no name"));
}

// Goal: a room ends after so many seconds without a player and not before, those of the start
// never, and only by the thread that has it. Each that is made later has another seed.
TEST(RoomDirectory, EndsWhatHasBeenEmptyForLong) {
    RoomDirectory rooms(limits(1, 3, 2));
    const auto made = sure(rooms.find_or_reserve("a"));
    std::vector<std::uint32_t> ended;
    const auto pass = [&](std::uint32_t shard, bool may = true) {
        rooms.pass_second(shard, 2, [&](std::uint32_t number) {
            ended.push_back(number);
            return may;
        });
    };
    rooms.on_enter(made.setup.number);
    for (int i = 0; i < 5; ++i) pass(made.shard);
    rooms.on_leave(made.setup.number);
    pass(made.shard);
    pass(made.shard);
    rooms.on_enter(made.setup.number);
    rooms.on_leave(made.setup.number);
    pass(made.shard);
    pass(made.shard);
    for (int i = 0; i < 5; ++i) pass(1 - made.shard);
    EXPECT_TRUE(ended.empty());
    pass(made.shard, false);
    EXPECT_EQ(ended.size(), 1U);
    EXPECT_TRUE(rooms.find("a"));  // Its game was not ready to end.
    pass(made.shard);
    EXPECT_EQ(ended, (std::vector<std::uint32_t>{2, 2}));
    EXPECT_FALSE(rooms.find("a"));
    EXPECT_TRUE(rooms.find("1"));
    EXPECT_NE(sure(rooms.find_or_reserve("a")).setup.seed, made.setup.seed);
}

TEST(RoomDirectory, MatchesWithTheFullestRoomThatHasPlace) {
    RoomDirectory rooms(limits(2, 4, 2));
    EXPECT_EQ(sure(rooms.quick_match(true)).setup.name.text(), "1");
    const auto fill = [&](std::string_view name, int players) {
        for (int i = 0; i < players; ++i) rooms.on_enter(sure(rooms.find(name)).setup.number);
    };
    fill("2", 1);
    EXPECT_EQ(sure(rooms.quick_match(true)).setup.name.text(), "2");
    EXPECT_EQ(sure(rooms.quick_match(true, 0)).setup.name.text(), "1");
    fill("2", 3);
    EXPECT_EQ(sure(rooms.quick_match(true)).setup.name.text(), "1");
    fill("1", 4);
    rooms.find_or_reserve("3");
    fill("3", 4);
    EXPECT_EQ(sure(rooms.quick_match(false)).setup.name.text(), "4");
    EXPECT_FALSE(rooms.find("4"));  // It was only asked for.
    EXPECT_EQ(sure(rooms.quick_match(true)).setup.name.text(), "4");
    EXPECT_TRUE(rooms.find("4"));
    fill("4", 4);
    EXPECT_FALSE(rooms.quick_match(false));
    EXPECT_FALSE(rooms.quick_match(true));
}

TEST(RoomDirectory, TakesTheFirstSectionThatFits) {
    auto with_options = limits(1, 8, 1);
    with_options.options.every = {.bots = 1};
    with_options.options.sections = {{.pattern = "duel", .choice = {.players_max = 2}},
                                     {.pattern = "duel*", .choice = {.players_max = 3, .seed = 7}},
                                     {.pattern = "*", .choice = {.bots = 9}}};
    RoomDirectory rooms(with_options);
    const RoomSetup duel = sure(rooms.find_or_reserve("duel")).setup;
    const RoomSetup duels = sure(rooms.find_or_reserve("duels")).setup;
    const RoomSetup other = sure(rooms.find_or_reserve("other")).setup;
    EXPECT_EQ(duel.players_max, 2U);
    EXPECT_EQ(duel.bots, 1U);
    EXPECT_EQ(duels.players_max, 3U);
    EXPECT_EQ(duels.seed, 7U);
    EXPECT_EQ(other.players_max, 4U);
    EXPECT_EQ(other.bots, 9U);
}

// Goal: whatever happens, what it counts is what came and went. Method: a table of our own.
class RoomDirectoryAtRandom : public testing::Test {
protected:
    static constexpr std::uint64_t seed = 20261123;
    static constexpr std::uint32_t rooms_max = 6;
    static constexpr std::uint32_t shards = 3;

    void come_or_go(const std::string& name) {
        const auto way = rooms.find_or_reserve(name);
        ASSERT_EQ(way.has_value(), players.contains(name) || players.size() < rooms_max);
        if (!way) return;
        std::uint32_t& there = players[name];
        if (rng.chance(50) && there < way->setup.players_max) {
            rooms.on_enter(way->setup.number);
            there += 1;
        } else if (there > 0) {
            rooms.on_leave(way->setup.number);
            there -= 1;
        }
    }

    void pass_second_and_compare() {
        for (std::uint32_t shard = 0; shard < shards; ++shard) {
            rooms.pass_second(shard, 1, [](std::uint32_t) { return true; });
        }
        std::map<std::string, std::uint32_t> listed;
        rooms.for_each([&](const RoomSetup& setup, std::uint32_t, std::uint32_t count) {
            listed[std::string(setup.name.text())] = count;
        });
        for (const auto& [room, count] : players) {
            const std::uint32_t told = listed.contains(room) ? listed[room] : 0;
            ASSERT_EQ(told, count) << room;
        }
        std::erase_if(players, [&](const auto& room) { return !listed.contains(room.first); });
    }

    Rng rng{seed};
    RoomDirectory rooms{limits(2, rooms_max, shards)};
    std::map<std::string, std::uint32_t> players{{"1", 0}, {"2", 0}};
};

TEST_F(RoomDirectoryAtRandom, CountsWhoIsWhere) {
    for (int step = 0; step < 20'000; ++step) {
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", step " << step);
        come_or_go(std::to_string(rng.below(12)));
        if (rng.chance(5)) pass_second_and_compare();
        if (HasFatalFailure()) return;
    }
}

// All that one thread does to it.
void ask_and_end(RoomDirectory& rooms, std::uint32_t shard) {
    Rng rng(shard);
    for (int i = 0; i < 2'000; ++i) {
        const auto way = rng.chance(50) ? rooms.quick_match(true, shard)
                                        : rooms.find_or_reserve(std::to_string(rng.below(20)));
        rooms.find("1");
        rooms.pass_second(shard, 0, [](std::uint32_t) { return true; });
        rooms.for_each([](const RoomSetup&, std::uint32_t, std::uint32_t) {});
        if (!way) continue;
        // Nobody else ends what is this thread's.
        const auto still = rooms.find(way->setup.name.text());
        if (!still || still->setup.number != way->setup.number || still->shard != shard) continue;
        rooms.on_enter(way->setup.number);
        rooms.on_leave(way->setup.number);
    }
}

// For ThreadSanitizer.
TEST(RoomDirectory, IsForManyThreads) {
    constexpr std::uint32_t shards = 4;
    RoomDirectory rooms(limits(2, 16, shards));
    std::vector<std::thread> threads;
    threads.reserve(shards);
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        threads.emplace_back(ask_and_end, std::ref(rooms), shard);
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(rooms.find("1"));
    EXPECT_TRUE(rooms.find("2"));
}

}  // namespace
}  // namespace ringtick
