// Sending, on the real kernel: whole, in part, not at all.

#include "uring/ring.hpp"
#include "uring/support.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace ringtick {
namespace {

class Send : public RingTest {
protected:
    void broadcast(const Descriptor& socket, std::string_view text) {
        ring->broadcast(socket.number(), as_bytes(text), broadcast_token);
    }
    void send(const Descriptor& socket, std::string_view text, Token token) {
        ring->send(socket.number(), as_bytes(text), token);
    }

    // Reads what the peer gets and lets the ring work, until the ring has something to say.
    Seen drain_until_completion(const Descriptor& peer, std::string& received) {
        const Nanoseconds give_up = monotonic_now() + std::chrono::seconds(10);
        while (monotonic_now() < give_up) {
            received += read_all_now(peer);
            ring->submit();
            std::vector<Seen> seen = take();
            if (seen.empty()) continue;
            EXPECT_EQ(seen.size(), 1U);
            received += read_all_now(peer);
            return seen.front();
        }
        ADD_FAILURE() << "no completion in ten seconds";
        return {};
    }

    static constexpr Token broadcast_token = token_of(Op::broadcast);
    static constexpr Token send_token = token_of(Op::send);
    static constexpr std::size_t too_large = 4 << 20;  // For any socket that nobody reads.
};
INSTANTIATE_TEST_SUITE_P(Ring, Send, every_fallback, name_of_fallback);

void fill(const Descriptor& socket) {
    const std::string text(4096, 'f');
    while (::send(socket.number(), text.data(), text.size(), MSG_DONTWAIT) > 0) continue;
}

// Which kind of socket makes a difference for how much fits: both are tried.
std::vector<Pair> both_kinds(const Listener& listener) {
    std::vector<Pair> pairs;
    pairs.push_back(make_pair_of_sockets());
    pairs.push_back(listener.connect_and_accept());
    return pairs;
}

TEST_P(Send, ABroadcastThatFitsPostsNothing) {
    const Listener listener;
    for (const Pair& pair : both_kinds(listener)) {
        broadcast(pair.ours, "snapshot");
        EXPECT_TRUE(settle().empty());
        EXPECT_EQ(read_exactly(pair.peer, 8), "snapshot");
    }
}

// Goal: a snapshot is encoded once, sent to everyone and overwritten: nobody counts references.
TEST_P(Send, TheBytesOfABroadcastAreFreeAgainAfterSubmit) {
    std::vector<Pair> pairs;
    std::string scratch = "first";
    for (int i = 0; i < 10; ++i) {
        pairs.push_back(make_pair_of_sockets());
        broadcast(pairs.back().ours, scratch);
    }
    ring->submit();
    scratch = "XXXXX";
    for (const Pair& pair : pairs) EXPECT_EQ(read_now(pair.peer), "first");
}

TEST_P(Send, ABroadcastThatFitsInPartPostsHowMuch) {
    const Listener listener;
    for (const Pair& pair : both_kinds(listener)) {
        std::string text(too_large, 'x');
        broadcast(pair.ours, text);
        ring->submit();
        text.assign(text.size(), 'y');  // What was not taken then is not looked at later.
        const std::vector<Seen> seen = settle();
        ASSERT_EQ(seen.size(), 1U);
        EXPECT_EQ(seen[0].token.pack(), broadcast_token.pack());
        EXPECT_FALSE(seen[0].more);
        ASSERT_GT(seen[0].result, 0);
        ASSERT_LT(seen[0].result, static_cast<int>(too_large));

        const auto size = static_cast<std::size_t>(seen[0].result);
        EXPECT_TRUE(read_exactly(pair.peer, size) == std::string(size, 'x'));
        EXPECT_EQ(read_now(pair.peer), "");
    }
}

TEST_P(Send, ABroadcastToAFullSocketSendsNothingAndSaysSo) {
    const Pair pair = make_pair_of_sockets();
    fill(pair.ours);
    broadcast(pair.ours, "snapshot");
    const std::vector<Seen> seen = settle();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].result, -EAGAIN);
    EXPECT_EQ(read_all_now(pair.peer).find_first_not_of('f'), std::string::npos);
    EXPECT_TRUE(settle().empty()) << "it does not wait for room";
}

// MSG_NOSIGNAL: no SIGPIPE, which would end this test.
TEST_P(Send, ADeadPeerIsAnErrorAndNoSignal) {
    Pair pair = make_pair_of_sockets();
    pair.peer.close();
    broadcast(pair.ours, "snapshot");
    const Seen broadcast_seen = wait_for_one();
    EXPECT_EQ(broadcast_seen.result, -EPIPE);
    send(pair.ours, "reply", send_token);
    EXPECT_EQ(wait_for_one().result, -EPIPE);
}

TEST_P(Send, ASendThatFitsPostsItsSize) {
    const Pair pair = make_pair_of_sockets();
    send(pair.ours, "reply", send_token);
    const Seen seen = wait_for_one();
    EXPECT_EQ(seen.token.pack(), send_token.pack());
    EXPECT_EQ(seen.result, 5);
    EXPECT_FALSE(seen.more);
    EXPECT_EQ(read_now(pair.peer), "reply");
}

TEST_P(Send, ASendGoesOnUntilASlowReaderHasAllOfIt) {
    const Listener listener;
    for (const Pair& pair : both_kinds(listener)) {
        std::string text;
        while (text.size() < too_large) text += std::to_string(text.size()) + ' ';
        send(pair.ours, text, send_token);
        EXPECT_TRUE(settle().empty()) << "it waits in the kernel";

        std::string received;
        const Seen seen = drain_until_completion(pair.peer, received);
        EXPECT_EQ(seen.result, static_cast<int>(text.size()));
        const std::size_t missing = text.size() - received.size();
        received += read_exactly(pair.peer, missing);
        EXPECT_TRUE(received == text);
    }
}

// A cancelled send may have sent: its completion then carries the count, not -ECANCELED.
TEST_P(Send, ACancelledSendReportsThePartThatWent) {
    const Pair pair = make_pair_of_sockets();
    const std::string text(too_large, 'x');
    send(pair.ours, text, send_token);
    EXPECT_TRUE(settle().empty());
    ring->cancel(send_token);
    const Seen seen = wait_for_one();
    EXPECT_EQ(seen.token.pack(), send_token.pack());
    EXPECT_GT(seen.result, 0);
    EXPECT_LT(seen.result, static_cast<int>(text.size()));
    EXPECT_EQ(read_all_now(pair.peer).size(), static_cast<std::size_t>(seen.result));
}

// The rule "at most one pending send per socket": of two that wait, either may go first. Each is
// whole; nothing more is promised, and on Linux 6.18 the second does overtake the first.
TEST_P(Send, TwoPendingSendsArriveWholeButInNoPromisedOrder) {
    const Pair pair = make_pair_of_sockets();
    fill(pair.ours);
    send(pair.ours, "AAAA", token_of(Op::send, 1));
    send(pair.ours, "BBBB", token_of(Op::send, 2));
    EXPECT_TRUE(settle().empty());

    std::string received = read_all_now(pair.peer);
    for (const Seen& seen : wait_for(2)) EXPECT_EQ(seen.result, 4);
    received += read_all_now(pair.peer);
    const std::string sent = received.substr(received.find_first_not_of('f'));
    EXPECT_TRUE(sent == "AAAABBBB" || sent == "BBBBAAAA") << sent;
}

TEST_P(Send, AWaitForRoomEndsWhenTheSocketTakesMore) {
    const Pair pair = make_pair_of_sockets();
    fill(pair.ours);
    ring->arm_writable(pair.ours.number(), token_of(Op::writable));
    EXPECT_TRUE(settle().empty());
    while (!read_now(pair.peer).empty()) {
    }
    const auto told = settle();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].token.op, Op::writable);
    EXPECT_GT(told[0].result, 0);
    EXPECT_FALSE(told[0].more);
}

TEST_P(Send, AWaitForRoomEndsWhenThePeerHasGone) {
    const Pair pair = make_pair_of_sockets();
    fill(pair.ours);
    ring->arm_writable(pair.ours.number(), token_of(Op::writable));
    ::shutdown(pair.ours.number(), SHUT_RDWR);
    EXPECT_EQ(settle().size(), 1U);
}

}  // namespace
}  // namespace ringtick
