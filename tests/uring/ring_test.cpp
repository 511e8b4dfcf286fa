// Accepting, cancelling, signals and waiting, on the real kernel.

#include "uring/ring.hpp"

#include "uring/support.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <thread>

namespace ringtick {
namespace {

class RingOn : public RingTest {
protected:
    // So many connections, each with a receive armed, its slot the number in the list.
    std::vector<Pair> receive_on(std::uint32_t connections) {
        std::vector<Pair> pairs;
        for (std::uint32_t slot = 0; slot < connections; ++slot) {
            pairs.push_back(make_pair_of_sockets());
            arm_recv(pairs.back().ours, token_of(Op::recv, slot));
        }
        EXPECT_TRUE(settle().empty());
        return pairs;
    }
};
INSTANTIATE_TEST_SUITE_P(Kernel, RingOn, every_fallback, name_of_fallback);

constexpr Token accept_token = token_of(Op::accept);

TEST_P(RingOn, OneAcceptDeliversManyConnections) {
    const Listener listener;
    ring->arm_accept(listener.number(), accept_token);
    ring->submit();
    std::vector<Descriptor> clients(10);
    for (Descriptor& client : clients) client = listener.connect();

    for (const Seen& seen : wait_for(10)) {
        const Descriptor accepted(seen.result);
        EXPECT_TRUE(seen.more);
        EXPECT_EQ(seen.token.pack(), accept_token.pack());
        EXPECT_NE(fcntl(accepted.number(), F_GETFD) & FD_CLOEXEC, 0);
        EXPECT_EQ(fcntl(accepted.number(), F_GETFL) & O_NONBLOCK, 0);
    }
}

class FileLimit {
public:
    FileLimit() {
        getrlimit(RLIMIT_NOFILE, &before_);
        const Descriptor lowest_free(must(dup(STDIN_FILENO)));
        rlimit limit = before_;
        limit.rlim_cur = static_cast<rlim_t>(lowest_free.number());
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;
    ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

// Goal: out of descriptors ends the accept, and arming again at once would spin; but who knocked
// stays in the backlog and is let in later.
TEST_P(RingOn, AcceptEndsOutOfDescriptorsAndTheBacklogSurvives) {
    const Listener listener;
    const Descriptor first = listener.connect();
    const Descriptor second = listener.connect();
    {
        const FileLimit none_left;
        for (int attempt = 0; attempt < 2; ++attempt) {
            ring->arm_accept(listener.number(), accept_token);
            const Seen seen = wait_for_one();
            EXPECT_EQ(seen.result, -EMFILE);
            EXPECT_FALSE(seen.more);
        }
    }
    ring->arm_accept(listener.number(), accept_token);
    for (const Seen& seen : wait_for(2)) {
        const Descriptor accepted(seen.result);
        EXPECT_GE(accepted.number(), 0);
        EXPECT_TRUE(seen.more);
    }
}

TEST_P(RingOn, ACancelledAcceptPostsItsOwnLastCompletion) {
    const Listener listener;
    ring->arm_accept(listener.number(), accept_token);
    EXPECT_TRUE(settle().empty());
    ring->cancel(accept_token);
    const Seen seen = wait_for_one();
    EXPECT_EQ(seen.token.pack(), accept_token.pack());
    EXPECT_EQ(seen.result, -ECANCELED);
    EXPECT_FALSE(seen.more);
}

// Goal: a cancel means one request, whatever lives in its slot by now.
TEST_P(RingOn, CancelEndsExactlyTheRequestThatCarriesTheToken) {
    open_buffers(4, 16);
    const Pair old_pair = make_pair_of_sockets();
    const Pair new_pair = make_pair_of_sockets();
    const Token old_token = token_of(Op::recv, 5, 1);
    const Token new_token = token_of(Op::recv, 5, 2);
    arm_recv(old_pair.ours, old_token);
    arm_recv(new_pair.ours, new_token);
    EXPECT_TRUE(settle().empty());

    ring->cancel(old_token);
    const std::vector<Seen> seen = settle();
    ASSERT_EQ(seen.size(), 1U) << "the cancel itself is silent";
    EXPECT_EQ(seen[0].token.pack(), old_token.pack());
    EXPECT_EQ(seen[0].result, -ECANCELED);
    EXPECT_FALSE(seen[0].more);

    write_text(new_pair.peer, "alive");
    EXPECT_EQ(wait_for_one().bytes, "alive");
}

// Goal: cancels need no room in the completion queue, whatever they find: see completions_needed().
TEST_P(RingOn, ACancelThatFindsNothingIsSilent) {
    open_buffers(4, 16);
    const Pair pair = make_pair_of_sockets();
    const Token token = token_of(Op::recv, 9, 9);
    ring->cancel(token);
    EXPECT_TRUE(settle().empty());
    arm_recv(pair.ours, token);
    ring->cancel(token);
    ring->cancel(token);
    ring->cancel(token);
    const std::vector<Seen> seen = settle();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].token.pack(), token.pack());
    EXPECT_EQ(seen[0].result, -ECANCELED);
}

TEST_P(RingOn, ASignalArrivesThroughTheRing) {
    sigset_t signals;
    sigset_t before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &signals, &before), 0);
    const Descriptor signal_descriptor(must(signalfd(-1, &signals, SFD_CLOEXEC)));
    const Token token = token_of(Op::signal);
    ring->arm_signal(signal_descriptor.number(), token);

    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(raise(SIGUSR1), 0);
        const Seen seen = wait_for_one();
        EXPECT_EQ(seen.token.pack(), token.pack());
        EXPECT_NE(seen.result & POLLIN, 0);
        EXPECT_TRUE(seen.more);
        signalfd_siginfo info{};
        ASSERT_EQ(read(signal_descriptor.number(), &info, sizeof(info)),
                  static_cast<ssize_t>(sizeof(info)));
        EXPECT_EQ(info.ssi_signo, static_cast<unsigned>(SIGUSR1));
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_P(RingOn, AFullSubmissionQueueIsSubmitted) {
    open({.submissions = 8, .completions = 64});
    const Pair pair = make_pair_of_sockets();
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        ring->broadcast(pair.ours.number(), as_bytes(std::string_view(&letter, 1)),
                        token_of(Op::broadcast));
        ring->submit();  // `letter` is on loan until here.
    }
    const std::uint64_t submitted_before = ring->stats().submitted();
    const std::string text = "0123456789";
    for (std::size_t i = 0; i < 20; ++i) {
        ring->broadcast(pair.ours.number(), as_bytes(text).subspan(i % 10, 1),
                        token_of(Op::broadcast));
    }
    EXPECT_EQ(ring->stats().submission_queue_full, 2U);
    EXPECT_EQ(ring->stats().submitted() - submitted_before, 16U);
    ring->submit();
    EXPECT_EQ(ring->stats().submitted() - submitted_before, 20U);
    EXPECT_EQ(read_all_now(pair.peer), "abcdefghijklmnopqrstuvwxyz01234567890123456789");
}

TEST_P(RingOn, AWaitEndsAtItsDeadline) {
    const Nanoseconds deadline = monotonic_now() + std::chrono::milliseconds(5);
    ring->submit_and_wait(1, deadline);
    EXPECT_GE(monotonic_now(), deadline);
    EXPECT_TRUE(take().empty());
}

// Goal: a late tick does not sleep. A deadline in the past makes the wait a plain submission, and
// with nothing to submit not even that.
TEST_P(RingOn, AWaitForAPastDeadlineOnlySubmits) {
    const Pair pair = make_pair_of_sockets();
    const std::string text = "now";
    ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
    ring->submit_and_wait(1, monotonic_now() - std::chrono::seconds(1));
    EXPECT_EQ(read_now(pair.peer), "now");

    const std::uint64_t enters = ring->stats().enters();
    ring->submit_and_wait(1, Nanoseconds(0));
    EXPECT_EQ(ring->stats().enters(), enters);
}

TEST_P(RingOn, AWaitEndsWhenTheCompletionsAreThere) {
    send_to_nobody(*ring, token_of(Op::broadcast));
    ring->submit_and_wait(1, Nanoseconds::max());
    EXPECT_EQ(take().size(), 1U);
}

// Goal: whoever sleeps until the tick is woken by nothing that comes, and then has all of it at
// once: of each socket one completion, however often something came.
TEST_P(RingOn, ASleepEndsAtItsDeadlineAndGathersWhatCame) {
    constexpr std::uint32_t connections = 100;
    open_buffers(256, 16);
    const std::vector<Pair> pairs = receive_on(connections);
    // Something is there already when the sleep begins; more comes meanwhile.
    for (const Pair& pair : pairs) write_text(pair.peer, "x");
    const Nanoseconds deadline = monotonic_now() + std::chrono::milliseconds(200);
    bool all_in_time = false;
    std::thread sender([&] {
        for (const Pair& pair : pairs) write_text(pair.peer, "xx");
        all_in_time = monotonic_now() < deadline;
    });
    ring->submit_and_sleep(deadline);
    EXPECT_GE(monotonic_now(), deadline);
    ring->run_deferred();
    sender.join();

    std::map<std::uint32_t, std::string> came;
    std::size_t completions = 0;
    for (const Seen& seen : settle()) {
        came[seen.token.owner.slot] += seen.bytes;
        completions += 1;
    }
    EXPECT_EQ(came.size(), connections);
    for (const auto& [slot, bytes] : came) {
        EXPECT_EQ(bytes, "xxx") << slot;
    }
    const RingFeatures& features = ring->features();
    if (features.second_ring && features.defer_taskrun && all_in_time) {
        EXPECT_EQ(completions, connections);
    }
}

TEST_P(RingOn, ASleepUntilThePastGathersWithoutSleeping) {
    open_buffers(8, 16);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, token_of(Op::recv));
    EXPECT_TRUE(settle().empty());
    write_text(pair.peer, "x");
    ring->submit_and_sleep(Nanoseconds(0));
    ring->run_deferred();
    EXPECT_EQ(ring->reap_posted().size(), 1U);
}

TEST_P(RingOn, SubmittingOnlyLeavesDeferredWorkDeferred) {
    open_buffers(8, 16);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, token_of(Op::recv));
    EXPECT_TRUE(settle().empty());
    write_text(pair.peer, "x");
    const std::string text = "sent";
    ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
    ring->submit_only();
    EXPECT_EQ(read_now(pair.peer), "sent");
    if (ring->features().defer_taskrun) {
        EXPECT_TRUE(ring->reap_posted().empty());
    }
    EXPECT_EQ(take().size(), 1U);
}

TEST_P(RingOn, WhatIsQueuedDuringAWaitForMoreThanCanComeIsSubmitted) {
    const Pair pair = make_pair_of_sockets();
    const std::string text = "hello";
    ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
    ring->submit_and_wait(1'000'000, monotonic_now() + std::chrono::milliseconds(1));
    EXPECT_EQ(read_now(pair.peer), "hello");
}

// Goal: one enter under DEFER_TASKRUN runs at most 20 items of work if it was told to wait for
// one. A loop that enters once a tick would starve; reap() goes on until the ring is dry.
TEST_P(RingOn, ReapTakesMoreThanOneEnterGives) {
    constexpr std::uint32_t connections = 300;
    open_buffers(512, 16);
    const std::vector<Pair> pairs = receive_on(connections);
    for (const Pair& pair : pairs) write_text(pair.peer, "x");
    ring->submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));

    std::vector<std::uint32_t> slots;
    for (const Seen& seen : take()) slots.push_back(seen.token.owner.slot);
    std::ranges::sort(slots);
    ASSERT_EQ(slots.size(), connections);
    EXPECT_EQ(std::ranges::adjacent_find(slots), slots.end());
}

TEST_P(RingOn, ADryRingCostsNoSystemCall) {
    EXPECT_TRUE(take().empty());
    const std::uint64_t enters = ring->stats().enters();
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(ring->reap().empty());
        ring->submit();
    }
    EXPECT_EQ(ring->stats().enters(), enters);
}

// Goal: nothing is lost when the completion queue is too small, but the receive that met the full
// queue ends. Expected never to happen, see completions_needed(); counted if it does.
TEST_P(RingOn, AnOverflowLosesNothingButEndsTheReceive) {
    open({.submissions = 8, .completions = 8});
    open_buffers(64, 16);
    const Pair pair = make_pair_of_sockets();
    const Token token = token_of(Op::recv);
    arm_recv(pair.ours, token);
    ring->submit();
    std::string sent;
    for (char letter = 'a'; letter < 'a' + 20; ++letter) {
        const std::string text(16, letter);
        write_text(pair.peer, text);
        sent += text;
    }

    std::string received;
    int ends = 0;
    const Nanoseconds give_up = monotonic_now() + std::chrono::seconds(5);
    while (received.size() < sent.size() && monotonic_now() < give_up) {
        ring->submit_and_wait(1, give_up);
        for (const Seen& seen : take()) {
            EXPECT_GT(seen.result, 0);
            received += seen.bytes;
            if (seen.more) continue;
            ends += 1;
            arm_recv(pair.ours, token);
        }
    }
    EXPECT_EQ(received, sent);
    EXPECT_GE(ends, 1);
    EXPECT_GE(ring->stats().cq_overflow, 1U);
    EXPECT_EQ(ring->stats().completions, 20U);
}

// Goal: a submission that leaves deferred work alone gets through a full completion queue as well,
// and what did not fit is not lost. (Linux 6.18 does not say -EBUSY here; native_test.cpp shows
// what happens on a kernel that does.)
TEST_P(RingOn, SubmittingOnlyPastAFullQueueLosesNothing) {
    open({.submissions = 8, .completions = 8});
    constexpr std::uint32_t count = 100;
    for (std::uint32_t slot = 0; slot < count; ++slot) {
        send_to_nobody(*ring, token_of(Op::broadcast, slot));
    }
    ring->submit_only();
    EXPECT_GE(ring->stats().cq_overflow, 1U);
    const std::vector<Seen> all = take();
    ASSERT_EQ(all.size(), count);
    for (std::uint32_t slot = 0; slot < count; ++slot) {
        EXPECT_EQ(all[slot].token.owner.slot, slot);
    }
}

TEST_P(RingOn, CountsWhatPassedThroughIt) {
    const Pair pair = make_pair_of_sockets();
    const std::string text = "x";
    ring->broadcast(pair.ours.number(), as_bytes(text), token_of(Op::broadcast));
    send_to_nobody(*ring, token_of(Op::broadcast));
    ring->submit();
    EXPECT_EQ(take().size(), 1U);
    const RingStats& stats = ring->stats();
    EXPECT_EQ(stats.enters(), 1U);
    EXPECT_EQ(stats.submitted(), 2U);
    EXPECT_EQ(stats.completions, 1U);
    EXPECT_EQ(stats.submission_queue_full, 0U);
    EXPECT_EQ(stats.busy, 0U);
    EXPECT_EQ(stats.cq_overflow, 0U);
}

TEST(CompletionsNeeded, CoversEveryKindOfCompletionAndIsAPowerOfTwo) {
    // 2,048 receives with a buffer; 1,000 that ended; 1,000 sends; one submission of 512; a backlog
    // of 1,024: 5,584.
    EXPECT_EQ(completions_needed(1000, 2048, 512, 1024), 8192U);
    EXPECT_EQ(completions_needed(15'000, 32'768, 512, 2'256), 65'536U);  // The most there is.
    EXPECT_GT(completions_needed(15'000, 32'768, 512, 2'257), completions_max);
    EXPECT_EQ(completions_needed(0, 0, 1, 0), 1U);
    EXPECT_EQ(completions_needed(1, 1, 1, 0), 4U);
    EXPECT_EQ(completions_needed(1, 1, 1, 4), 8U);
    EXPECT_EQ(completions_needed(1, 1, 1, 5), 16U);
}

}  // namespace
}  // namespace ringtick
