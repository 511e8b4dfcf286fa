#include "replica/event_log.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ringtick {
namespace {

std::string behind(const EventLog& log, std::size_t seat, std::uint32_t had) {
    std::string story;
    log.for_each_behind(seat, had, [&](std::span<const std::byte> message) {
        story += std::string(as_text(message)) + " ";
    });
    return story;
}

TEST(EventLog, TellsAgainWhatSomebodyHasNotHad) {
    EventLog log(2, 64);
    for (const char* text : {"a", "bc", "", "def"}) log.add(1, as_bytes(text));
    EXPECT_EQ(log.told(1), 4U);
    EXPECT_EQ(behind(log, 1, 0), "a bc  def ");
    EXPECT_EQ(behind(log, 1, 3), "def ");
    EXPECT_EQ(behind(log, 1, 4), "");
    EXPECT_EQ(log.told(0), 0U) << "each seat has its own";
}

TEST(EventLog, KnowsWhatNobodyCanHaveHad) {
    EventLog log(1, 64);
    log.add(0, as_bytes("a"));
    EXPECT_TRUE(log.keeps(0, 0));
    EXPECT_TRUE(log.keeps(0, 1));
    EXPECT_FALSE(log.keeps(0, 2));
    EXPECT_FALSE(log.keeps(0, 0xFFFF'FFFF));
}

TEST(EventLog, DropsTheOldestAndSaysSo) {
    EventLog log(1, 32);  // Four messages of four characters.
    for (const char* text : {"aaaa", "bbbb", "cccc", "dddd"}) log.add(0, as_bytes(text));
    EXPECT_EQ(behind(log, 0, 0), "aaaa bbbb cccc dddd ");
    log.add(0, as_bytes("eeee"));
    EXPECT_FALSE(log.keeps(0, 0));
    EXPECT_FALSE(log.keeps(0, 1));
    EXPECT_EQ(behind(log, 0, 2), "cccc dddd eeee ");
}

// As in a world that was taken up again: what somebody has had there may be more than was told
// here, or the same number of others.
TEST(EventLog, KnowsOfNobodyWhatHeHadWhoCountsFromBeforeTheCountWasLost) {
    EventLog log(2, 64);
    log.add(0, as_bytes("a"));
    log.lose_count();
    for (const char* text : {"b", "c"}) log.add(0, as_bytes(text));
    for (const std::uint32_t had : {0U, 1U, 2U, 3U}) EXPECT_FALSE(log.keeps(0, had)) << had;
    log.forget(0);  // He is told everything anew.
    log.add(0, as_bytes("d"));
    EXPECT_EQ(log.told(0), 3U);
    EXPECT_EQ(behind(log, 0, 2), "d ");
    EXPECT_FALSE(log.keeps(1, 0));
    log.start(1);
    EXPECT_TRUE(log.keeps(1, 0));
}

TEST(EventLog, OfAMessageThatDoesNotFitAtAllItKnowsThatItIsMissing) {
    EventLog log(1, 16);
    log.add(0, as_bytes("a"));
    log.add(0, as_bytes("much too long"));
    EXPECT_EQ(log.told(0), 2U);
    EXPECT_FALSE(log.keeps(0, 1));
    EXPECT_TRUE(log.keeps(0, 2));
    log.add(0, as_bytes("b"));
    EXPECT_EQ(behind(log, 0, 2), "b ");
}

TEST(EventLog, TheNumbersGoOnForWhoeverIsToldEverythingAnew) {
    EventLog log(1, 64);
    log.add(0, as_bytes("a"));
    log.forget(0);
    EXPECT_EQ(log.told(0), 1U);
    EXPECT_FALSE(log.keeps(0, 0));
    log.add(0, as_bytes("b"));
    EXPECT_EQ(behind(log, 0, 1), "b ");
    log.start(0);
    EXPECT_EQ(log.told(0), 0U);
}

// Goal: whatever was told and dropped, what is told again is just what is missing.
// Method: random messages, against a list that forgets nothing.
TEST(EventLog, TellsEveryMessageOnceThroughRandomLosses) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        EventLog log(1, 256);
        std::vector<std::string> all;
        std::uint32_t kept_most = 0;
        for (int i = 0; i < 500; ++i) {
            all.emplace_back(rng.below(60), static_cast<char>('a' + rng.below(26)));
            log.add(0, as_bytes(all.back()));
            ASSERT_EQ(log.told(0), all.size());
            const auto had = static_cast<std::uint32_t>(all.size() - rng.below(12) % all.size());
            if (!log.keeps(0, had)) continue;
            std::string expected;
            for (std::size_t n = had; n < all.size(); ++n) expected += all[n] + " ";
            ASSERT_EQ(behind(log, 0, had), expected);
            kept_most = std::max(kept_most, log.told(0) - had);
        }
        EXPECT_GT(kept_most, 3U) << "nothing was ever told again: the test proves nothing";
    }
}

}  // namespace
}  // namespace ringtick
