// The life of a receive on the real kernel. What the man pages leave open is written down here.

#include "uring/buffer_ring.hpp"

#include "uring/support.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace ringtick {
namespace {

class Receive : public RingTest {};
INSTANTIATE_TEST_SUITE_P(Ring, Receive, every_fallback, name_of_fallback);

constexpr Token recv_token = token_of(Op::recv);

TEST_P(Receive, PostsForEveryArrivalUntilItEnds) {
    open_buffers(8, 64);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, recv_token);
    for (const std::string text : {"one", "two", "three"}) {
        write_text(pair.peer, text);
        const Seen seen = wait_for_one();
        EXPECT_EQ(seen.bytes, text);
        EXPECT_EQ(seen.token.pack(), recv_token.pack());
        EXPECT_TRUE(seen.more);
    }
    EXPECT_EQ(buffers->lent(), 0U);
}

TEST_P(Receive, ReportsTheEndOfTheStreamAsZeroBytesAndTheLastWord) {
    open_buffers(8, 64);
    Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, recv_token);
    write_text(pair.peer, "bye");
    pair.peer.close();
    const std::vector<Seen> seen = wait_for(2);
    EXPECT_EQ(seen[0].bytes, "bye");
    EXPECT_TRUE(seen[0].more);
    EXPECT_EQ(seen[1].result, 0);
    EXPECT_FALSE(seen[1].more);
}

// Goal: running out of buffers loses nothing, and only arming again goes on.
// Method: 40 bytes for two buffers of 16.
TEST_P(Receive, EndsWithoutBuffersAndTheRestStaysInTheSocket) {
    open_buffers(2, 16);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, recv_token);
    ring->submit();
    write_text(pair.peer, std::string(16, 'a') + std::string(16, 'b') + std::string(8, 'c'));

    const std::vector<Seen> seen = wait_for(3);
    EXPECT_EQ(seen[0].bytes, std::string(16, 'a'));
    EXPECT_TRUE(seen[0].more);
    EXPECT_EQ(seen[1].bytes, std::string(16, 'b'));
    EXPECT_TRUE(seen[1].more);
    EXPECT_EQ(seen[2].result, -ENOBUFS);
    EXPECT_FALSE(seen[2].more);
    EXPECT_FALSE(seen[2].has_buffer);

    EXPECT_TRUE(settle().empty()) << "the buffers are back, but nobody asked for more";
    arm_recv(pair.ours, recv_token);
    EXPECT_EQ(wait_for_one().bytes, std::string(8, 'c'));
}

TEST_P(Receive, ArmedWithoutAnyBufferEndsAtOnce) {
    open_buffers(1, 16);
    const Pair busy = make_pair_of_sockets();
    const Pair idle = make_pair_of_sockets();
    arm_recv(busy.ours, recv_token);
    write_text(busy.peer, "x");
    ring->submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
    const auto batch = ring->reap();
    ASSERT_EQ(batch.size(), 1U);
    const BufferRing::Loan loan = buffers->borrow(batch.front());

    const Token idle_token = token_of(Op::recv, 2);
    arm_recv(idle.ours, idle_token);
    const Seen seen = wait_for_one();
    EXPECT_EQ(seen.token.pack(), idle_token.pack());
    EXPECT_EQ(seen.result, -ENOBUFS);
    EXPECT_FALSE(seen.more);
}

// The end of a stream needs a buffer, too: it is heard of only after arming again with one.
TEST_P(Receive, TheEndOfTheStreamWaitsForABuffer) {
    open_buffers(1, 16);
    Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, recv_token);
    write_text(pair.peer, "x");
    ring->submit_and_wait(1, monotonic_now() + std::chrono::seconds(5));
    const auto batch = ring->reap();
    ASSERT_EQ(batch.size(), 1U);
    {
        const BufferRing::Loan loan = buffers->borrow(batch.front());
        pair.peer.close();
        EXPECT_EQ(wait_for_one().result, -ENOBUFS);
    }
    buffers->publish();
    arm_recv(pair.ours, recv_token);
    EXPECT_EQ(wait_for_one().result, 0);
}

TEST_P(Receive, ShutdownEndsItWithZeroBytes) {
    open_buffers(8, 64);
    const Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, recv_token);
    EXPECT_TRUE(settle().empty());
    ASSERT_EQ(shutdown(pair.ours.number(), SHUT_RDWR), 0);
    const Seen seen = wait_for_one();
    EXPECT_EQ(seen.result, 0);
    EXPECT_FALSE(seen.more);
    EXPECT_FALSE(seen.has_buffer);
}

// Why we shut down first: a closed descriptor ends nothing, the armed request holds the socket.
TEST_P(Receive, ClosingTheDescriptorDoesNotEndIt) {
    open_buffers(8, 64);
    Pair pair = make_pair_of_sockets();
    arm_recv(pair.ours, recv_token);
    EXPECT_TRUE(settle().empty());
    pair.ours.close();
    EXPECT_TRUE(settle().empty());

    char byte = 0;
    const ssize_t heard = recv(pair.peer.number(), &byte, 1, MSG_DONTWAIT);
    EXPECT_EQ(heard, -1) << "the peer must not hear of it";
    write_text(pair.peer, "late");
    const Seen late = wait_for_one();
    EXPECT_EQ(late.bytes, "late");
    EXPECT_TRUE(late.more);

    ring->cancel(recv_token);
    const Seen last = wait_for_one();
    EXPECT_EQ(last.result, -ECANCELED);
    EXPECT_FALSE(last.more);
    EXPECT_EQ(recv(pair.peer.number(), &byte, 1, MSG_DONTWAIT), 0) << "now it is closed";
}

// Goal: a completion for an owner long gone still carries a buffer, and it must come home.
// Method: two buffers, and fifty owners of the same slot who each leave with data in flight.
TEST_P(Receive, AStaleCompletionStillOwnsABuffer) {
    open_buffers(2, 16);
    for (std::uint32_t generation = 1; generation <= 50; ++generation) {
        SCOPED_TRACE(generation);
        const Pair pair = make_pair_of_sockets();
        const Token token = token_of(Op::recv, 3, generation);
        arm_recv(pair.ours, token);
        ring->submit();
        write_text(pair.peer, "parting words");
        ring->submit();  // The completion waits in the queue, and its owner leaves.
        ring->cancel(token);
        const std::vector<Seen> seen = wait_for(2);
        EXPECT_EQ(seen[0].token.pack(), token.pack());
        EXPECT_EQ(seen[0].bytes, "parting words");
        EXPECT_EQ(seen[1].token.pack(), token.pack());
        EXPECT_EQ(seen[1].result, -ECANCELED);
        EXPECT_FALSE(seen[1].more);
        EXPECT_EQ(buffers->lent(), 0U);
    }
}

TEST_P(Receive, TheBudgetEndsItAndTheRestStaysInTheSocket) {
    open_buffers(8, 16);
    const Pair pair = make_pair_of_sockets();
    write_text(pair.peer, std::string(64, 'x'));
    arm_recv(pair.ours, recv_token, 32);
    const std::vector<Seen> seen = settle();
    if (ring->features().recv_budget) {
        ASSERT_EQ(seen.size(), 2U);
        EXPECT_TRUE(seen[0].more);
        EXPECT_FALSE(seen[1].more);
        EXPECT_EQ(read_now(pair.ours), std::string(32, 'x'));
    } else {
        ASSERT_EQ(seen.size(), 4U);
        EXPECT_TRUE(seen[3].more);
    }
}

TEST_P(Receive, BuffersGivenBackAreTheKernelsOnlyWhenPublished) {
    open_buffers(1, 16);
    const Pair pair = make_pair_of_sockets();
    write_text(pair.peer, "one");
    arm_recv(pair.ours, recv_token);
    ring->submit();
    const auto batch = ring->reap();
    ASSERT_EQ(batch.size(), 1U);
    { const BufferRing::Loan loan = buffers->borrow(batch.front()); }
    EXPECT_EQ(buffers->lent(), 0U);

    write_text(pair.peer, "two");
    EXPECT_EQ(wait_for_one().result, -ENOBUFS);  // It publishes at its end.
    arm_recv(pair.ours, recv_token);
    EXPECT_EQ(wait_for_one().bytes, "two");
}

TEST_P(Receive, ABufferGroupIsOpenedOnce) {
    open_buffers(1, 16);
    BufferRing second;
    const Result<void> opened = second.open(*ring, buffers->group(), 1, 16);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().error_number, EEXIST);
}

TEST(BufferRing, ACompletionWithoutABufferLendsNothing) {
    BufferRing buffers;
    const BufferRing::Loan loan = buffers.borrow(Completion{});
    EXPECT_TRUE(loan.bytes().empty());
}

}  // namespace
}  // namespace ringtick
