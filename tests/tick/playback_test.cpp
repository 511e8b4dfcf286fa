#include "tick/playback.hpp"

#include "base/assert.hpp"
#include "base/rng.hpp"
#include "base/varint.hpp"
#include "tick/recorded_file.hpp"
#include "tick/saved_game.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringtick {
namespace {

using test::Bytes;
using test::RecordedFile;

// Its state is the story of what it was told; it insists on what the server promises.
class StoryGame final : public Game {
public:
    void on_join(PlayerId player) override {
        ASSERT(!present.at(player.slot));
        present.at(player.slot) = true;
        story += "+" + std::to_string(player.slot) + " ";
    }
    void on_token(PlayerId player, const IssuedToken& token) override {
        ASSERT(present.at(player.slot));
        ASSERT(token.plain == token.digest);
        const ResumeToken& digest = token.digest;
        if (digest.none()) return;
        story += "(" + std::to_string(digest.first) + "," + std::to_string(digest.second) + ") ";
    }
    void on_leave(PlayerId player) override {
        ASSERT(present.at(player.slot));
        present.at(player.slot) = false;
        story += "-" + std::to_string(player.slot) + " ";
    }
    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) override {
        ASSERT(tick > last_tick);
        last_tick = tick;
        for (const Command& command : commands) {
            ASSERT(command.player == operator_id || present.at(command.player.slot));
            story += std::to_string(command.player.slot) + ":" +
                     std::string(as_text(command.bytes)) + " ";
            outbox.send(command.player, command.bytes);
        }
        story += "t" + std::to_string(tick) + " ";
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }
    bool obeys(std::span<const std::byte> order) const override { return order.size() < 3; }
    std::uint64_t state_hash() const override { return std::hash<std::string>()(story); }

    std::string story;
    std::array<bool, 4> present{};
    std::uint64_t last_tick = 0;
};

class CountingOutbox final : public Outbox {
public:
    void send(PlayerId, std::span<const std::byte>) override { messages += 1; }
    int messages = 0;
};

// Two rooms, and a recording of them that is played as it was made.
class PlaybackTest : public testing::Test {
protected:
    std::vector<Playback::Stage> stages(std::array<StoryGame, 2>& games) {
        return {{.game = &games[0], .outbox = &outbox}, {.game = &games[1], .outbox = &outbox}};
    }

    // Plays the file. Returns how that ended.
    Playback::State play() {
        EXPECT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
        playback = std::make_unique<Playback>(reader, stages(played));
        Playback::State state = Playback::State::playing;
        while (state == Playback::State::playing) state = playback->advance();
        return state;
    }

    RecordedFile file;
    std::array<StoryGame, 2> recorded;
    std::array<StoryGame, 2> played;
    CountingOutbox outbox;
    RecordReader reader;
    std::unique_ptr<Playback> playback;
};

Bytes record_of(std::uint64_t head, std::string_view rest = {}) {
    Bytes bytes(varint_size_max);
    bytes.resize(write_varint(bytes, head));
    const auto more = as_bytes(rest);
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
}

Bytes record_of(RecordKind kind, std::uint64_t number, std::string_view rest = {}) {
    return record_of(number << record_kind_bits | static_cast<std::uint8_t>(kind), rest);
}

TEST_F(PlaybackTest, TellsTheGamesWhatTheyWereToldInThatOrder) {
    RecordWriter& writer = file.writer;
    writer.join(0, {1}, {.first = ~std::uint64_t{}, .second = 7});
    file.say(0, 1, "hi");
    writer.tick(1);
    writer.tick(2);
    file.write();
    file.say(0, 1, "a");
    writer.join(1, {3}, {});
    file.write();  // A tick may lie in two blocks.
    file.say(0, 1, "b");
    writer.tick(5);
    writer.leave(0, {1});
    writer.tick(6);
    writer.end();
    file.write();
    EXPECT_EQ(play(), Playback::State::over);
    EXPECT_EQ(playback->tail(), RecordReader::State::ended);
    EXPECT_EQ(played[0].story, "+1 (18446744073709551615,7) 1:hi t1 t2 1:a 1:b t5 -1 t6 ");
    EXPECT_EQ(played[1].story, "t1 t2 +3 t5 t6 ");
    EXPECT_EQ(playback->ticks_played(), 4U);
    EXPECT_EQ(playback->tick(), 6U);
    EXPECT_EQ(outbox.messages, 3);
}

TEST_F(PlaybackTest, PlaysOneTickAtATime) {
    for (std::uint64_t tick = 1; tick <= 3; ++tick) file.writer.tick(tick);
    file.write();
    ASSERT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
    playback = std::make_unique<Playback>(reader, stages(played));
    for (std::uint64_t tick = 1; tick <= 3; ++tick) {
        EXPECT_EQ(playback->advance(), Playback::State::playing);
        EXPECT_EQ(playback->tick(), tick);
    }
    EXPECT_EQ(playback->advance(), Playback::State::over);
    EXPECT_EQ(playback->advance(), Playback::State::over);
    EXPECT_EQ(playback->tail(), RecordReader::State::cut);
}

TEST_F(PlaybackTest, HoldsEveryStateAgainstTheRecorded) {
    for (std::uint64_t tick = 1; tick <= 4; ++tick) {
        for (std::uint32_t room = 0; room < 2; ++room) {
            recorded[room].tick(tick, {}, outbox);
        }
        file.writer.tick(tick);
        file.writer.hash(1, recorded[1].state_hash());
        if (tick == 3) file.writer.hash(0, recorded[0].state_hash() + 1);
    }
    file.write();
    EXPECT_EQ(play(), Playback::State::diverged);
    EXPECT_EQ(playback->tick(), 3U);
    EXPECT_EQ(playback->divergence().room, 0U);
    EXPECT_EQ(playback->divergence().recorded, playback->divergence().played + 1);
    EXPECT_EQ(playback->hashes_verified(), 3U);
}

TEST_F(PlaybackTest, PlaysOneRoomAlone) {
    file.writer.join(0, {2}, {});
    file.writer.join(1, {1}, {});
    file.say(0, 2, "elsewhere");
    file.writer.tick(1);
    file.writer.hash(0, 1);  // Not the state of anything.
    file.writer.leave(1, {1});
    file.writer.join(1, {1}, {});
    file.writer.tick(2);
    file.write();
    ASSERT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
    const Playback::Stage stage{.game = &played[1], .outbox = &outbox};
    playback = std::make_unique<Playback>(reader, 1, stage);
    EXPECT_EQ(playback->advance(), Playback::State::playing);
    EXPECT_EQ(playback->advance(), Playback::State::playing);
    EXPECT_EQ(playback->advance(), Playback::State::over);
    EXPECT_EQ(played[1].story, "+1 t1 -1 +1 t2 ");
}

// What was said of the tick in which it was too much is no tick of it.
TEST_F(PlaybackTest, PlaysTheOtherRoomsOnWhereTheRecordOfOneEnds) {
    const std::string token(ResumeToken::size, '\0');
    Bytes payload;
    for (const Bytes& record :
         {record_of(RecordKind::join, 1, token), record_of(RecordKind::ticks, 2),
          record_of(RecordKind::command, 1, {"\1x", 2}), record_of(RecordKind::end, end_of_room),
          record_of(RecordKind::ticks, 1), record_of(RecordKind::room, 1),
          record_of(RecordKind::join, 2, token), record_of(RecordKind::ticks, 1),
          record_of(RecordKind::end, end_of_all)}) {
        payload.insert(payload.end(), record.begin(), record.end());
    }
    file.append_block(payload);
    EXPECT_EQ(play(), Playback::State::over);
    EXPECT_EQ(playback->tail(), RecordReader::State::ended);
    EXPECT_EQ(playback->rooms_over(), 1U);
    EXPECT_EQ(played[0].story, "+1 t1 t2 ");
    EXPECT_EQ(played[1].story, "t1 t2 t3 +2 t4 ");

    // Of itself alone there are two ticks.
    played = {};
    playback = std::make_unique<Playback>(reader, 0,
                                          Playback::Stage{.game = &played[0], .outbox = &outbox});
    EXPECT_EQ(playback->advance(), Playback::State::playing);
    EXPECT_EQ(playback->advance(), Playback::State::playing);
    EXPECT_EQ(playback->advance(), Playback::State::over);
    EXPECT_EQ(playback->advance(), Playback::State::over);
    EXPECT_EQ(played[0].story, "+1 t1 t2 ");
}

TEST_F(PlaybackTest, TakesNoMoreOfARoomThatHasEnded) {
    const std::string token(ResumeToken::size, '\0');
    Bytes payload = record_of(RecordKind::end, end_of_room);
    const Bytes more = record_of(RecordKind::join, 1, token);
    payload.insert(payload.end(), more.begin(), more.end());
    file.append_block(payload);
    EXPECT_EQ(play(), Playback::State::over);
    EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
    EXPECT_EQ(played[0].story, "");
}

TEST_F(PlaybackTest, LeavesOutTheTickThatWasNotWrittenToItsEnd) {
    file.writer.join(0, {1}, {});
    file.writer.tick(1);
    file.say(0, 1, "lost");
    file.write();
    EXPECT_EQ(play(), Playback::State::over);
    EXPECT_EQ(played[0].story, "+1 t1 ");
}

TEST_F(PlaybackTest, RefusesWhatNoServerTellsAGame) {
    const Bytes before = file.bytes;
    const std::string token(ResumeToken::size, '\0');
    for (const Bytes& record :
         {record_of(RecordKind::leave, 1), record_of(RecordKind::join, 4, token),
          record_of(RecordKind::join, 1, token.substr(1)),
          record_of(RecordKind::join, 70'000, token), record_of(RecordKind::command, 1, {"\1x", 2}),
          record_of(RecordKind::command, 99, {"\0", 1}), record_of(RecordKind::room, 2),
          record_of(RecordKind::ticks, 0), record_of(RecordKind::ticks, record_ticks_max + 1),
          record_of(RecordKind::skip, ~std::uint64_t{} >> record_kind_bits),
          record_of(RecordKind::end, 2)}) {
        file.bytes = before;
        file.append_block(record);
        EXPECT_EQ(play(), Playback::State::over);
        EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
        EXPECT_EQ(played[0].story + played[1].story, "");
    }
}

// A state as SavedGame has it, with who is there.
Bytes state_of(std::uint64_t tick, std::string_view present) {
    std::string state("S");
    state += present;
    state += std::string(7, '\0') + "\1";  // Its hash.
    Bytes record =
        record_of(tick << record_kind_bits | static_cast<std::uint8_t>(RecordKind::state));
    record.push_back(static_cast<std::byte>(state.size()));
    const auto bytes = as_bytes(state);
    record.insert(record.end(), bytes.begin(), bytes.end());
    return record;
}
const std::string_view first_is_there("\1\0\0\0", 4);

class FromAState : public testing::Test {
protected:
    Playback::State play(const std::vector<Bytes>& records) {
        Bytes payload;
        for (const Bytes& record : records) {
            payload.insert(payload.end(), record.begin(), record.end());
        }
        file = RecordedFile(test::header_of_one_room());
        file.append_block(payload);
        return play_file(0);
    }
    Playback::State play_file(std::uint32_t room) {
        game = test::SavedGame();
        EXPECT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
        playback = std::make_unique<Playback>(reader, room,
                                              Playback::Stage{.game = &game, .outbox = &outbox});
        Playback::State state = Playback::State::playing;
        while (state == Playback::State::playing) state = playback->advance();
        return state;
    }

    RecordedFile file;
    test::SavedGame game;
    CountingOutbox outbox;
    RecordReader reader;
    std::unique_ptr<Playback> playback;
    const std::string token = std::string(ResumeToken::size, '\0');
    const Bytes end = record_of(RecordKind::end, end_of_all);
};

TEST_F(FromAState, GoesOnBehindItsTickWithThoseWhoWereThere) {
    play({state_of(500, first_is_there), record_of(RecordKind::command, 0, {"\1x", 2}),
          record_of(RecordKind::ticks, 2), record_of(RecordKind::leave, 0),
          record_of(RecordKind::join, 1, token), record_of(RecordKind::ticks, 1), end});
    EXPECT_EQ(playback->tail(), RecordReader::State::ended);
    EXPECT_EQ(playback->first_tick(), 500U);
    EXPECT_EQ(playback->tick(), 503U);
    EXPECT_EQ(playback->ticks_played(), 3U);
    EXPECT_EQ(game.last_tick(), 503U);
    EXPECT_TRUE(game.is_present({1}));
    EXPECT_FALSE(game.is_present({0}));
}

TEST_F(FromAState, IsAtItsTickBeforeAnythingIsPlayed) {
    file = RecordedFile(test::header_of_one_room());
    file.append_block(state_of(500, first_is_there));
    ASSERT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
    playback =
        std::make_unique<Playback>(reader, 0, Playback::Stage{.game = &game, .outbox = &outbox});
    EXPECT_EQ(playback->tick(), 500U);
    EXPECT_TRUE(game.is_present({0}));
}

TEST_F(FromAState, IsBegunWithAnyStateOfItsRoomWhateverWasSaidOfOthers) {
    file = RecordedFile();
    test::SavedGame recorded;
    std::array<std::byte, test::SavedGame::state_size_least> state{};
    file.writer = RecordWriter(65'536, 2, 1'000);
    file.writer.join(0, {1}, {});
    file.writer.join(1, {2}, {});
    recorded.on_join({2});
    recorded.on_token({2}, {});
    for (std::uint64_t tick = 1; tick <= 9; ++tick) {
        file.say(1, 2, "x");
        recorded.tick(tick, {{{.player = {2}, .bytes = as_bytes("x")}}}, outbox);
        file.writer.tick(tick);
        if (tick != 5) continue;
        recorded.save_state(state);
        ASSERT_TRUE(file.writer.state(1, state));
        ASSERT_TRUE(file.writer.state(0, state));
        file.writer.leave(0, {1});
    }
    file.writer.hash(1, recorded.state_hash());
    file.write();

    EXPECT_EQ(play_file(1), Playback::State::over);
    EXPECT_EQ(playback->ticks_played(), 9U) << "who plays all of it passes the state";
    EXPECT_EQ(playback->hashes_verified(), 1U);

    ASSERT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
    RecordReader at = reader;
    Record record;
    for (RecordReader ahead = at; record.kind != RecordKind::state; at = ahead) {
        ASSERT_EQ(ahead.next(record), RecordReader::State::record);
        if (record.kind == RecordKind::state) break;
    }
    game = test::SavedGame();
    Playback from = Playback::from_state(at, 1, {.game = &game, .outbox = &outbox});
    EXPECT_EQ(from.tick(), 5U);
    while (from.advance() == Playback::State::playing) {
    }
    EXPECT_EQ(from.tail(), RecordReader::State::cut);
    EXPECT_EQ(from.ticks_played(), 4U);
    EXPECT_EQ(from.hashes_verified(), 1U);
    EXPECT_EQ(game.state_hash(), recorded.state_hash());

    Playback wrong = Playback::from_state(reader, 1, {.game = &game, .outbox = &outbox});
    EXPECT_EQ(wrong.advance(), Playback::State::over) << "what comes next there is no state";
    EXPECT_EQ(wrong.tail(), RecordReader::State::damaged);
}

TEST_F(FromAState, RefusesWhatIsNoBeginning) {
    const Bytes one = record_of(RecordKind::ticks, 1);
    const Bytes state = state_of(500, first_is_there);
    const std::vector<std::vector<Bytes>> files{
        {one, state, one, end},
        {record_of(RecordKind::join, 1, token), state, one, end},
        {record_of(RecordKind::skip, 3), state, one, end},
        {state, state, one, end},
        {state_of(0, first_is_there), one, end},
        {state_of(record_ticks_max + 1, first_is_there), one, end},
        {state_of(record_ticks_max, first_is_there), one, end},
        {state, record_of(RecordKind::join, 0, token), one, end},
        {state, record_of(RecordKind::leave, 1), one, end},
        {state, record_of(RecordKind::command, 1, {"\1x", 2}), one, end}};
    for (const std::vector<Bytes>& records : files) {
        EXPECT_EQ(play(records), Playback::State::over);
        EXPECT_EQ(playback->tail(), RecordReader::State::damaged) << &records - files.data();
        EXPECT_FALSE(playback->is_state_refused());
    }
}

TEST_F(FromAState, SaysThatTheGameKnowsNoSuchState) {
    for (const Bytes& state : {state_of(500, {"\1\0\0\2", 4}), state_of(500, {"\1", 1})}) {
        EXPECT_EQ(play({state, record_of(RecordKind::ticks, 1), end}), Playback::State::over);
        EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
        EXPECT_TRUE(playback->is_state_refused());
        EXPECT_EQ(playback->ticks_played(), 0U);
    }
}

TEST_F(FromAState, RefusesAStateThatIsLargerThanItsBlock) {
    Bytes state = state_of(500, first_is_there);
    state.resize(state.size() - 1);
    EXPECT_EQ(play({state}), Playback::State::over);
    EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
    EXPECT_EQ(playback->first_tick(), 0U);
}

// Who is there in a room that is not played nobody knows, so what is said of them is not judged.
TEST_F(FromAState, PlaysOneOfTwoRooms) {
    const Bytes second = record_of(RecordKind::room, 1);
    const Bytes first = record_of(RecordKind::room, 0);
    Bytes payload;
    for (const Bytes& record :
         {state_of(500, first_is_there), second, state_of(500, first_is_there), first,
          record_of(RecordKind::leave, 0), second, record_of(RecordKind::command, 0, {"\1x", 2}),
          record_of(RecordKind::ticks, 1), end}) {
        payload.insert(payload.end(), record.begin(), record.end());
    }
    file.append_block(payload);
    for (const std::uint32_t room : {0U, 1U}) {
        EXPECT_EQ(play_file(room), Playback::State::over);
        EXPECT_EQ(playback->tail(), RecordReader::State::ended);
        EXPECT_EQ(game.last_tick(), 501U);
        EXPECT_EQ(game.is_present({0}), room == 1);
    }
}

TEST_F(FromAState, RefusesRoomsThatBeginInDifferentTicks) {
    Bytes payload = state_of(500, first_is_there);
    for (const Bytes& record : {record_of(RecordKind::room, 1), state_of(501, first_is_there),
                                record_of(RecordKind::ticks, 1), end}) {
        payload.insert(payload.end(), record.begin(), record.end());
    }
    file.append_block(payload);
    EXPECT_EQ(play_file(0), Playback::State::over);
    EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
}

// An operator is no player: nobody joined, and the order counts all the same.
TEST_F(FromAState, TellsTheGameOfAnOperatorsOrders) {
    play({record_of(RecordKind::command, operator_id.slot, {"\1x", 2}),
          record_of(RecordKind::ticks, 1), end});
    EXPECT_EQ(playback->tail(), RecordReader::State::ended);
    const std::uint64_t ordered = game.state_hash();
    play({record_of(RecordKind::ticks, 1), end});
    EXPECT_NE(game.state_hash(), ordered);
    play({record_of(RecordKind::command, operator_id.slot - 1, {"\1x", 2}),
          record_of(RecordKind::ticks, 1), end});
    EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
    // No order that the game could obey was ever given.
    play({record_of(RecordKind::command, operator_id.slot, {"\3xxx", 4}),
          record_of(RecordKind::ticks, 1), end});
    EXPECT_EQ(playback->tail(), RecordReader::State::damaged);
}

// Goal: a game may believe what it is told, whatever the file says.
// Method: random records with small numbers, of a game that asserts.
TEST_F(PlaybackTest, NoFileBreaksAGamesBeliefs) {
    const Bytes before = file.bytes;
    std::uint64_t ticks = 0;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        file.bytes = before;
        played = {};
        Bytes payload;
        for (int records = 0; records < 30; ++records) {
            const auto kind = static_cast<RecordKind>(rng.below(6));
            const bool orders = kind == RecordKind::command && rng.chance(20);
            const Bytes record = record_of(kind, orders ? operator_id.slot : rng.below(5));
            payload.insert(payload.end(), record.begin(), record.end());
            if (kind == RecordKind::command) payload.push_back(std::byte{0});
            if (kind == RecordKind::join) payload.resize(payload.size() + ResumeToken::size);
        }
        file.append_block(payload);
        EXPECT_EQ(play(), Playback::State::over);
        ticks += playback->ticks_played();
    }
    EXPECT_GT(ticks, 0U);
}

}  // namespace
}  // namespace ringtick
