#include "tick/record_writer.hpp"

#include "tick/recorded_file.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace ringtick {
namespace {

using test::header_of_one_room;
using test::RecordedFile;
using test::story_of;

TEST(RecordWriter, WritesDownWhatItIsToldInThatOrder) {
    RecordedFile file;
    file.writer.join(0, {1}, {});
    file.say(0, 1, "hi");
    file.say(0, 1, "");
    file.writer.join(1, {3}, {});
    file.writer.tick(1);
    file.writer.hash(0, 77);
    file.writer.leave(1, {3});
    file.writer.tick(2);
    file.writer.end();
    file.write();
    EXPECT_EQ(story_of(file.bytes), "j1 c1:hi c1: r1 j3 t1 r0 h77 r1 l3 t1 ended");
}

TEST(RecordWriter, WritesTheBytesThatTheFormatSays) {
    RecordedFile file;
    file.writer.join(0, {1}, {.first = 0x6867'6665'6463'6261, .second = 0x706F'6E6D'6C6B'6A69});
    file.say(0, 1, "hi");
    file.writer.tick(1);
    file.writer.seal();
    const std::string block(as_text(file.writer.sealed()));
    EXPECT_EQ(block.substr(block_head_size),
              "\x11"
              "abcdefghijklmnop"
              "\x13\x02hi\x10");
    EXPECT_EQ(block.substr(0, 4), std::string("\x16\0\0\0", 4));
}

TEST(RecordWriter, StatesHaveRoomOfTheirOwnAndOneThatFindsNoneIsLeftOut) {
    RecordedFile file;
    file.writer = RecordWriter(8'192, 2, 100);
    file.writer.begin_at(500);
    const std::string state(60, 's');
    EXPECT_TRUE(file.writer.state(1, as_bytes(state)));
    file.writer.tick(501);
    EXPECT_TRUE(file.writer.state(0, as_bytes(state))) << "in the other block";
    EXPECT_FALSE(file.writer.state(1, as_bytes(state))) << "the disk has not taken the first yet";
    file.say(1, 1, "hi");
    file.writer.tick(502);
    EXPECT_TRUE(file.writer.ended_rooms().empty());
    EXPECT_FALSE(file.writer.overflowed());
    file.write();
    EXPECT_TRUE(file.writer.state(1, as_bytes(state)));
    file.write();
    file.write();
    EXPECT_EQ(story_of(file.bytes), "r1 S500 t1 r0 S501 r1 c1:hi t1 S502 cut");
}

TEST(RecordWriter, TicksInWhichNobodySaysAnythingCostNothing) {
    RecordedFile file;
    for (std::uint64_t tick = 1; tick <= 10'000; ++tick) file.writer.tick(tick);
    file.writer.seal();
    EXPECT_EQ(file.writer.sealed().size(), block_head_size + 3);
    file.write();
}

TEST(RecordWriter, KeepsTheNumbersOfTicksThatWereLeftOut) {
    RecordedFile file;
    file.writer.tick(5);
    file.writer.tick(6);
    file.say(0, 1, "late");
    file.writer.tick(9);
    file.write();
    EXPECT_EQ(story_of(file.bytes), "s4 t2 c1:late s2 t1 cut");
}

TEST(RecordWriter, GoesOnInTheOtherBlockWhenOneIsFull) {
    RecordedFile file(header_of_one_room());
    const std::string text(30'000, 'x');
    for (int i = 0; i < 3; ++i) file.say(0, 1, text);
    ASSERT_FALSE(file.writer.sealed().empty());
    EXPECT_LT(file.writer.sealed().size(), 65'536U);
    EXPECT_FALSE(file.writer.overflowed());
    file.write();  // The first.
    file.writer.tick(1);
    file.write();
    const std::string one = "c1:" + text + " ";
    EXPECT_EQ(story_of(file.bytes), one + one + one + "t1 cut");
}

// Goal: a disk that does not keep up costs the end of the recording and nothing else.
TEST(RecordWriter, EndsWhenBothBlocksAreFullAndKeepsWhatWas) {
    RecordedFile file(header_of_one_room());
    const std::string text(30'000, 'x');
    for (int i = 0; i < 4; ++i) file.say(0, 1, text);
    file.writer.tick(1);
    file.say(0, 1, text);
    EXPECT_TRUE(file.writer.overflowed());
    for (std::uint64_t tick = 2; tick < 100; ++tick) {
        file.say(0, 1, "lost");
        file.writer.tick(tick);
    }
    file.write();
    EXPECT_EQ(file.writer.sealed_tick(), 0U);
    file.write();
    EXPECT_EQ(file.writer.sealed_tick(), 1U);
    file.write();
    const std::string story = story_of(file.bytes);
    EXPECT_EQ(story.find("lost"), std::string::npos);
    EXPECT_TRUE(story.ends_with("x t1 cut")) << story.substr(story.size() - 20);
}

// Goal: a tick that is said while the block is full to the last bytes, or nearly, is not too much.
TEST(RecordWriter, SealsABlockThatHasNoRoomForTheTick) {
    for (std::size_t left = 0; left < 4; ++left) {
        RecordedFile file(header_of_one_room());
        const std::size_t size = 65'536 - block_head_size - 4 - left;  // Kind and player, size.
        file.say(0, 1, std::string(size, 'x'));
        file.writer.tick(1);
        file.writer.seal();
        EXPECT_FALSE(file.writer.sealed().empty());
        file.write();
        file.write();
        EXPECT_TRUE(story_of(file.bytes).ends_with("x t1 cut")) << left;
    }
}

// Goal: a room that is told more than the disk takes harms its own record and no other's.
// Method: while the disk is busy one room is flooded, and another is told a little.
TEST(RecordWriter, EndsTheRecordOfTheRoomAloneThatIsFlooded) {
    RecordedFile file;
    file.writer.join(1, {2}, {});
    file.say(1, 2, "before");
    file.writer.tick(1);
    file.writer.seal();  // It stays with the disk.
    const std::string flood(1'000, 'x');
    for (std::uint64_t tick = 2; tick < 100; ++tick) {
        for (int i = 0; i < 5; ++i) file.say(0, 1, flood);
        file.say(1, 2, "a word " + std::to_string(tick));
        file.writer.tick(tick);
    }
    ASSERT_EQ(file.writer.ended_rooms().size(), 1U);
    EXPECT_EQ(file.writer.ended_rooms()[0].room, 0U);
    EXPECT_EQ(file.writer.ended_rooms()[0].tick, 10U);
    EXPECT_FALSE(file.writer.overflowed());
    file.write();
    file.writer.end();
    file.write();
    const std::string story = story_of(file.bytes);
    EXPECT_TRUE(story.ends_with(" c2:a word 99 t1 ended")) << story.substr(story.size() - 40);
    const std::size_t end = story.find(" e1 ");
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(story.find("c1:", end), std::string::npos) << "nothing more of that room";
    for (std::uint64_t tick = 2; tick < 100; ++tick) {
        EXPECT_NE(story.find("c2:a word " + std::to_string(tick) + " "), std::string::npos) << tick;
    }
}

// Goal: as long as the disk takes what there is, a flood costs nothing.
TEST(RecordWriter, KeepsAFloodThatTheDiskTakes) {
    RecordedFile file;
    const std::string flood(1'000, 'x');
    for (std::uint64_t tick = 1; tick < 300; ++tick) {
        for (int i = 0; i < 10; ++i) file.say(0, 1, flood);
        file.say(1, 2, "a word");
        file.writer.tick(tick);
        file.write();
    }
    EXPECT_TRUE(file.writer.ended_rooms().empty());
}

TEST(RecordWriter, WritesNothingBehindTheEnd) {
    RecordedFile file;
    file.writer.tick(1);
    file.writer.end();
    file.say(0, 1, "late");
    file.writer.tick(2);
    file.write();
    file.write();
    EXPECT_EQ(story_of(file.bytes), "t1 ended");
}

}  // namespace
}  // namespace ringtick
