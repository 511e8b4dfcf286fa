#include "server/options.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace ringtick {
namespace {

struct Outcome {
    ParsedOptions parsed;
    Options options;
    std::string output;
};

Outcome parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "game");
    Outcome outcome;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    outcome.parsed = parse_options(static_cast<int>(arguments.size()), arguments.data(), "game",
                                   "A game", outcome.options);
    outcome.output = testing::internal::GetCapturedStdout();
    outcome.output += testing::internal::GetCapturedStderr();
    return outcome;
}

TEST(Options, WithoutArgumentsTheServerRunsOnLoopback) {
    const Outcome outcome = parse({});
    EXPECT_TRUE(outcome.parsed.run);
    EXPECT_EQ(outcome.options.listen.host, "127.0.0.1");
    EXPECT_EQ(outcome.options.listen.port, 9001);
}

TEST(Options, ReadsWhatItIsTold) {
    const Outcome outcome =
        parse({"--listen", "[::]:80", "--rate-hz", "20", "--bots", "7", "--origin", "https://a",
               "--origin", "https://b", "--idle-timeout", "90.5", "--message-max", "1000"});
    ASSERT_TRUE(outcome.parsed.run) << outcome.output;
    EXPECT_EQ(outcome.options.listen.family, ListenAddress::Family::ip6);
    EXPECT_EQ(outcome.options.rate_hz, 20U);
    EXPECT_EQ(outcome.options.bots, 7U);
    EXPECT_EQ(outcome.options.origins, (std::vector<std::string>{"https://a", "https://b"}));
    EXPECT_EQ(outcome.options.net.idle_timeout, std::chrono::milliseconds(90'500));
    EXPECT_EQ(outcome.options.net.message.message_size_max, 1'000U);
}

TEST(Options, HelpIsNoFailureAndNamesEveryLimitWithItsDefault) {
    const Outcome outcome = parse({"--help"});
    EXPECT_FALSE(outcome.parsed.run);
    EXPECT_EQ(outcome.parsed.exit_code, 0);
    for (const char* word :
         {"--listen", "--rate-hz", "--connections-max", "4096", "--message-max", "16384",
          "--handshake-timeout", "--stall-timeout", "--snapshot-max", "--config", "Exit codes"}) {
        EXPECT_NE(outcome.output.find(word), std::string::npos) << word;
    }
}

TEST(Options, BadUsageSaysWhatIsWrongAndEndsWithTwo) {
    for (const std::vector<const char*>& arguments :
         std::vector<std::vector<const char*>>{{"--listen", "nowhere"},
                                               {"--rate-hz", "0"},
                                               {"--rate-hz", "fast"},
                                               {"--no-such-thing"},
                                               {"stray"},
                                               {"--idle-timeout", "1"},
                                               {"--snapshot-max", "1000000"}}) {
        const Outcome outcome = parse(arguments);
        EXPECT_FALSE(outcome.parsed.run) << arguments[0];
        EXPECT_EQ(outcome.parsed.exit_code, 2) << arguments[0];
        EXPECT_FALSE(outcome.output.empty()) << arguments[0];
    }
}

TEST(Options, AFileCanHoldThem) {
    const std::string path = testing::TempDir() + "ringtick-options.conf";
    std::ofstream(path) << "rate-hz = 15\nlisten = \"127.0.0.1:7777\"\n";
    const Outcome outcome = parse({"--config", path.c_str()});
    ASSERT_TRUE(outcome.parsed.run) << outcome.output;
    EXPECT_EQ(outcome.options.rate_hz, 15U);
    EXPECT_EQ(outcome.options.listen.port, 7777);
}

}  // namespace
}  // namespace ringtick
