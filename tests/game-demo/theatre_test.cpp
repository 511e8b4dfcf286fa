// The theatre as the page has it, but for this machine's compiler and sanitizers. What a page does
// with it is in replay_module_test.mjs.
#include "railroids/theatre.hpp"

#include "tick/last_seconds.hpp"
#include "tick/rules_match.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

using ringtick::LastSeconds;
using ringtick::RulesMatch;
using ringtick::ShowRefusal;

constexpr std::uint16_t people = 4;
constexpr std::uint16_t bots = 30;

// The last seconds of a match, as a server gives them away, and the states that it was in.
class TheatreTest : public testing::Test {
protected:
    static std::uint64_t rules() {
        Railroids game({.seed = RulesMatch::seed,
                        .players_max = RulesMatch::players_max,
                        .bots = RulesMatch::bots});
        return RulesMatch::play(game, default_tick_rate_hz);
    }

    TheatreTest() {
        Match match({.seed = 9, .players_max = people, .bots = bots});
        std::vector<std::byte> scratch(match.game.state_size_max());
        std::vector<std::byte> memory(1 << 20);
        LastSeconds kept(memory, scratch, {.rate_hz = default_tick_rate_hz, .seconds = 14});
        while (match.tick < 900) {
            if (match.tick == 100) kept.join({0}, {});
            if (match.tick == 100) match.game.on_join({0});
            if (match.tick == 100) say(match, kept, hello("Ann"));
            const auto stamp = static_cast<std::uint32_t>(match.tick + 2);
            if (match.tick > 100) say(match, kept, input(stamp, Input::thrust | Input::fire));
            match.step();
            kept.tick(match.tick, match.game);
            hashes[match.tick] = match.game.state_hash();
        }
        file.resize(LastSeconds::file_size_max(memory.size()));
        file.resize(kept.write_file({.game = ShownRailroids::name,
                                     .schema = schema_hash(),
                                     .rules = rules(),
                                     .seed = 9,
                                     .rate_hz = default_tick_rate_hz,
                                     .rooms = 1,
                                     .players_max = people,
                                     .bots = bots,
                                     .bots_max = bots,
                                     .rewind_ms = 250},
                                    file));
    }
    static void say(Match& match, LastSeconds& kept, const Bytes& message) {
        kept.command({.player = {0}, .bytes = message});
        match.say(0, message);
    }
    void begin() {
        ASSERT_EQ(theatre.open(file), ShowRefusal::none);
        theatre.enter(0);
    }
    void play_to(std::uint64_t tick) {
        while (theatre.tick() < tick && theatre.play_tick()) {
            ASSERT_EQ(theatre.state_hash(), hashes.at(theatre.tick())) << theatre.tick();
        }
    }

    Bytes file;
    std::map<std::uint64_t, std::uint64_t> hashes;  // By tick.
    Theatre theatre;
};

TEST_F(TheatreTest, PlaysTheLastSecondsAsTheyWere) {
    begin();
    const std::uint64_t first = theatre.tick();
    EXPECT_GT(first, 100U) << "they begin in the middle of the match";
    EXPECT_EQ(theatre.last_tick(), 900U);
    play_to(900);
    EXPECT_FALSE(theatre.play_tick());
    EXPECT_TRUE(theatre.is_over());
    EXPECT_GT(theatre.hashes(), 10U);
    EXPECT_EQ(theatre.hashes_verified(), theatre.hashes());
    EXPECT_FALSE(theatre.diverged_at().has_value());
    EXPECT_EQ(theatre.tail(), Theatre::Tail::ended);
}

TEST_F(TheatreTest, GoesBackAndForthThroughTheSameStates) {
    begin();
    const std::uint64_t first = theatre.tick();
    play_to(900);
    for (const std::uint64_t tick : {first + 200, first + 3, std::uint64_t{890}, first}) {
        theatre.go_near(tick);
        EXPECT_LE(theatre.tick(), tick);
        play_to(tick);
        EXPECT_EQ(theatre.tick(), tick);
    }
}

TEST_F(TheatreTest, ShowsItsGuestThePlayersShip) {
    begin();
    play_to(theatre.tick() + 10);
    const auto client = std::make_unique<RailroidsClient>();
    ringtick::Nanoseconds now = std::chrono::seconds(5);
    client->start(now);
    theatre.join();
    Bytes message(64);
    message.resize(ClientSide::write_hello(std::string_view(""), {}, 0, message));
    theatre.say(message);
    for (int tick = 0; tick < 60; ++tick) {
        play_to(theatre.tick() + 1);
        now += std::chrono::milliseconds(33);
        for (const auto& letter : theatre.letters()) EXPECT_TRUE(client->on_message(letter, now));
        theatre.take_letters();
        Bytes snapshot(65'536);
        snapshot.resize(theatre.write_snapshot(snapshot));
        EXPECT_TRUE(client->on_message(snapshot, now));
        client->advance(now);
    }
    EXPECT_EQ(client->view().own_id, 0);
    EXPECT_EQ(client->view().server_tick, static_cast<std::int32_t>(theatre.tick()));
    EXPECT_STREQ(client->game().name_of(0), "Ann");
    EXPECT_TRUE(theatre.can_watch(people + 1)) << "a bot";
    EXPECT_EQ(theatre.next_subject(ringtick::overview, true), 0U);
}

TEST_F(TheatreTest, TellsThatAByteIsAnotherWhereverItIs) {
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    ringtick::Rng rng(seed);
    for (int i = 0; i < 60; ++i) {
        Bytes other = file;
        other[rng.below(static_cast<std::uint32_t>(other.size()))] ^= std::byte{4};
        if (theatre.open(other) != ShowRefusal::none) continue;
        theatre.enter(0);
        while (theatre.play_tick()) {
        }
        EXPECT_NE(theatre.tail(), Theatre::Tail::ended);
    }
}

}  // namespace
}  // namespace railroids
