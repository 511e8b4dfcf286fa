#include "replica/ack_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace ringtick {
namespace {

constexpr std::uint32_t silence_ticks = 30;

// A server that sends a snapshot every `every` ticks if the window lets it, a path, and a client
// that says every `input_every` ticks what it has applied.
class Path {
public:
    void run(std::uint32_t ticks) {
        for (std::uint32_t i = 0; i < ticks; ++i) step();
    }
    void step() {
        tick_ += 1;
        while (!inputs_.empty() && inputs_.front().at <= tick_) {
            window.on_acknowledged(inputs_.front().acknowledged, tick_);
            inputs_.pop_front();
        }
        if (tick_ % every == 0) send();
        if (!stands_still) arrive();
        if (talks && tick_ % input_every == 0) {
            inputs_.push_back({.acknowledged = applied_, .at = tick_ + (there_and_back + 1) / 2});
        }
    }
    std::size_t under_way() const { return under_way_.size(); }

    AckWindow window{silence_ticks};
    std::uint32_t there_and_back = 2;
    std::uint32_t every = 1;
    std::uint32_t input_every = 1;
    std::size_t arrive_max = 100;  // Snapshots in a tick: a narrow path takes no more.
    bool talks = true;
    bool stands_still = false;  // What is under way stays there.
    std::uint32_t sent = 0;
    std::uint32_t skipped = 0;
    std::size_t under_way_max = 0;

private:
    struct Input {
        std::uint32_t acknowledged;
        std::uint32_t at;
    };

    void send() {
        if (window.behind(tick_)) {
            skipped += 1;
            return;
        }
        window.on_sent(tick_);
        under_way_.push_back(tick_);
        sent += 1;
        under_way_max = std::max(under_way_max, under_way_.size());
    }
    void arrive() {
        for (std::size_t i = 0; i < arrive_max && !under_way_.empty(); ++i) {
            if (under_way_.front() + there_and_back / 2 > tick_) return;
            applied_ = under_way_.front();
            under_way_.pop_front();
        }
    }

    std::uint32_t tick_ = 100;
    std::uint32_t applied_ = 0;
    std::deque<std::uint32_t> under_way_;
    std::deque<Input> inputs_;
};

std::uint32_t skipped_in_time(std::uint32_t there_and_back,
                              std::uint32_t every,
                              std::uint32_t input_every) {
    Path path;
    path.there_and_back = there_and_back;
    path.every = every;
    path.input_every = input_every;
    path.run(600);
    return path.skipped;
}

TEST(AckWindow, LetsEverySnapshotGoWhileThePathIsAsItAlwaysIs) {
    for (const std::uint32_t there_and_back : {0U, 1U, 2U, 7U, 30U}) {
        SCOPED_TRACE(there_and_back);
        for (const std::uint32_t every : {1U, 2U, 3U, 6U}) {
            EXPECT_EQ(skipped_in_time(there_and_back, every, 1), 0U);
            EXPECT_EQ(skipped_in_time(there_and_back, every, 2), 0U);
            EXPECT_EQ(skipped_in_time(there_and_back, every, 10), 0U);
        }
    }
}

TEST(AckWindow, EndsSoonWhenWhatIsUnderWayStandsStill) {
    Path path;
    path.there_and_back = 4;
    path.run(100);
    path.stands_still = true;
    path.sent = 0;
    path.run(25);
    EXPECT_LE(path.sent, 4 + AckWindow::spare_ticks + 1);
    EXPECT_GT(path.skipped, 10U);

    path.stands_still = false;
    path.run(5);
    path.skipped = 0;
    path.run(100);
    EXPECT_EQ(path.skipped, 0U);
}

// Goal: on a path that takes fewer than there are, what waits on it stays little, and all of it is
// used.
TEST(AckWindow, KeepsWhatWaitsOnANarrowPathShort) {
    Path path;
    path.run(100);
    path.under_way_max = 0;
    path.sent = 0;
    for (int i = 0; i < 600; ++i) {
        path.arrive_max = i % 3 == 0 ? 1 : 0;
        path.step();
    }
    EXPECT_LE(path.under_way_max, 12U);
    EXPECT_GE(path.sent, 190U);
    EXPECT_GT(path.skipped, 300U);
}

TEST(AckWindow, FollowsAPathThatHasBecomeLonger) {
    Path path;
    path.run(100);
    path.there_and_back = 20;
    path.run(4 * AckWindow::window_ticks);
    path.skipped = 0;
    path.run(200);
    EXPECT_EQ(path.skipped, 0U);
}

TEST(AckWindow, IsOpenForWhomNobodyEverHeard) {
    Path path;
    path.talks = false;
    path.run(500);
    EXPECT_EQ(path.skipped, 0U);
}

// A page in the background: its timers stand still, and it says nothing.
TEST(AckWindow, BelievesASilenceAfterAWhile) {
    Path path;
    path.run(100);
    path.talks = false;
    path.run(silence_ticks + 4);
    EXPECT_GT(path.skipped, 0U);
    EXPECT_LE(path.skipped, silence_ticks);
    path.skipped = 0;
    path.run(500);
    EXPECT_EQ(path.skipped, 0U);
}

// Of a viewer who has acknowledged two snapshots, each a tick later, the last of them in tick 10.
AckWindow quick() {
    AckWindow window(silence_ticks);
    for (const std::uint32_t tick : {8U, 9U}) {
        window.on_sent(tick);
        window.on_acknowledged(tick, tick + 1);
    }
    return window;
}

TEST(AckWindow, IsOpenForWhoHasAcknowledgedAll) {
    AckWindow window = quick();
    for (std::uint32_t tick = 10; tick < 40; ++tick) EXPECT_FALSE(window.behind(tick));
    window.on_sent(40);
    window.on_acknowledged(9, 45);
    EXPECT_FALSE(window.behind(45));
    EXPECT_TRUE(window.behind(46));
    window.on_acknowledged(40, 47);
    EXPECT_FALSE(window.behind(47));
}

TEST(AckWindow, DoesNotWaitForWhatNeverLeft) {
    AckWindow window = quick();
    window.on_sent(11);
    window.on_refused();
    window.on_acknowledged(9, 25);
    EXPECT_FALSE(window.behind(25));
}

// Who acknowledges nothing more, though it talks, is not waited for either, for so long.
TEST(AckWindow, OpensAgainForWhoNeverAcknowledgesMore) {
    AckWindow window = quick();
    window.on_sent(11);
    std::uint32_t behind = 0;
    for (std::uint32_t tick = 12; tick < 200; ++tick) {
        window.on_acknowledged(9, tick);
        behind += window.behind(tick) ? 1U : 0U;
    }
    EXPECT_GT(behind, 50U);
    EXPECT_LT(behind, 64U);
}

}  // namespace
}  // namespace ringtick
