// The life of a receive, on the real kernel: what the man pages leave open is written down here.

#include "uring/buffer_ring.hpp"

#include "uring/support.hpp"

#include <cerrno>

namespace ringtick {
namespace {

class Receive : public RingTest {};
INSTANTIATE_TEST_SUITE_P(Ring, Receive, every_fallback, name_of_fallback);

constexpr Token recv_token = token_of(Op::recv);

TEST_P(Receive, PostsForEveryArrivalUntilItEnds) {
    open_buffers(8, 64);
    Pair pair = make_pair_of_sockets();
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

}  // namespace
}  // namespace ringtick
