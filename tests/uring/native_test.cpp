// What the kernel does too rarely to wait for: an enter that fails, or takes only a part. The
// linker puts this file's io_uring_enter2 before liburing's (see tests/meson.build).

#include "uring/native.hpp"

#include "uring/support.hpp"

#include <cerrno>
#include <deque>
#include <numeric>
#include <vector>

namespace {

struct Enters {
    std::uint64_t count = 0;
    std::vector<unsigned> flags;        // Of each.
    std::deque<int> failures;           // Errors for the next enters; 0 lets one through.
    std::uint32_t submissions_max = 0;  // How many one enter takes; 0 is all.
};
Enters enters;

}  // namespace

// The linker's --wrap calls the one put aside __real_, and ours __wrap_.
extern "C" {
int real_enter(unsigned, unsigned, unsigned, unsigned, sigset_t*, size_t)  //
    __asm__("__real_io_uring_enter2");
int enter(unsigned, unsigned, unsigned, unsigned, sigset_t*, size_t)  //
    __asm__("__wrap_io_uring_enter2");
}

// NOLINTNEXTLINE(readability-function-size): io_uring_enter(2) has six parameters.
int enter(unsigned descriptor,
          unsigned to_submit,
          unsigned wanted,
          unsigned flags,
          sigset_t* argument,
          size_t size) {
    enters.count += 1;
    enters.flags.push_back(flags);
    if (!enters.failures.empty()) {
        const int error = enters.failures.front();
        enters.failures.pop_front();
        if (error != 0) return -error;
    }
    if (enters.submissions_max != 0 && to_submit > enters.submissions_max) {
        to_submit = enters.submissions_max;
        wanted = 0;
    }
    return real_enter(descriptor, to_submit, wanted, flags, argument, size);
}

namespace ringtick {
namespace {

class Faulty : public RingTest {
protected:
    void SetUp() override {
        enters = {};
        RingTest::SetUp();
        enters = {};
    }
    void TearDown() override { enters = {}; }

    // A completion that comes at once.
    void echo(std::uint32_t number) { send_to_nobody(*ring, token_of(Op::broadcast, number)); }
    std::vector<std::uint32_t> numbers_taken() {
        std::vector<std::uint32_t> numbers;
        for (const Seen& seen : take()) numbers.push_back(seen.token.owner.slot);
        return numbers;
    }
    static std::vector<std::uint32_t> numbers_to(std::uint32_t end) {
        std::vector<std::uint32_t> numbers(end);
        std::iota(numbers.begin(), numbers.end(), 0U);
        return numbers;
    }
};
INSTANTIATE_TEST_SUITE_P(Ring, Faulty, every_fallback, name_of_fallback);

// Goal: after -EBUSY the kernel wants its completions reaped before it takes more. Submitting must
// not fail for that, and none of them may be lost or come out of order.
TEST_P(Faulty, ABusyKernelIsRelievedAndNoCompletionLost) {
    constexpr std::uint32_t count = 600;  // More than one batch.
    for (std::uint32_t number = 0; number < count; ++number) echo(number);
    ring->submit();
    const Pair pair = make_pair_of_sockets();
    const std::string text = "through";
    ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
    echo(count);
    enters.failures = {EBUSY, EBUSY};
    ring->submit();

    EXPECT_EQ(read_now(pair.peer), "through");
    EXPECT_EQ(numbers_taken(), numbers_to(count + 1));
    EXPECT_EQ(ring->stats().busy, 2U);
    EXPECT_EQ(ring->stats().completions, count + 1);
}

TEST_P(Faulty, ABusyKernelLeavesTheReapedBatchAlone) {
    echo(0);
    echo(1);
    ring->submit();
    const std::span<const Completion> batch = ring->reap();
    ASSERT_EQ(batch.size(), 2U);
    echo(2);
    ring->submit();
    echo(3);
    enters.failures = {EBUSY};
    ring->submit();
    EXPECT_EQ(batch[0].token.owner.slot, 0U);
    EXPECT_EQ(batch[1].token.owner.slot, 1U);
    EXPECT_EQ(numbers_taken(), (std::vector<std::uint32_t>{2, 3}));
}

// Goal: where deferred work stays deferred, too: the kernel brings in what did not fit the queue
// only when it is asked for events, and would refuse again and again.
TEST_P(Faulty, ABusyKernelIsAskedForEventsAlsoWhereDeferredWorkStaysDeferred) {
    open_buffers(8, 16);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, token_of(Op::recv));
    for (std::uint32_t number = 0; number < 300; ++number) echo(number);
    ring->submit_only();
    echo(300);
    enters = {.failures = {EBUSY, EBUSY}};
    ring->submit_only();

    ASSERT_EQ(enters.flags.size(), 3U);
    EXPECT_EQ(enters.flags[0] & IORING_ENTER_GETEVENTS, 0U);
    EXPECT_NE(enters.flags[1] & IORING_ENTER_GETEVENTS, 0U);
    EXPECT_NE(enters.flags[2] & IORING_ENTER_GETEVENTS, 0U);
    EXPECT_EQ(ring->stats().busy, 2U);
    EXPECT_EQ(numbers_taken(), numbers_to(301));
}

// Goal: what was put aside when the kernel was busy is not slept over.
TEST_P(Faulty, AWaitDoesNotSleepOverWhatABusyKernelHadUsPutAside) {
    echo(0);
    ring->submit();
    echo(1);
    enters.failures = {EBUSY};
    ring->submit();
    EXPECT_EQ(ring->reap_posted().size(), 1U);  // Put aside; the other is in the queue.
    EXPECT_EQ(ring->reap_posted().size(), 1U);
    echo(2);
    ring->submit();
    echo(3);
    enters.failures = {EBUSY};
    ring->submit();
    const std::uint64_t before = enters.count;
    ring->submit_and_wait(2, monotonic_now() + std::chrono::seconds(5));
    EXPECT_EQ(enters.count, before);
    EXPECT_EQ(numbers_taken(), (std::vector<std::uint32_t>{2, 3}));
}

// Goal: what is put aside time after time, and never read to its end, finds room all the same.
TEST_P(Faulty, WhatIsPutAsideKeepsItsOrderWhileItIsReadInPart) {
    std::vector<std::uint32_t> numbers;
    std::uint32_t number = 0;
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 300; ++i) echo(number++);
        ring->submit();
        enters.failures = {EBUSY};
        echo(number++);
        ring->submit();
        for (const Completion& completion : ring->reap_posted()) {
            numbers.push_back(completion.token.owner.slot);
        }
    }
    for (const std::uint32_t left : numbers_taken()) numbers.push_back(left);
    EXPECT_EQ(numbers, numbers_to(number));
}

// Whatever ended the wait, what was queued before it is the kernel's after it.
TEST_P(Faulty, AWaitThatFailsHasSubmittedAllTheSame) {
    for (const int error : {EBUSY, EAGAIN, EINTR, ETIME}) {
        SCOPED_TRACE(error);
        const Pair pair = make_pair_of_sockets();
        const std::string text = "x";
        ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
        enters.failures = {error};
        ring->submit_and_wait(1, monotonic_now() + std::chrono::hours(1));
        EXPECT_EQ(read_now(pair.peer), "x");
        EXPECT_TRUE(take().empty());
    }
}

TEST_P(Faulty, WithoutMemoryForRequestsSubmittingIsTriedAgain) {
    echo(0);
    enters.failures = {EAGAIN, EAGAIN, EAGAIN};
    ring->submit();
    EXPECT_EQ(numbers_taken(), numbers_to(1));
    EXPECT_EQ(ring->stats().submitted(), 1U);
}

// Goal: a server does not spin for ever, deaf to SIGTERM, on a machine that has no memory left.
TEST_P(Faulty, AMachineWithoutMemoryForASecondStopsTheProgram) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    echo(0);
    enters.failures.assign(100'000, EAGAIN);
    EXPECT_DEATH(ring->submit(), "assertion failed");
}

TEST_P(Faulty, AnEnterThatTakesAPartIsFollowedByAnother) {
    for (std::uint32_t number = 0; number < 10; ++number) echo(number);
    enters.submissions_max = 3;
    ring->submit();
    EXPECT_EQ(numbers_taken(), numbers_to(10));
    EXPECT_EQ(ring->stats().submitted(), 10U);
}

TEST_P(Faulty, EveryEnterIsCounted) {
    open_buffers(64, 16);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, token_of(Op::recv));
    ring->submit();
    for (int i = 0; i < 30; ++i) {
        write_text(pair.peer, "x");
        ring->submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
        echo(7);
        EXPECT_EQ(take().size(), 1U);
        ring->submit();
        EXPECT_EQ(take().size(), 1U);
    }
    EXPECT_EQ(ring->stats().enters(), enters.count);
}

// Goal: the cost of a turn. Two enters for a wait and a submission; asking whether the queue is dry
// is free.
TEST_P(Faulty, ATurnCostsOneEnterToWaitAndOneToSubmit) {
    open_buffers(64, 16);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, token_of(Op::recv));
    ring->submit();
    const std::string text = "snapshot";
    for (int turn = 0; turn < 10; ++turn) {
        const std::uint64_t before = enters.count;
        write_text(pair.peer, "input");
        ring->submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
        EXPECT_EQ(take().size(), 1U);
        ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
        ring->submit();
        EXPECT_TRUE(take().empty());
        EXPECT_EQ(enters.count - before, 2U);
    }
}

TEST_P(Faulty, AnErrorThatOnlyABugCanCauseStopsTheProgram) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // A forked child has no queues: run it anew.
    echo(0);
    enters.failures = {EFAULT};
    EXPECT_DEATH(ring->submit(), "assertion failed");
}

}  // namespace
}  // namespace ringtick
