// Connections on their way to another process: here two of the network's layers of one process.
#include "base/image.hpp"
#include "net/connections.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::client_frame;
using test::NetBench;
using test::WsClient;

// Gives the one connection that there is to another process's layer.
void move(NetBench& from, NetBench& to) {
    Connections& connections = from.connections();
    while (!connections.pause_all()) from.turn();
    const Handle handle = from.events.opened.back();
    int socket = -1;
    connections.for_each_movable([&](Handle, int descriptor) { socket = descriptor; });
    ImageWriter image;
    connections.save_moved(handle, image);
    socket = ::dup(socket);
    connections.forget_moved(std::array{handle});
    ImageReader reader(image.image());
    const auto adopted = to.connections().adopt(socket, reader);
    ASSERT_TRUE(adopted);
    EXPECT_TRUE(reader.finished());
}

// Goal: who is given up halfway goes on here as if nothing had been: also when the kernel says only
// then that what was called back has been called back.
TEST(Moving, AMoveThatIsGivenUpCostsASlowPeerNothing) {
    NetBench bench({.output_size_max = 1 << 20}, {.send_buffer_size = 4'096});
    if (!bench.ready()) GTEST_SKIP() << "no io_uring here";
    const auto client = bench.open_client(4'096);
    const std::string text(400'000, 'x');
    ASSERT_TRUE(
        bench.connections().send_message(bench.events.opened[0], Opcode::binary, as_bytes(text)));
    for (int move = 0; move < 4; ++move) {
        for (int turn = 0; turn < 5; ++turn) bench.turn();
        ASSERT_EQ(bench.connections().sends_in_flight(), 1U);
        EXPECT_FALSE(bench.connections().pause_all());
        bench.connections().go_on_all();
    }
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return client->received().size() >= text.size();
    }));
    EXPECT_TRUE(bench.events.closed.empty());
    const auto another = bench.open_client();
    EXPECT_EQ(bench.stats().accept_failures, 0U);
}

// Goal: while a connection moves nobody serves it, and that counts against nobody: what it said
// meanwhile is the messages of many ticks, and its silence is ours.
TEST(Moving, APauseIsForgivenByWhoGoesOn) {
    constexpr std::uint32_t said = 30;
    for (const bool is_told : {true, false}) {
        const NetOptions options{.messages_per_tick = 1, .message_timeout = 2s};
        NetBench before(options);
        NetBench after(options);
        if (!before.ready() || !after.ready()) GTEST_SKIP() << "no io_uring here";
        const auto client = before.open_client();
        move(before, after);
        after.now += 3s;
        const Nanoseconds served_until = is_told ? before.now : after.now;
        after.connections().begin_adopted(served_until, after.now, is_told ? said : 0);
        for (std::uint32_t i = 0; i < said; ++i) {
            ASSERT_TRUE(client->send(client_frame(Opcode::text, "m")));
        }
        EXPECT_TRUE(after.until(
            [&] { return after.events.messages.size() == said || !after.events.closed.empty(); }));
        EXPECT_EQ(after.events.closed.empty(), is_told);
    }
}

TEST(Moving, AMessageThatWasBegunHasAsLongAsItHad) {
    for (const bool is_told : {true, false}) {
        const NetOptions options{.message_timeout = 2s};
        NetBench before(options);
        NetBench after(options);
        if (!before.ready() || !after.ready()) GTEST_SKIP() << "no io_uring here";
        const auto client = before.open_client();
        const std::uint64_t received = before.stats().receives;
        ASSERT_TRUE(client->send(client_frame(Opcode::text, "be", false)));
        ASSERT_TRUE(before.until([&] { return before.stats().receives > received; }));
        move(before, after);
        after.now += 3s;
        after.connections().begin_adopted(is_told ? before.now : after.now, after.now, 90);
        after.connections().sweep();
        after.turn();
        EXPECT_EQ(after.events.closed.empty(), is_told);
        if (!is_told) continue;
        ASSERT_TRUE(client->send(client_frame(Opcode::continuation, "gun")));
        EXPECT_TRUE(after.until([&] { return !after.events.messages.empty(); }));
        EXPECT_EQ(after.events.messages, std::vector<std::string>{"begun"});
    }
}

}  // namespace
}  // namespace ringtick
