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
    const Outcome outcome = parse(
        {"--listen",           "[::]:80", "--rate-hz",     "20",        "--bots",      "7",
         "--players-expected", "2000",    "--origin",      "https://a", "--origin",    "https://b",
         "--idle-timeout",     "90.5",    "--message-max", "5000",      "--rewind-ms", "0",
         "--snapshot-bytes",   "700",     "--bots-max",    "70"});
    ASSERT_TRUE(outcome.parsed.run) << outcome.output;
    EXPECT_EQ(outcome.options.listen.family, ListenAddress::Family::ip6);
    EXPECT_EQ(outcome.options.rate_hz, 20U);
    EXPECT_EQ(outcome.options.bots, 7U);
    EXPECT_EQ(outcome.options.bots_max, 70U);
    EXPECT_EQ(outcome.options.rewind_ms, 0U);
    EXPECT_EQ(outcome.options.snapshot_bytes, 700U);
    EXPECT_EQ(outcome.options.players_expected, 2000U);
    EXPECT_EQ(outcome.options.origins, (std::vector<std::string>{"https://a", "https://b"}));
    EXPECT_EQ(outcome.options.net.idle_timeout, std::chrono::milliseconds(90'500));
    EXPECT_EQ(outcome.options.net.message.message_size_max, 5'000U);
}

TEST(Options, HelpIsNoFailureAndNamesEveryLimitWithItsDefault) {
    const Outcome outcome = parse({"--help"});
    EXPECT_FALSE(outcome.parsed.run);
    EXPECT_EQ(outcome.parsed.exit_code, 0);
    for (const char* word : {"--listen",
                             "--rate-hz",
                             "--connections-max",
                             "4096",
                             "--message-max",
                             "16384",
                             "--handshake-timeout",
                             "--stall-timeout",
                             "--snapshot-max",
                             "--config",
                             "Exit codes",
                             "--connections-per-ip-max",
                             "--trust-proxy",
                             "--pongs-per-tick",
                             "--response-timeout",
                             "--inbox-messages",
                             "--request-head-max",
                             "--request-line-max",
                             "--realtime",
                             "--record",
                             "--replay"}) {
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
                                               {"--snapshot-max", "1000000"},
                                               {"--seed", "-1"},
                                               {"--seed", "1.5"},
                                               {"--seed", "010"},
                                               {"--rate-hz", "010"},
                                               {"--origin", "example.com"},
                                               {"--origin", "https://example.com/"},
                                               {"--rate-hz", "1.5"},
                                               {"--rate-hz", "nan"},
                                               {"--handshake-timeout", "nan"},
                                               {"--handshake-timeout", "inf"},
                                               {"--handshake-timeout", "-1"},
                                               {"--connections-per-ip-max", "-1"},
                                               {"--pongs-per-tick", "0"},
                                               {"--request-head-max", "65536"},
                                               {"--request-head-max", "2048"},
                                               {"--request-line-max", "8193"},
                                               {"--response-timeout", "0"},
                                               {"--record", "a", "--replay", "b"},
                                               {"--serve"}}) {
        const Outcome outcome = parse(arguments);
        EXPECT_FALSE(outcome.parsed.run) << arguments[0];
        EXPECT_EQ(outcome.parsed.exit_code, 2) << arguments[0];
        EXPECT_FALSE(outcome.output.empty()) << arguments[0];
    }
}

TEST(Options, HasAsManyRoomsAndThreadsAsGoWithTheOthers) {
    struct Case {
        std::vector<const char*> arguments;
        std::uint32_t rooms_max;
        bool one_thread;
    };
    for (const Case& each :
         {Case{{}, 16, false}, Case{{"--rooms", "20"}, 20, false},
          Case{{"--rooms-max", "1"}, 1, true}, Case{{"--record", "x"}, 1, true},
          Case{{"--rooms", "3", "--handover", "x"}, 3, true}, Case{{"--moments", "x"}, 16, true},
          Case{{"--listen", "unix:x"}, 16, true}}) {
        const Outcome outcome = parse(each.arguments);
        ASSERT_TRUE(outcome.parsed.run) << outcome.output;
        EXPECT_EQ(outcome.options.rooms_max, each.rooms_max);
        EXPECT_GE(outcome.options.shards, 1U);
        if (each.one_thread) {
            EXPECT_EQ(outcome.options.shards, 1U);
        }
    }
    EXPECT_EQ(parse({"--shards", "5"}).options.shards, 5U);
}

TEST(Options, TrustsTheProxiesItIsTold) {
    EXPECT_TRUE(parse({}).options.net.trust.empty());
    const Outcome outcome =
        parse({"--trust-proxy", "10.0.0.0/8", "--trust-proxy", "unix", "--trust-proxy", "::1"});
    ASSERT_TRUE(outcome.parsed.run) << outcome.output;
    const ProxyTrust& trust = outcome.options.net.trust;
    EXPECT_TRUE(trust.local);
    ASSERT_EQ(trust.ranges.size(), 2U);
    EXPECT_EQ(to_text(trust.ranges[0]), "10.0.0.0/8");
    EXPECT_EQ(to_text(trust.ranges[1]), "::1/128");
    EXPECT_EQ(parse({"--trust-proxy", "10.0.0.0/8", "::1"}).parsed.exit_code, 2);
}

TEST(Options, SaysWhatWasMeantByARangeThatIsNone) {
    const Outcome outcome = parse({"--trust-proxy", "10.1.2.3/8"});
    EXPECT_EQ(outcome.parsed.exit_code, 2);
    EXPECT_NE(outcome.output.find("'10.1.2.3/8' goes on behind its prefix: give 10.0.0.0/8 for the "
                                  "range, or 10.1.2.3 for the one address"),
              std::string::npos)
        << outcome.output;
    for (const char* text : {"everybody", "10.0.0.0/33", "", "10.0.0.0/8,11.0.0.0/8"}) {
        EXPECT_EQ(parse({"--trust-proxy", text}).parsed.exit_code, 2) << text;
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

TEST(Options, AFileWithAnythingElseIsAnError) {
    const std::string path = testing::TempDir() + "ringtick-rubbish.conf";
    for (const std::string& text :
         {std::string("rate-hz = 15\nrate-hs = 20\n"), std::string("[game]\nrate-hz = 15\n"),
          std::string("\x7f"
                      "ELF\x02\x01\x01\0\0\x90\xc3\n\0\xff",
                      14)}) {
        std::ofstream(path) << text;
        const Outcome outcome = parse({"--config", path.c_str()});
        EXPECT_FALSE(outcome.parsed.run) << text;
        EXPECT_EQ(outcome.parsed.exit_code, 2) << text;
        EXPECT_FALSE(outcome.output.empty()) << text;
    }
    EXPECT_EQ(parse({"--config", "/nonexistent"}).parsed.exit_code, 2);
}

TEST(Options, TheLargestSeedIsASeed) {
    const Outcome outcome = parse({"--seed", "18446744073709551615"});
    ASSERT_TRUE(outcome.parsed.run) << outcome.output;
    EXPECT_EQ(outcome.options.seed, ~std::uint64_t{});
}

// One completion queue has to answer for both, so one may be large, but not each.
TEST(Options, ABacklogThatNoCompletionQueueHoldsIsRefusedWithTheLargestThatIsHeld) {
    const Outcome large = parse({"--listen-backlog", "65535"});
    EXPECT_EQ(large.parsed.exit_code, 2);
    EXPECT_NE(large.output.find("--listen-backlog must be at most 52608 with --connections-max "
                                "4096"),
              std::string::npos)
        << large.output;
    EXPECT_FALSE(parse({"--listen-backlog", "52609"}).parsed.run);
    EXPECT_TRUE(parse({"--listen-backlog", "52608"}).parsed.run);
    EXPECT_TRUE(parse({"--connections-max", "15000"}).parsed.run);
    EXPECT_TRUE(parse({"--connections-max", "15000", "--listen-backlog", "18512"}).parsed.run);
    EXPECT_FALSE(parse({"--connections-max", "15000", "--listen-backlog", "18513"}).parsed.run);
}

TEST(Options, HelpShowsEachUnitDefaultAndRangeAsOneWouldSayThem) {
    const std::string help = parse({"--help"}).output;
    for (const char* line : {"--rate-hz HZ (30) ", "Ticks a second [1 to 1000]\n",
                             "--close-timeout SECONDS (1) ", "--config FILE "}) {
        EXPECT_NE(help.find(line), std::string::npos) << line << " is not in:\n" << help;
    }
    for (const char* noise : {"UINT", "FLOAT", "TEXT", "[1 - 1000]", "\n\n\n"}) {
        EXPECT_EQ(help.find(noise), std::string::npos) << noise << " is in:\n" << help;
    }
}

}  // namespace
}  // namespace ringtick
