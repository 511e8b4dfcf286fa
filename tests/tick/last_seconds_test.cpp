#include "tick/last_seconds.hpp"

#include "base/rng.hpp"
#include "tick/nowhere.hpp"
#include "tick/playback.hpp"
#include "tick/recorded_file.hpp"
#include "tick/saved_game.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringtick {
namespace {

using test::Bytes;
using test::SavedGame;

constexpr std::uint32_t rate_hz = 30;
constexpr std::uint32_t seconds = 14;
constexpr std::uint16_t players = SavedGame::players_max;
constexpr std::uint64_t part_ticks = 60;  // Of 14 seconds there are seven whole parts.

// A room in which a game is played and kept, and what its recording says.
class LastSecondsTest : public testing::Test {
protected:
    explicit LastSecondsTest(std::size_t memory_size = 1 << 20)
        : memory(memory_size),
          scratch(1 << 17),
          kept(memory, scratch, {.rate_hz = rate_hz, .seconds = seconds}) {}

    void join(std::uint16_t slot) {
        const ResumeToken digest{.first = rng.next(), .second = rng.next()};
        kept.join({slot}, digest);
        game.on_join({slot});
        game.on_token({slot}, IssuedToken::recorded(digest));
        here.at(slot) = true;
    }
    void leave(std::uint16_t slot) {
        kept.leave({slot});
        game.on_leave({slot});
        here.at(slot) = false;
    }
    void step(const std::vector<Command>& commands = {}) {
        for (const Command& command : commands) kept.command(command);
        game.tick(++tick, commands, outbox);
        kept.tick(tick, game);
    }
    void steps(std::uint64_t count) {
        for (; count > 0; --count) step();
    }
    // Everybody comes, goes, and says up to so many bytes.
    void live(std::uint32_t ticks, std::uint32_t size_max) {
        for (; ticks > 0; --ticks) {
            come_and_go();
            std::vector<Bytes> said;
            std::vector<Command> commands;
            said.reserve(players);
            for (std::uint16_t slot = 0; slot < players; ++slot) {
                if (!here.at(slot) || rng.chance(50)) continue;
                said.emplace_back(rng.below(size_max + 1), std::byte{7});
                commands.push_back({.player = {slot}, .bytes = said.back()});
            }
            if (rng.chance(10)) commands.push_back({operator_id, as_bytes("go")});
            if (rng.chance(2)) tick += rng.below(3);  // Forgiven after a stall.
            step(commands);
        }
    }
    void come_and_go() {
        for (std::uint16_t slot = 0; slot < players; ++slot) {
            if (!rng.chance(5)) continue;
            if (here.at(slot)) {
                leave(slot);
            } else {
                join(slot);
            }
        }
    }

    Bytes file() {
        RecordHeader header = test::header_of_one_room();
        header.rate_hz = rate_hz;
        Bytes bytes(LastSeconds::file_size_max(memory.size()));
        bytes.resize(kept.write_file(header, bytes));
        return bytes;
    }
    // Plays all of what is kept up to now, and holds it against the game. Returns the ticks.
    std::uint64_t expect_all_there() {
        const Bytes bytes = file();
        RecordReader reader;
        EXPECT_EQ(reader.open(bytes), RecordReader::Opened::fine);
        SavedGame played;
        Playback playback(reader, 0, {.game = &played, .outbox = &outbox});
        EXPECT_FALSE(playback.is_state_refused());
        const std::uint64_t first = playback.first_tick();
        while (playback.advance() == Playback::State::playing) {
        }
        EXPECT_EQ(playback.tail(), RecordReader::State::ended);
        EXPECT_EQ(played.last_tick(), tick);
        EXPECT_EQ(played.state_hash(), game.state_hash());
        EXPECT_EQ(tick - first, kept.ticks());
        hashes = playback.hashes_verified();
        return kept.ticks();
    }

    Bytes memory;
    Bytes scratch;
    LastSeconds kept;
    SavedGame game;
    Nowhere outbox;
    Rng rng{20'261'122};
    std::array<bool, players> here{};
    std::uint64_t tick = 0;
    std::uint64_t hashes = 0;
};

TEST_F(LastSecondsTest, KeepsNothingBeforeTheFirstTick) {
    join(1);
    EXPECT_TRUE(file().empty());
    EXPECT_EQ(kept.ticks(), 0U);
    EXPECT_EQ(kept.size(), 0U);
    step();
    EXPECT_EQ(expect_all_there(), 0U) << "the state of now";
}

TEST_F(LastSecondsTest, IsARecordingFromAStateUpToNow) {
    join(1);
    step();
    leave(1);
    join(2);
    step({{.player = {2}, .bytes = as_bytes("hi")}});
    step();
    EXPECT_EQ(test::story_of(file()), "S1 l1 j2 c2:hi t2 ended");
    step();
    EXPECT_EQ(test::story_of(file()), "S1 l1 j2 c2:hi t2 t1 ended") << "asked for again";
}

// Goal: what is kept is at least what was asked for, and not much more.
TEST_F(LastSecondsTest, KeepsAsManySecondsAsItWasAskedFor) {
    join(0);
    steps(std::uint64_t{seconds} * rate_hz + 1);
    for (std::uint64_t i = 0; i < 3 * part_ticks; ++i) {
        step();
        ASSERT_GE(kept.ticks(), std::uint64_t{seconds} * rate_hz);
        ASSERT_LE(kept.ticks(), std::uint64_t{seconds} * rate_hz + part_ticks);
    }
    EXPECT_GE(expect_all_there(), std::uint64_t{seconds} * rate_hz);
    EXPECT_GE(hashes, std::uint64_t{seconds});
}

// Goal: wherever it begins and ends, it is the match that was played.
TEST_F(LastSecondsTest, IsTheMatchThatWasPlayedWhateverHappensInIt) {
    SCOPED_TRACE("seed 20261122");
    std::uint64_t verified = 0;
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
        live(1 + rng.below(40), 60);
        expect_all_there();
        verified += hashes;
    }
    EXPECT_GT(verified, 100U);
}

TEST_F(LastSecondsTest, IsFoundDamagedWhateverByteIsChanged) {
    live(20, 3);
    const Bytes whole = file();
    const std::string story = test::story_of(whole);
    ASSERT_TRUE(story.ends_with("ended")) << story;
    for (std::size_t place = 0; place < whole.size(); ++place) {
        Bytes changed = whole;
        changed[place] ^= std::byte{0x10};
        const std::string found = test::story_of(changed);
        EXPECT_FALSE(found.ends_with("ended")) << place;
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string found = test::story_of(std::span(whole).first(size));
        EXPECT_FALSE(found.ends_with("ended")) << size;
    }
}

// To save one costs the same whether it fits or not, so it is tried as often as if it did.
TEST_F(LastSecondsTest, KeepsNothingWhileAStateDoesNotFit) {
    game.resize_state(100'000);
    steps(5);
    EXPECT_TRUE(kept.is_too_small());
    EXPECT_TRUE(file().empty());
    game.resize_state(10'000);
    steps(part_ticks - 5);
    EXPECT_TRUE(kept.is_too_small());
    step();
    EXPECT_FALSE(kept.is_too_small());
    EXPECT_EQ(expect_all_there(), 0U);
    EXPECT_FALSE(file().empty());
}

TEST_F(LastSecondsTest, KeepsNothingOfAGameThatCannotBeSaved) {
    game.resize_state(SavedGame::cannot_save);
    steps(100);
    EXPECT_FALSE(kept.is_too_small());
    EXPECT_TRUE(file().empty());
}

class LittleMemory : public LastSecondsTest {
protected:
    LittleMemory() : LastSecondsTest(LastSeconds::memory_min) {}
};

TEST_F(LittleMemory, KeepsAShorterTimeAndThatWhole) {
    SCOPED_TRACE("seed 20261122");
    std::uint64_t longest = 0;
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
        live(30, 400);
        longest = std::max(longest, expect_all_there());
        ASSERT_LE(kept.size(), LastSeconds::memory_min);
    }
    EXPECT_GT(longest, 60U);
    EXPECT_LT(longest, std::uint64_t{seconds} * rate_hz) << "it was not too little";
}

// A part has 8 KiB: a tick may bring a quarter of it at least.
TEST_F(LittleMemory, BeginsAnewBehindATickThatBringsTooMuch) {
    join(1);
    steps(10);
    const Bytes much(2'000, std::byte{1});
    step({{.player = {1}, .bytes = much}});
    EXPECT_EQ(expect_all_there(), 10U);
    const Bytes too_much(8'000, std::byte{1});
    step({{.player = {1}, .bytes = too_much}, {.player = {1}, .bytes = as_bytes("x")}});
    EXPECT_EQ(expect_all_there(), 0U);
    steps(3);
    EXPECT_EQ(expect_all_there(), 3U);
}

TEST_F(LittleMemory, BeginsAPartInTimeForATickThatBringsAQuarter) {
    join(1);
    const Bytes quarter(1'900, std::byte{1});
    for (int i = 0; i < 100; ++i) {
        step({{.player = {1}, .bytes = quarter}});
        ASSERT_GE(kept.ticks(), std::min<std::uint64_t>(tick - 1, 10)) << tick;
    }
    expect_all_there();
}

TEST(LastSecondsOfRooms, BeginTheirPartsInDifferentTicks) {
    Nowhere outbox;
    std::vector<std::uint64_t> ticks;
    for (std::uint32_t room = 0; room < 3; ++room) {
        Bytes memory(LastSeconds::memory_min);
        Bytes scratch(1'000);
        LastSeconds kept(memory, scratch, {.rate_hz = rate_hz, .seconds = seconds, .room = room});
        SavedGame game;
        std::uint64_t tick = 0;
        while (kept.ticks() < 20 * part_ticks && tick < 1'000) {
            game.tick(++tick, {}, outbox);
            kept.tick(tick, game);
        }
        ticks.push_back(kept.ticks());
    }
    EXPECT_NE(ticks[0], ticks[1]);
    EXPECT_NE(ticks[1], ticks[2]);
}

}  // namespace
}  // namespace ringtick
