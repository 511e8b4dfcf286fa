// Messages from one ring to another, on the real kernel.

#include "uring/ring.hpp"
#include "uring/support.hpp"

#include <cerrno>
#include <cstdint>
#include <future>
#include <set>
#include <thread>
#include <vector>

namespace ringtick {
namespace {

class RingMessages : public RingTest {
protected:
    void SetUp() override {
        open({});
        if (IsSkipped()) return;
        ASSERT_TRUE(other.open({.mask = GetParam().mask}));
    }

    std::vector<Completion> reap_other() {
        std::vector<Completion> all;
        for (auto batch = other.reap(); !batch.empty(); batch = other.reap()) {
            all.insert(all.end(), batch.begin(), batch.end());
        }
        return all;
    }

    Ring other;
};
INSTANTIATE_TEST_SUITE_P(Kernel, RingMessages, every_fallback, name_of_fallback);

constexpr std::uint32_t slot_max = Token::slot_max;
constexpr std::uint32_t generation_max = 0xFFFF'FFFF;

TEST_P(RingMessages, AMessageArrivesWholeAndIsSilentHere) {
    ring->tell(other.descriptor(), {.slot = slot_max, .generation = generation_max}, -7);
    ring->tell(other.descriptor(), {.slot = 0, .generation = 0}, 2'147'483'647);
    EXPECT_TRUE(settle().empty());

    const std::vector<Completion> came = reap_other();
    ASSERT_EQ(came.size(), 2U);
    EXPECT_EQ(came[0].token.pack(), token_of(Op::message, slot_max, generation_max).pack());
    EXPECT_EQ(came[0].result, -7);
    EXPECT_FALSE(came[0].more);
    EXPECT_FALSE(came[0].has_buffer);
    EXPECT_EQ(came[1].token.pack(), token_of(Op::message, 0, 0).pack());
    EXPECT_EQ(came[1].result, 2'147'483'647);
}

// Goal: as many as are under way at once arrive, each once; more than one enter gives.
TEST_P(RingMessages, ManyMessagesEachArriveOnce) {
    constexpr std::uint32_t messages = 2'000;
    for (std::uint32_t number = 0; number < messages; ++number) {
        ring->tell(other.descriptor(), {.slot = number, .generation = 1}, 0);
    }
    EXPECT_TRUE(settle().empty());
    std::set<std::uint32_t> numbers;
    const std::vector<Completion> came = reap_other();
    for (const Completion& completion : came) numbers.insert(completion.token.owner.slot);
    EXPECT_EQ(came.size(), messages);
    EXPECT_EQ(numbers.size(), messages);
}

TEST_P(RingMessages, AMessageToNobodyComesBack) {
    int gone = -1;
    {
        Ring third;
        ASSERT_TRUE(third.open({.mask = GetParam().mask}));
        gone = third.descriptor();
    }
    ring->tell(gone, {.slot = 5, .generation = 6}, 1);
    const std::vector<Seen> seen = settle();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].token.pack(), token_of(Op::undelivered, 5, 6).pack());
    EXPECT_EQ(seen[0].result, -EBADF);
}

// Goal: rings of two threads. Whoever sleeps until the tick is not woken by a message, and finds it
// then.
TEST_P(RingMessages, AMessageIsFoundAfterTheSleepOfAnotherThread) {
    const Nanoseconds deadline = monotonic_now() + std::chrono::milliseconds(50);
    std::promise<int> descriptor;
    std::promise<void> told;
    std::vector<Token> came;
    Nanoseconds woke{};
    std::thread sleeper([&] {
        Ring own;
        if (!own.open({.mask = GetParam().mask})) return descriptor.set_value(-1);
        descriptor.set_value(own.descriptor());
        own.submit_and_sleep(deadline);
        woke = monotonic_now();
        told.get_future().wait();
        own.run_deferred();
        for (auto batch = own.reap(); !batch.empty(); batch = own.reap()) {
            for (const Completion& completion : batch) came.push_back(completion.token);
        }
    });
    const int to = descriptor.get_future().get();
    if (to >= 0) {
        ring->tell(to, {.slot = 3, .generation = 4}, 0);
        ring->submit();
    }
    told.set_value();
    sleeper.join();
    ASSERT_GE(to, 0);
    EXPECT_GE(woke, deadline);
    ASSERT_EQ(came.size(), 1U);
    EXPECT_EQ(came[0].pack(), token_of(Op::message, 3, 4).pack());
}

}  // namespace
}  // namespace ringtick
