#include "server/recording.hpp"

#include "tick/recorded_file.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

namespace ringtick {
namespace {

using test::header_of_one_room;
using test::small_header;
using test::story_of;

// Lets the process write no file larger than this for a while.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t size_max) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = size_max;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
};

class RecordingTest : public testing::Test {
protected:
    void SetUp() override {
        std::remove(path.c_str());
        if (!ring.open({.submissions = 8, .completions = 64})) GTEST_SKIP() << "no io_uring here";
    }
    void TearDown() override { std::remove(path.c_str()); }

    [[nodiscard]] Result<void> open(Recording& some) const {
        return some.open(path, header_of_one_room(), block_size);
    }
    void say(std::string_view text) {
        recording.writer().command(0, {.player = {1}, .bytes = as_bytes(text)});
    }
    void tick() { recording.on_tick(++ticks, {}); }

    // As the loop does it, until it is so.
    template <class Condition>
    void turn_until(Condition so) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!so()) {
            ASSERT_LT(std::chrono::steady_clock::now(), patience);
            recording.write_if_due(now);
            ring.submit_and_wait(1, std::chrono::steady_clock::now().time_since_epoch() +
                                        std::chrono::milliseconds(2));
            for (auto batch = ring.reap(); !batch.empty(); batch = ring.reap()) {
                for (const Completion& completion : batch) recording.on_completion(completion);
            }
        }
    }
    void finish() {
        recording.finish();
        turn_until([this] { return recording.finished(); });
    }
    std::string story() const {
        std::ifstream in(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        return story_of(as_bytes(text));
    }

    static constexpr std::size_t block_size = 8'192;
    std::string path =
        testing::TempDir() + "ringtick-recording-" + std::to_string(::getpid()) + ".rec";
    Nanoseconds now = std::chrono::seconds(100);
    std::uint64_t ticks = 0;
    Ring ring;
    Recording recording{ring};
};

TEST_F(RecordingTest, WhatTheGamesAreToldIsInTheFileInTheEnd) {
    ASSERT_TRUE(open(recording));
    say("hello");
    tick();
    tick();
    finish();
    EXPECT_EQ(story(), "c1:hello t2 ended");
    EXPECT_FALSE(recording.stats().failed);
}

// A crash of the machine is to cost less than a second.
TEST_F(RecordingTest, WhatWasSaidIsDurableWithinASecondThoughItIsLittle) {
    ASSERT_TRUE(open(recording));
    const std::uint64_t head = recording.stats().bytes;
    EXPECT_GT(head, 0U);
    tick();
    turn_until([&] { return recording.stats().bytes > head; });
    const std::uint64_t first = recording.stats().bytes;
    say("hello");
    tick();
    recording.write_if_due(now);
    now += std::chrono::milliseconds(600);
    turn_until([&] { return recording.stats().bytes > first; });
    EXPECT_EQ(story(), "t1 c1:hello t1 cut");
}

TEST_F(RecordingTest, NeverWritesOverAFileThatHoldsSomething) {
    std::ofstream(path) << "precious";
    const auto refused = open(recording);
    ASSERT_FALSE(refused);
    EXPECT_STREQ(refused.error().operation, "record over a file");
    std::string text;
    std::ifstream(path) >> text;
    EXPECT_EQ(text, "precious");
}

TEST_F(RecordingTest, TakesAnEmptyFile) {
    std::ofstream(path).flush();
    ASSERT_TRUE(open(recording));
    finish();
    EXPECT_EQ(story(), "ended");
}

TEST_F(RecordingTest, RefusesAFileThatAnotherRecordsTo) {
    std::ofstream(path).flush();
    ASSERT_TRUE(open(recording));
    ASSERT_EQ(::truncate(path.c_str(), 0), 0);  // As both would have found it.
    Recording other{ring};
    const auto refused = open(other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error_number, EWOULDBLOCK);
}

TEST_F(RecordingTest, ADiskThatIsFullAtTheStartIsSaidAtTheStart) {
    path = "/dev/full";
    const auto refused = open(recording);
    path.clear();  // Not to be removed.
    ASSERT_FALSE(refused);
    EXPECT_STREQ(refused.error().operation, "record");
}

// Goal: when the disk takes no more, the match goes on and what is in the file can be replayed.
// Method: a limit within the second block, so that a part of it is written, and then an error.
TEST_F(RecordingTest, EndsWhenTheDiskTakesNoMoreAndKeepsWhatItHas) {
    ASSERT_TRUE(open(recording));
    const FileSizeLimit limit(6'000);
    for (std::uint64_t i = 0; i < 4; ++i) {
        say(std::string(3'000, 'x'));
        tick();
        turn_until([&] {
            now += std::chrono::seconds(1);
            return recording.stats().failed || recording.stats().bytes > 3'000 * (i + 1);
        });
    }
    EXPECT_TRUE(recording.stats().failed);
    EXPECT_TRUE(recording.finished());
    EXPECT_EQ(story(), "c1:" + std::string(3'000, 'x') + " t1 torn");
    finish();  // Does no harm.
}

// Goal: memory has a bound whatever the disk does.
// Method: nobody brings the completions, as if the disk had stopped.
TEST_F(RecordingTest, EndsWhenTheDiskDoesNotKeepUpAndKeepsWhatItHas) {
    ASSERT_TRUE(open(recording));
    for (int i = 0; i < 100; ++i) {
        say(std::string(1'000, 'x'));
        tick();
        recording.write_if_due(now);
    }
    turn_until([this] { return recording.finished(); });
    EXPECT_TRUE(recording.stats().failed);
    const std::string kept = story();
    EXPECT_TRUE(kept.ends_with("x t1 cut")) << kept.substr(kept.size() - 20);
    EXPECT_GT(kept.size(), block_size);
}

TEST_F(RecordingTest, OfOneRoomAloneIfOnlyThatIsToldTooMuch) {
    ASSERT_TRUE(recording.open(path, small_header(), 2 * block_size));
    for (int i = 0; i < 100; ++i) {
        say(std::string(1'000, 'x'));
        recording.writer().command(1, {.player = {2}, .bytes = as_bytes("hi")});
        tick();
        recording.write_if_due(now);
    }
    finish();
    EXPECT_FALSE(recording.stats().failed);
    EXPECT_EQ(recording.stats().rooms_ended, 1U);
    const std::string kept = story();
    EXPECT_TRUE(kept.ends_with(" c2:hi t1 ended")) << kept.substr(kept.size() - 20);
}

}  // namespace
}  // namespace ringtick
