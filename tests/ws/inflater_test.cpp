#include "ws/inflater.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "deflate_reference.hpp"

namespace ringtick {
namespace {

using namespace std::string_literals;

constexpr std::size_t limit = 20'000;

// The message, or "!" and the close code.
std::string inflate(Inflater& inflater, std::string_view compressed) {
    const auto result = inflater.inflate(as_bytes(compressed));
    if (result.violation == CloseCode::none) return std::string(as_text(result.message));
    return "!" + std::to_string(static_cast<int>(result.violation));
}

std::string inflate(std::string_view compressed) {
    Inflater inflater(limit);
    return inflate(inflater, compressed);
}

// RFC 7692, section 7.2.3: every example that does not take context over.
TEST(Inflater, InflatesTheExamplesOfTheRfc) {
    EXPECT_EQ(inflate("\xF2\x48\xCD\xC9\xC9\x07\x00"s), "Hello");                  // 7.2.3.1
    EXPECT_EQ(inflate("\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"s), "Hello");  // 7.2.3.3
    EXPECT_EQ(inflate("\xF3\x48\xCD\xC9\xC9\x07\x00\x00"s), "Hello");              // 7.2.3.4
    EXPECT_EQ(inflate("\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"s),
              "Hello");               // 7.2.3.5
    EXPECT_EQ(inflate("\x00"s), "");  // 7.2.3.6
}

std::vector<ClientDeflate> every_window_and_level() {
    std::vector<ClientDeflate> all;
    for (int window_bits = 9; window_bits <= 15; ++window_bits) {
        for (const int level : {0, 1, 6, 9}) {
            all.push_back({.window_bits = window_bits, .level = level});
        }
    }
    return all;
}

TEST(Inflater, InflatesWhatEveryWindowAndLevelMade) {
    Inflater inflater(limit);
    for (const std::string& message :
         {""s, "a"s, prose(limit), noise(limit), std::string(limit, 'x')}) {
        for (const ClientDeflate& how : every_window_and_level()) {
            const std::string compressed = deflated(message, how);
            EXPECT_LE(compressed.size(), compressed_size_max(message.size()));
            ASSERT_EQ(inflate(inflater, compressed), message) << how.window_bits << how.level;
        }
    }
}

TEST(Inflater, GoesOnBehindAFinalBlock) {
    const std::string final_block = deflated("first ", {.flush = Z_FINISH});
    EXPECT_EQ(inflate(final_block), "first ");  // Its sender forgot the empty block.
    EXPECT_EQ(inflate(final_block + "\0"s), "first ");
    EXPECT_EQ(inflate(final_block + deflated("second")), "first second");
    EXPECT_EQ(inflate(final_block + final_block + final_block), "first first first ");
    EXPECT_EQ(inflate(final_block + "\xFF\xFF"), "!1007");
}

TEST(Inflater, TakesATailThatWasNotRemoved) {
    EXPECT_EQ(inflate(deflated("hello", {.keep_tail = true})), "hello");
    EXPECT_EQ(inflate(deflated("", {.keep_tail = true})), "");
    EXPECT_EQ(inflate(""), "");
}

TEST(Inflater, RefusesWhatIsNoDeflateStream) {
    EXPECT_EQ(inflate("\x07"), "!1007");                        // RFC 1951: a reserved type.
    EXPECT_EQ(inflate("\x00\x05\x00\x00\x00Hello"s), "!1007");  // Lengths that disagree.
    EXPECT_EQ(inflate("\xFF\xFF\xFF\xFF"), "!1007");
    EXPECT_EQ(inflate("plain text, by mistake"), "!1007");
    // A distance to before the message: the context of the one before was not kept.
    Inflater inflater(limit);
    EXPECT_EQ(inflate(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s), "Hello");
    EXPECT_EQ(inflate(inflater, "\xF2\x00\x11\x00\x00"s), "!1007");  // 7.2.3.2, the second message.
    EXPECT_EQ(inflate(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s), "Hello");
}

// Goal: a message that was cut off is never delivered with bytes that nobody sent.
TEST(Inflater, RefusesWhatWasCutOff) {
    const std::string message = prose(3'000);
    for (const int level : {0, 1, 9}) {
        const std::string compressed = deflated(message, {.level = level});
        for (std::size_t size = 1; size + 1 < compressed.size(); ++size) {
            const std::string story = inflate(compressed.substr(0, size));
            const bool front = message.starts_with(story);  // Of whole blocks.
            ASSERT_TRUE(story == "!1007" || front) << "level " << level << ", cut at " << size;
        }
    }
}

TEST(Inflater, StopsAtTheLimit) {
    for (const std::size_t size : {limit - 1, limit, limit + 1, limit + 2, 2 * limit}) {
        for (const int level : {0, 9}) {
            const std::string message(size, 'x');
            const std::string expected = size <= limit ? message : "!1009";
            EXPECT_EQ(inflate(deflated(message, {.level = level})), expected) << size;
        }
    }
}

// Goal: a bomb costs the memory that was taken at start, and the time to inflate one message.
// Method: nothing is written behind the limit (the sanitizers watch the heap), and what the stream
// would have come to later is not even looked at: it is no deflate stream.
TEST(Inflater, SurvivesABomb) {
    Inflater inflater(limit);
    const std::size_t memory = inflater.memory();
    const std::string bomb = deflated(std::string(1'000 * limit, 'x'), {.level = 9});
    EXPECT_GT(1'000 * limit / bomb.size(), 900U);
    EXPECT_EQ(inflate(inflater, bomb.substr(0, 1'000) + "\xFF\xFF\xFF\xFF"), "!1009");
    EXPECT_EQ(inflate(inflater, bomb), "!1009");
    EXPECT_EQ(inflater.memory(), memory);
    EXPECT_EQ(inflater.stats().messages, 0U);
    EXPECT_EQ(inflate(inflater, deflated("good")), "good");
}

TEST(Inflater, SurvivesABombOfManyFinalBlocks) {
    std::string bomb;
    const std::string block = deflated(std::string(300, 'x'), {.flush = Z_FINISH});
    for (std::size_t size = 0; size <= limit; size += 300) bomb += block;
    EXPECT_EQ(inflate(bomb), "!1009");
    EXPECT_EQ(inflate(bomb.substr(0, bomb.size() - block.size())),
              std::string(limit / 300 * 300, 'x'));
}

// Goal: whatever comes, at most the limit goes out, and the next message is not affected.
// Method: good streams with a few bytes changed; the seed is printed with a failure.
TEST(Inflater, TellsTheSameOfAMessageWhateverCameBefore) {
    Inflater used(limit);
    for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
        std::mt19937 random(seed);
        std::string compressed =
            deflated(prose(random() % 2'000, seed), {.level = 1 + static_cast<int>(random() % 9)});
        for (unsigned changes = random() % 4; changes > 0; --changes) {
            compressed[random() % compressed.size()] = static_cast<char>(random());
        }
        const std::string story = inflate(used, compressed);
        ASSERT_EQ(story, inflate(compressed)) << "seed " << seed;
        ASSERT_LE(story.size(), limit) << "seed " << seed;
    }
}

TEST(Inflater, CountsWhatItInflated) {
    Inflater inflater(limit);
    EXPECT_EQ(inflater.stats().messages, 0U);
    const std::string compressed = deflated(prose(1'000));
    inflate(inflater, compressed);
    EXPECT_EQ(inflater.stats().messages, 1U);
    EXPECT_EQ(inflater.stats().bytes_plain, 1'000U);
    EXPECT_EQ(inflater.stats().bytes_compressed, compressed.size());
}

}  // namespace
}  // namespace ringtick
