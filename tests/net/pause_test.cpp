// A machine that stood still: what its server forgives.
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

using test::client_frame;
using test::NetBench;

// A machine that slept, a process that was stopped: who could not be asked is not cut off.
TEST(Pause, APauseOfTheServerCountsAgainstNobody) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto player = bench.open_client();
    const auto newcomer = bench.connect();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 2; }));
    bench.now += 1h;
    bench.turn();
    bench.pass(1s);
    EXPECT_EQ(bench.connections().count(), 2U);
    EXPECT_TRUE(bench.events.closed.empty());
}

// Goal: what a player said while the server could not listen does not count as said at once.
// Method: after five seconds at 10 Hz there are 100 messages, of which a connection may bring 4 a
// tick, and no more bytes than take several ticks to read.
TEST(Pause, WhatWasSaidDuringAPauseIsNoFlood) {
    NetBench bench({.inbound_bytes_per_tick = 256, .messages_per_tick = 4});
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(client->send(client_frame(Opcode::binary, "input")));
    }
    bench.now += 5s;
    bench.due = 50;
    bench.turn();
    bench.tick += std::exchange(bench.due, 0);  // Now they are over, at once.
    for (int i = 0; i < 40; ++i) bench.pass(100ms);
    EXPECT_TRUE(bench.events.closed.empty());
    EXPECT_EQ(bench.events.messages.size(), 100U);
}

}  // namespace
}  // namespace ringtick
