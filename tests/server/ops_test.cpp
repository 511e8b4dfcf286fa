#include "server/ops.hpp"

#include "server/json_text.hpp"
#include "server/log_tail.hpp"
#include "server/query.hpp"
#include "server/timeline.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringtick {
namespace {

std::vector<std::string> lines_of(LogTail& tail) {
    std::vector<std::string> lines;
    tail.visit_newest_first([&](std::string_view line) {
        lines.emplace_back(line);
        return true;
    });
    return lines;
}

std::string json_of(LogTail& tail, std::size_t size_max) {
    std::string page(size_max, '\0');
    page.resize(write_log_json(page, tail));
    return page;
}

TEST(LogTail, KeepsTheNewestLines) {
    LogTail tail;
    for (std::size_t i = 0; i < 3 * LogTail::lines_max + 7; ++i) tail.add(std::to_string(i));
    const auto lines = lines_of(tail);
    ASSERT_EQ(lines.size(), LogTail::lines_max);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_EQ(lines[i], std::to_string(3 * LogTail::lines_max + 6 - i));
    }
}

TEST(LogTail, KeepsOfALongLineTheBeginning) {
    LogTail tail;
    tail.add(std::string(10'000, 'a'));
    EXPECT_EQ(lines_of(tail), std::vector{std::string(LogTail::line_size_max, 'a')});
}

TEST(LogTail, KeepsNothingThatIsNotPrintable) {
    LogTail tail;
    tail.add("a\x1b[2J\n\x80\xff\x7f~ ");
    EXPECT_EQ(lines_of(tail), std::vector<std::string>{"a?[2J????~ "});
}

// What a stranger may have brought into a line stays inside its string.
TEST(OpsLog, EscapesWhatWouldEndTheString) {
    LogTail tail;
    tail.add(R"(older)");
    tail.add(R"("],"x":["\" <img src=x onerror=alert(1)>)");
    EXPECT_EQ(json_of(tail, 1'000),
              R"({"lines":["\"],\"x\":[\"\\\" <img src=x onerror=alert(1)>","older"]})"
              "\n");
}

TEST(JsonText, IsAStringWhateverIsInIt) {
    using namespace std::string_view_literals;
    const auto json_of_text = [](std::string_view text) {
        std::array<char, 64> memory;
        TextWriter out(memory);
        add_json_text(out, text);
        return std::string(memory.data(), out.size());
    };
    for (const auto& [text, json] :
         {std::pair{""sv, R"("")"sv},
          {"Ann"sv, R"("Ann")"sv},
          {R"("\")"sv, R"("\"\\\"")"sv},
          {"Zo\xC3\xAB \xF0\x9F\x9A\x80"sv, "\"Zo\xC3\xAB \xF0\x9F\x9A\x80\""sv},
          {"a\0b\n\x1F\x7F"sv, R"("a?b???")"sv},
          {"\xC3"sv, R"("?")"sv},
          {"\xC3\xAB\xFF!"sv, R"("???!")"sv}}) {
        EXPECT_EQ(json_of_text(text), json);
    }
}

TEST(OpsLog, LeavesOutTheOldestLinesWhereThereIsNoRoom) {
    LogTail tail;
    for (int i = 0; i < 10; ++i) tail.add(std::string(99, '"') + std::to_string(i));
    const std::string page = json_of(tail, 700);
    EXPECT_TRUE(page.ends_with("]}\n"));
    EXPECT_NE(page.find("9\""), std::string::npos);
    EXPECT_EQ(page.find("5\""), std::string::npos);
}

TEST(Timeline, KeepsTheLastMinutesOldestFirst) {
    Timeline timeline;
    const auto seconds = [&] {
        std::vector<std::uint32_t> all;
        timeline.for_each([&](const TimelineEntry& entry) { all.push_back(entry.at_s); });
        return all;
    };
    EXPECT_TRUE(seconds().empty());
    timeline.add({.at_s = 1});
    timeline.add({.at_s = 2});
    EXPECT_EQ(seconds(), (std::vector<std::uint32_t>{1, 2}));
    for (std::uint32_t i = 3; i <= 1'000; ++i) timeline.add({.at_s = i});
    const auto all = seconds();
    ASSERT_EQ(all.size(), Timeline::entries_max);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], 701 + i);
}

TEST(Query, FindsANumberByItsName) {
    EXPECT_EQ(number_in("tick=900", "tick"), 900U);
    EXPECT_EQ(number_in("a=1&tick=2&b=3", "b"), 3U);
    EXPECT_EQ(number_in("", "tick"), std::nullopt);
    EXPECT_EQ(number_in("ticks=1&&x", "tick"), std::nullopt);
    for (const char* text : {"tick", "tick=", "tick=-1", "tick=+1", "tick= 1", "tick=1x",
                             "tick=1=2", "tick=99999999999999999999"}) {
        EXPECT_EQ(number_in(text, "tick"), std::nullopt) << text;
    }
}

TEST(Query, IsAboutTheFirstRoomIfItNamesNone) {
    EXPECT_EQ(room_in(""), "1");
    EXPECT_EQ(room_in("count=7"), "1");
    EXPECT_EQ(room_in("mushroom=7"), "1");
    EXPECT_EQ(room_in("count=7&room=3"), "3");
    EXPECT_EQ(room_in("room=duel_2"), "duel_2");
    EXPECT_EQ(room_in("room="), "");
}

TEST(Drain, IsDueOnceAndOnlyIfATimeWasSet) {
    Drain drain;
    EXPECT_FALSE(drain.on());
    drain.begin(Drain::never);
    EXPECT_TRUE(drain.on());
    EXPECT_FALSE(drain.take_due(std::chrono::hours(100)));
    drain.begin(Nanoseconds(100));
    EXPECT_FALSE(drain.take_due(Nanoseconds(99)));
    EXPECT_TRUE(drain.take_due(Nanoseconds(100)));
    EXPECT_FALSE(drain.take_due(Nanoseconds(101)));
    EXPECT_TRUE(drain.on());
    drain.begin(Nanoseconds(200));
    drain.end();
    EXPECT_FALSE(drain.on());
    EXPECT_FALSE(drain.take_due(Nanoseconds(200)));
}

}  // namespace
}  // namespace ringtick
