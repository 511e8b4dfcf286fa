#include "server/room.hpp"

#include "server/token_digest.hpp"
#include "tick/playback.hpp"
#include "tick/recorded_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

// Writes down what it is told, as a story: "+1" joins, "-1" leaves, "1:hi" is a command.
class StoryGame final : public Game {
public:
    explicit StoryGame(std::string& story) : story_(story) {}

    void on_join(PlayerId player) override { story_ += "+" + name(player) + " "; }
    void on_leave(PlayerId player) override { story_ += "-" + name(player) + " "; }
    void on_token(PlayerId, const IssuedToken& token) override { tokens.push_back(token); }
    void tick(std::uint64_t tick, std::span<const Command> commands, Outbox& outbox) override {
        for (const Command& command : commands) {
            story_ += name(command.player) + ":" + std::string(as_text(command.bytes)) + " ";
            if (command.player == operator_id) continue;
            outbox.send(command.player, command.bytes);
            if (as_text(command.bytes) == "enough") outbox.close(command.player);
        }
        story_ += "t" + std::to_string(tick) + " ";
    }
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }
    bool obeys(std::span<const std::byte> order) const override {
        return as_text(order) != "impossible";
    }
    void on_rate(PlayerId viewer, std::uint32_t divisor, Outbox&) override {
        story_ += name(viewer) + "/" + std::to_string(divisor) + " ";
    }

    // Behind a "?", as much as makes a token.
    std::span<std::byte> secret_in(std::span<std::byte> message) override {
        const bool shows_one = message.size() >= 17 && message[0] == std::byte{'?'};
        return shows_one ? message.subspan(1, 16) : std::span<std::byte>();
    }

    std::vector<IssuedToken> tokens;

private:
    static std::string name(PlayerId player) { return std::to_string(player.slot); }

    std::string& story_;
};

using test::Bytes;

class RoomTest : public testing::Test {
protected:
    RoomTest()
        : room(std::make_unique<StoryGame>(story),
               {.players_max = 2, .inbox_messages = 4, .inbox_bytes = 64},
               bench.connections()) {}

    const std::vector<IssuedToken>& tokens() const {
        return static_cast<const StoryGame&>(room.game()).tokens;
    }

    std::string story;
    test::NetBench bench;
    Room room;
};

TEST_F(RoomTest, TheGameHearsOfEverythingAtTheTickInOrder) {
    const PlayerId player = room.enter({1, 1});
    room.push(player, as_bytes("hi"));
    EXPECT_EQ(story, "");
    room.tick(7);
    EXPECT_EQ(story, "+0 0:hi t7 ");
    room.push(player, as_bytes("bye"));
    room.leave(player);
    room.tick(8);
    EXPECT_EQ(story, "+0 0:hi t7 -0 t8 ");  // Who has left commands nothing.
    EXPECT_EQ(room.players(), 0U);
}

TEST_F(RoomTest, WhoComesAndGoesBetweenTwoTicksWasNeverThere) {
    const PlayerId player = room.enter({1, 1});
    room.push(player, as_bytes("hi"));
    room.leave(player);
    room.tick(1);
    EXPECT_EQ(story, "t1 ");
    EXPECT_FALSE(room.full());
}

TEST_F(RoomTest, ASeatIsLetAgainOnlyAfterTheGameHasHeardThatItIsFree) {
    const PlayerId first = room.enter({1, 1});
    room.enter({2, 1});
    EXPECT_TRUE(room.full());
    room.tick(1);
    room.leave(first);
    EXPECT_TRUE(room.full());
    room.tick(2);
    EXPECT_FALSE(room.full());
    EXPECT_EQ(room.enter({3, 1}), first);
    room.tick(3);
    EXPECT_EQ(story, "+0 +1 t1 -0 t2 +0 t3 ");
    EXPECT_EQ(room.viewers().size(), 2U);
}

TEST_F(RoomTest, TheGameHearsOfAPlayersRateOnceItKnowsThePlayer) {
    const PlayerId player = room.enter({1, 1});
    room.tell_rate(player, 2);
    room.tick(1);
    room.tell_rate(player, 3);
    EXPECT_EQ(story, "+0 t1 0/3 ");
}

TEST_F(RoomTest, EveryPlayerGetsATokenOfItsOwnWhoseDigestIsWrittenDown) {
    test::RecordedFile file;
    room.record_to(file.writer, 0);
    for (std::uint64_t tick = 1; tick <= 40; ++tick) {
        const PlayerId player = room.enter({1, 1});
        room.tick(tick);
        file.writer.tick(tick);
        room.leave(player);
    }
    file.write();
    ASSERT_EQ(tokens().size(), 40U);
    for (std::size_t i = 0; i < tokens().size(); ++i) {
        EXPECT_FALSE(tokens()[i].plain.none());
        EXPECT_EQ(tokens()[i].digest, digest_of(tokens()[i].plain));
        EXPECT_EQ(std::ranges::count(tokens(), tokens()[i].plain, &IssuedToken::plain), 1);
    }
    RecordReader reader;
    ASSERT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
    StoryGame played(story);
    Playback playback(reader, 0, {.game = &played, .outbox = &room});
    while (playback.advance() == Playback::State::playing) {
    }
    ASSERT_EQ(played.tokens.size(), tokens().size());
    for (std::size_t i = 0; i < tokens().size(); ++i) {
        EXPECT_EQ(played.tokens[i].plain, tokens()[i].digest) << "it is all that is known";
        EXPECT_EQ(played.tokens[i].digest, tokens()[i].digest);
    }
}

// FIPS 180-4: what `printf 0123456789abcdef | sha256sum` begins with.
TEST_F(RoomTest, ATokenThatIsShownIsReplacedByItsDigestBeforeAnybodySeesIt) {
    const PlayerId player = room.enter({1, 1});
    room.push(player, as_bytes("?0123456789abcdef!"));
    room.tick(1);
    constexpr std::array<unsigned char, 16> digest{0x9f, 0x9f, 0x51, 0x11, 0xf7, 0xb2, 0x7a, 0x78,
                                                   0x1f, 0x1f, 0x1d, 0xdd, 0xe5, 0xeb, 0xc2, 0xdd};
    const std::string shown(digest.begin(), digest.end());
    EXPECT_EQ(story, "+0 0:?" + shown + "! t1 ");
}

TEST_F(RoomTest, AnOrderComesWithTheTicksCommandsAndIsWrittenDown) {
    test::RecordedFile file(test::header_of_one_room());
    room.record_to(file.writer, 0);
    const PlayerId player = room.enter({1, 1});
    room.push(player, as_bytes("a"));
    EXPECT_TRUE(room.order(as_bytes("go")));
    room.tick(1);
    file.writer.tick(1);
    file.write();
    EXPECT_EQ(story, "+0 0:a 65535:go t1 ");
    EXPECT_EQ(test::story_of(file.bytes), "j0 c0:a c65535:go t1 cut");
    EXPECT_FALSE(room.order(Bytes(65))) << "there is no room for it";
    EXPECT_FALSE(room.order(as_bytes("impossible")));
}

TEST_F(RoomTest, WhatShowsNoTokenStaysAsItIs) {
    const PlayerId player = room.enter({1, 1});
    const std::string none("?" + std::string(16, '\0'));
    room.push(player, as_bytes(none));
    room.push(player, as_bytes("?0123456789abcde"));
    room.tick(1);
    EXPECT_EQ(story, "+0 0:" + none + " 0:?0123456789abcde t1 ");
}

// Four messages fit: two for whoever comes first, and one that is each player's own.
TEST_F(RoomTest, NobodyCanTakeAnothersPlaceInTheInbox) {
    const PlayerId greedy = room.enter({1, 1});
    const PlayerId modest = room.enter({2, 1});
    for (const char* text : {"a", "b", "c", "d", "e"}) room.push(greedy, as_bytes(text));
    room.push(modest, as_bytes("x"));
    room.push(modest, as_bytes("y"));
    room.tick(1);
    EXPECT_EQ(story, "+0 +1 0:a 0:b 1:x t1 ");
    EXPECT_EQ(room.messages_dropped(), 4U);
}

TEST_F(RoomTest, EveryTickBringsANewShare) {
    const PlayerId player = room.enter({1, 1});
    for (int tick = 1; tick <= 3; ++tick) {
        for (const char* text : {"a", "b", "c"}) room.push(player, as_bytes(text));
        room.tick(static_cast<std::uint64_t>(tick));
    }
    EXPECT_EQ(story, "+0 0:a 0:b t1 0:a 0:b t2 0:a 0:b t3 ");
}

TEST_F(RoomTest, WritesDownWhatTheGameIsToldAndNothingElse) {
    test::RecordedFile file;
    room.record_to(file.writer, 1);
    const PlayerId stays = room.enter({1, 1});
    const PlayerId goes = room.enter({2, 1});
    room.push(stays, as_bytes("hi"));
    room.leave(goes);
    room.push(stays, as_bytes("ho"));
    room.tick(1);
    file.writer.tick(1);
    room.leave(stays);
    room.push(stays, as_bytes("lost"));
    room.tick(2);
    file.writer.tick(2);
    file.write();
    EXPECT_EQ(story, "+0 0:hi 0:ho t1 -0 t2 ");
    EXPECT_EQ(test::story_of(file.bytes), "r1 j0 c0:hi c0:ho t1 l0 t1 cut");
}

TEST_F(RoomTest, WhatTheGameSendsReachesTheConnection) {
    if (!bench.ready()) GTEST_SKIP() << "no io_uring here";
    const auto client = bench.open_client();
    const PlayerId player = room.enter(bench.events.opened[0]);
    room.push(player, as_bytes("hello"));
    room.tick(1);
    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        frames = client->take_frames();
        return !frames.empty();
    }));
    EXPECT_EQ(frames[0].payload, "hello");
}

TEST_F(RoomTest, WhomTheGameHasNoMoreUseForIsSaidGoodbyeTo) {
    if (!bench.ready()) GTEST_SKIP() << "no io_uring here";
    const auto client = bench.open_client();
    const PlayerId player = room.enter(bench.events.opened[0]);
    room.push(player, as_bytes("enough"));
    room.tick(1);
    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        const auto more = client->take_frames();
        frames.insert(frames.end(), more.begin(), more.end());
        return frames.size() == 2;
    }));
    EXPECT_EQ(frames[0].payload, "enough") << "what it was sent comes first";
    EXPECT_EQ(frames[1].opcode, Opcode::close);
    ASSERT_EQ(bench.events.closed.size(), 1U);
    EXPECT_EQ(bench.events.closed[0].second, CloseReason::finished);
    room.leave(player);  // As the server's rooms do when they hear of it.
    room.tick(2);
    EXPECT_EQ(story, "+0 0:enough t1 -0 t2 ");
}

}  // namespace
}  // namespace ringtick
