#include "server/room_options.hpp"

#include "server/options.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ringtick {
namespace {

// What is wrong with a file that says so; nothing: `out` has what it says.
std::string read(const std::string& text, RoomOptions& out) {
    const std::string path =
        std::filesystem::temp_directory_path() / ("room_options_" + std::to_string(::getpid()));
    std::ofstream(path) << text;
    Options options;
    options.players_max = 50;
    options.bots = 2;
    options.bots_max = 9;
    std::string problem = read_room_options(path, options, out);
    std::filesystem::remove(path);
    return problem;
}

TEST(RoomOptions, AreThoseOfTheFirstSectionThatFitsOverThoseOfAll) {
    RoomOptions options;
    ASSERT_EQ(read("# for all\nbots = 4\nseed=18446744073709551615\n\n[duel]\nplayers-max = 2\n"
                   "[duel-*]\nplayers-max = 3\nbots = 0\n[*]\nplayers-max = 40\n",
                   options),
              "");
    EXPECT_EQ(options.of("duel").players_max, 2U);
    EXPECT_EQ(options.of("duel").bots, 4U);
    EXPECT_EQ(options.of("duel-7").players_max, 3U);
    EXPECT_EQ(options.of("duel-7").bots, 0U);
    EXPECT_EQ(options.of("1").players_max, 40U);
    EXPECT_EQ(options.of("1").seed, 18'446'744'073'709'551'615U);
}

TEST(RoomOptions, OfAnEmptyFileAreNone) {
    RoomOptions options;
    ASSERT_EQ(read("", options), "");
    EXPECT_FALSE(options.of("1").players_max);
    EXPECT_FALSE(options.of("1").bots);
    EXPECT_FALSE(options.of("1").seed);
}

TEST(RoomOptions, ThatAreNoneAreNamed) {
    RoomOptions options;
    struct Case {
        const char* text;
        const char* complaint;
    };
    for (const Case& each :
         {Case{"players-max = 0", "from 1 to 50"}, Case{"players-max = 51", "from 1 to 50"},
          Case{"players-max = 5x", "players-max"}, Case{"bots = 10", "from 0 to 9"},
          Case{"seed = -1", "seed"}, Case{"seed = 18446744073709551616", "seed"},
          Case{"bot = 1", "no option bot"},
          Case{"[a]\nrate-hz = 1", "[a]: a room has no option rate-hz"},
          Case{"[a.b]\nbots = 1", "[a.b] is no name"}, Case{"[a*b]\nbots = 1", "[a*b] is no name"},
          Case{"bots", "bots"}}) {
        const std::string problem = read(each.text, options);
        EXPECT_NE(problem.find(each.complaint), std::string::npos) << each.text << ": " << problem;
    }
    EXPECT_NE(read_room_options("/nowhere/at-all", Options{}, options).find("--room-options"),
              std::string::npos);
}

}  // namespace
}  // namespace ringtick
