#include "tick/record_reader.hpp"

#include "base/rng.hpp"
#include "tick/recorded_file.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace ringtick {
namespace {

using test::Bytes;
using test::RecordedFile;
using test::small_header;
using test::story_of;

// Three blocks behind the header, and the mark.
Bytes whole_file() {
    RecordedFile file;
    for (std::uint64_t tick = 1; tick <= 3; ++tick) {
        file.say(0, 1, "number " + std::to_string(tick));
        file.writer.tick(tick);
        file.writer.hash(0, tick * 1'000'003);
        if (tick == 3) file.writer.end();
        file.write();
    }
    return file.bytes;
}

// Without its last word.
std::string records_in(const std::string& story) {
    return story.substr(0, story.rfind(' ') + 1);
}

TEST(RecordReader, ReadsTheHeaderThatWasWritten) {
    const RecordedFile file;
    RecordReader reader;
    ASSERT_EQ(reader.open(file.bytes), RecordReader::Opened::fine);
    const RecordHeader& read = reader.header();
    const RecordHeader wrote = small_header();
    EXPECT_EQ(read.game, wrote.game);
    EXPECT_EQ(read.schema, wrote.schema);
    EXPECT_EQ(read.rules, wrote.rules);
    EXPECT_EQ(read.seed, wrote.seed);
    EXPECT_EQ(read.rate_hz, wrote.rate_hz);
    EXPECT_EQ(read.rooms, wrote.rooms);
    EXPECT_EQ(read.players_max, wrote.players_max);
    EXPECT_EQ(read.players_expected, wrote.players_expected);
    EXPECT_EQ(read.bots, wrote.bots);
    EXPECT_EQ(read.rewind_ms, wrote.rewind_ms);
}

TEST(RecordReader, TellsWhatIsNoRecordingFromOneOfAnotherVersion) {
    RecordReader reader;
    EXPECT_EQ(reader.open({}), RecordReader::Opened::no_recording);
    EXPECT_EQ(reader.open(as_bytes("#!/bin/sh\n")), RecordReader::Opened::no_recording);
    EXPECT_EQ(reader.open(as_bytes("ringtick record 2\n")), RecordReader::Opened::other_version);
    EXPECT_EQ(reader.open(as_bytes("ringtick record 5\n")), RecordReader::Opened::damaged);
}

TEST(RecordReader, RefusesAHeaderThatNobodyMade) {
    RecordHeader header = small_header();
    header.rate_hz = 0;
    EXPECT_EQ(story_of(RecordedFile(header).bytes), "!3");
    header = small_header();
    header.players_max = 4'000'000'000;
    EXPECT_EQ(story_of(RecordedFile(header).bytes), "!3");
    header = small_header();
    header.rooms = 0;
    EXPECT_EQ(story_of(RecordedFile(header).bytes), "!3");
}

// Goal: a server that was killed leaves a file that is good up to what was written last.
// Method: the file is cut off at every byte.
TEST(RecordReader, ReadsWholeBlocksOfAFileThatIsCutOffAnywhere) {
    const Bytes whole = whole_file();
    const std::string story = story_of(whole);
    ASSERT_TRUE(story.ends_with(" ended"));
    std::size_t cuts_between_blocks = 0;
    for (std::size_t size = RecordedFile().bytes.size(); size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const std::string part = story_of(std::span(whole).first(size));
        EXPECT_TRUE(story.starts_with(records_in(part))) << part;
        if (part.ends_with("cut")) cuts_between_blocks += 1;
        EXPECT_TRUE(part.ends_with("cut") || part.ends_with("torn")) << part;
    }
    EXPECT_EQ(cuts_between_blocks, 3U);
}

// Method: every bit in turn. Of the last block it looks like what a power cut leaves.
TEST(RecordReader, FindsEveryFlippedBit) {
    const Bytes whole = whole_file();
    const std::string story = story_of(whole);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        SCOPED_TRACE(bit);
        Bytes file = whole;
        file[bit / 8] ^= std::byte{1} << (bit % 8);
        const std::string part = story_of(file);
        EXPECT_TRUE(part[0] == '!' || story.starts_with(records_in(part))) << part;
        EXPECT_FALSE(part.ends_with("ended")) << part;
        EXPECT_FALSE(part.ends_with("cut")) << part;
    }
}

TEST(RecordReader, TellsDamageInTheMiddleFromATornEnd) {
    Bytes file = whole_file();
    file[RecordedFile().bytes.size() + block_head_size] ^= std::byte{1};
    EXPECT_EQ(story_of(file), "damaged");
    file = whole_file();
    file.back() ^= std::byte{1};
    EXPECT_TRUE(story_of(file).ends_with("torn"));
    file = whole_file();
    file.resize(file.size() + 5'000);
    EXPECT_TRUE(story_of(file).ends_with("damaged")) << "there is nothing behind the end";
}

// After a power cut a file can be longer than what reached it.
TEST(RecordReader, TakesZeroesAtTheEndForATornBlock) {
    RecordedFile file;
    file.writer.tick(1);
    file.write();
    file.bytes.resize(file.bytes.size() + 5'000);
    EXPECT_EQ(story_of(file.bytes), "t1 torn");
}

// Goal: whatever bytes come, reading stays within them.
// Method: under the sanitizers, random blocks whose checksums are right, so that they are read.
TEST(RecordReader, SurvivesAnyBytes) {
    for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        RecordedFile file;
        for (std::uint32_t blocks = rng.below(4); blocks > 0; --blocks) {
            Bytes payload(1 + rng.below(40));
            for (std::byte& byte : payload) byte = static_cast<std::byte>(rng.below(256));
            file.append_block(payload);
        }
        const std::uint32_t junk = rng.below(30);
        for (std::uint32_t j = 0; j < junk; ++j) {
            file.bytes.push_back(static_cast<std::byte>(rng.below(256)));
        }
        const std::string story = story_of(file.bytes);
        EXPECT_NE(story[0], '!');
        EXPECT_EQ(story, story_of(file.bytes));
    }
}

}  // namespace
}  // namespace ringtick
