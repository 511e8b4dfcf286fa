// How connections end, with a clock moved by hand.
#include "ws/frame_encoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::client_frame;
using test::NetBench;
using test::upgrade_request;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

// "opcode:payload ", with bytes that cannot be printed as numbers.
std::string told(const test::ServerFrame& frame) {
    std::string text = std::to_string(static_cast<int>(frame.opcode)) + ":";
    for (const char c : frame.payload) {
        const bool printable = c >= ' ' && c <= '~';
        text += printable ? std::string(1, c) : "<" + std::to_string(c & 0xFF) + ">";
    }
    return text + " ";
}

// What the client is told until the stream has ended.
std::string last_words(NetBench& bench, test::WsClient& client) {
    std::string words;
    EXPECT_TRUE(bench.until([&] {
        const bool more = client.read();
        for (const auto& frame : client.take_frames()) words += told(frame);
        return !more;
    }));
    return words;
}

CloseReason only_reason(const NetBench& bench) {
    EXPECT_EQ(bench.events.closed.size(), 1U);
    return bench.events.closed.empty() ? CloseReason::reset : bench.events.closed[0].second;
}

// RFC 6455 section 5.5.1: the answer echoes the code; then the server closes TCP first (7.1.1).
TEST(Closing, APeersCloseIsAnsweredWithItsCodeAndTheStreamEnds) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    ASSERT_TRUE(client->send(client_frame(Opcode::close,
                                          "\x0F\xA0"
                                          "bye")));
    EXPECT_EQ(last_words(bench, *client), "8:<15><160> ");
    EXPECT_FALSE(client->was_reset());
    EXPECT_EQ(only_reason(bench), CloseReason::closed_by_peer);
    client->close();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(Closing, AnEmptyCloseIsAnsweredEmpty) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    ASSERT_TRUE(client->send(client_frame(Opcode::close, "")));
    EXPECT_EQ(last_words(bench, *client), "8: ");
}

TEST(Closing, OurCloseWaitsForThePeersAndIgnoresDataMeanwhile) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "later",
                              CloseReason::shutdown);
    bench.turn();
    ASSERT_TRUE(client->send(client_frame(Opcode::binary, "too late") +
                             client_frame(Opcode::close, "\x03\xE9")));
    EXPECT_EQ(last_words(bench, *client), "8:<3><233>later ");
    EXPECT_TRUE(bench.events.messages.empty());
    EXPECT_EQ(only_reason(bench), CloseReason::shutdown);
}

TEST(Closing, APeerThatNeverAnswersOurCloseIsDroppedAfterTheCloseTimeout) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "",
                              CloseReason::shutdown);
    bench.pass(750ms);
    EXPECT_EQ(bench.connections().count(), 1U);
    bench.pass(500ms);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(Closing, AProtocolErrorIsToldAndEndsTheStream) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    ASSERT_TRUE(client->send(client_frame(Opcode::binary, "good") + std::string("\x82\x01x")));
    EXPECT_EQ(last_words(bench, *client), "8:<3><234> ");
    EXPECT_EQ(bench.events.messages, std::vector<std::string>{"good"});
    EXPECT_EQ(only_reason(bench), CloseReason::protocol);
}

TEST(Closing, AStreamThatEndsWithoutACloseFrameIsAVanishedPeer) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    client->close();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_EQ(only_reason(bench), CloseReason::vanished);
}

// Goal: half a connection is still one for whoever listens.
// Method: so much is asked for before the end of the stream that it cannot have left at once.
TEST(Closing, WhatAPeerWasOwedWhenItClosedItsSideStillArrives) {
    NetBench bench({.output_size_max = 1 << 20}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = bench.open_client(4'096);
    const std::string large(16'000, 'x');
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->send(client_frame(Opcode::text, large)));
    client->finish();
    const std::string one = "1:" + large + " ";
    EXPECT_EQ(last_words(bench, *client), one + one + one);
    EXPECT_EQ(only_reason(bench), CloseReason::vanished);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

// Method: its socket is full, so that our close frame cannot leave before it reads.
TEST(Closing, WhoHasNoRoomForOurCloseFrameDoesNotKeepTheServerAwake) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const Connections& connections = bench.connections();
    std::vector<std::byte> frame(1'004, std::byte{'s'});
    write_frame_header(frame, Opcode::binary, 1'000);
    while (connections.blocked_count() == 0) bench.broadcast(bench.events.opened, frame);
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "bye",
                              CloseReason::shutdown);
    EXPECT_FALSE(connections.urgent());
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return connections.blocked_count() == 0;
    }));
    EXPECT_TRUE(connections.urgent());
}

// Method: the same, with a message on its way that it does not read.
TEST(Closing, WhoDoesNotReadWhatComesBeforeOurCloseFrameKeepsTheServerAwakeForAMomentOnly) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const Connections& connections = bench.connections();
    const std::vector<std::byte> message(60'000, std::byte{'m'});
    ASSERT_TRUE(bench.connections().send_message(bench.events.opened[0], Opcode::binary, message));
    bench.turn();
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "bye",
                              CloseReason::shutdown);
    EXPECT_TRUE(connections.urgent());
    bench.pass(500ms);
    EXPECT_FALSE(connections.urgent());
    EXPECT_EQ(connections.count(), 1U);
    // As soon as it reads, it is waited for again.
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return connections.urgent();
    }));
}

TEST(Closing, ASilentConnectionIsCutWhenTheHandshakeTimeIsOver) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 1; }));
    EXPECT_TRUE(bench.connections().urgent());
    bench.pass(4750ms);
    EXPECT_EQ(bench.connections().count(), 1U);
    bench.pass(500ms);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_FALSE(bench.connections().urgent());
}

// A byte now and then does not buy more time: the whole request has five seconds.
TEST(Closing, ATrickledRequestIsAnsweredWith408WhenItsTimeIsOver) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    const std::string request = upgrade_request();
    for (std::size_t i = 0; i < 6; ++i) {
        client->send(request.substr(i, 1));
        bench.pass(1s);
    }
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_TRUE(client->received().starts_with("HTTP/1.1 408 ")) << client->received();
}

TEST(Closing, ATrickledMessageIsCutWhenItsTimeIsOver) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const std::string frame = client_frame(Opcode::binary, std::string(100, 'x'));
    for (std::size_t i = 0; i < 12; ++i) {
        client->send(frame.substr(i, 1));
        bench.pass(1s);
    }
    EXPECT_EQ(only_reason(bench), CloseReason::message_timeout);
}

TEST(Closing, MessagesThatEndInTimeMayFollowEachOtherForEver) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const std::string frame = client_frame(Opcode::binary, "xyz");
    // Each send ends one message and begins the next, so that one is always unfinished.
    ASSERT_TRUE(client->send(frame.substr(0, 4)));
    for (int i = 0; i < 30; ++i) {
        bench.pass(1s);
        ASSERT_TRUE(client->send(frame.substr(4) + frame.substr(0, 4)));
    }
    bench.pass(1s);
    EXPECT_EQ(bench.events.messages.size(), 30U);
    EXPECT_TRUE(bench.events.closed.empty());
}

TEST(Closing, ASilentPlayerIsPingedThenCutOff) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    bench.pass(21s);
    client->read();
    const auto frames = client->take_frames();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].opcode, Opcode::ping);
    bench.pass(23s);
    EXPECT_TRUE(bench.events.closed.empty());
    bench.pass(2s);
    EXPECT_EQ(only_reason(bench), CloseReason::idle_timeout);
}

// Goal: slow is not stalled.
// Method: a queue that takes far longer to read than the stall timeout, read a little every second.
TEST(Closing, AClientThatReadsSlowlyButSteadilyIsKept) {
    NetBench bench({.output_size_max = 400'000, .ping_after = 1h, .idle_timeout = 2h},
                   {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const std::vector<std::byte> part(1'000);
    for (int i = 0; i < 390; ++i) {
        ASSERT_TRUE(bench.connections().send_message(bench.events.opened[0], Opcode::binary, part));
    }
    std::size_t frames = 0;
    for (int second = 0; second < 60; ++second) {
        client->read(6'500);
        frames += client->take_frames().size();
        bench.pass(1s);
        ASSERT_TRUE(bench.events.closed.empty()) << "after " << second << " s";
    }
    EXPECT_GT(frames, 200U);
}

// Goal: silence says nothing about whom we do not listen to.
// Method: an echo whose output is more than half full, so that its client is not read; it reads
// slowly but steadily, and has answered the ping that it was sent.
TEST(Closing, AClientThatIsNotReadIsNotTakenForSilent) {
    NetBench bench({.message = {.message_size_max = 100'000},
                    .inbound_bytes_per_tick = 0,
                    .output_size_max = 400'000},
                   {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = bench.open_client(4'096);
    std::string wire;
    for (int i = 0; i < 4; ++i) wire += client_frame(Opcode::binary, std::string(90'000, 'e'));
    std::size_t sent = 0;
    ASSERT_TRUE(bench.until([&] {
        sent += client->send_some(std::string_view(wire).substr(sent));
        return bench.events.messages.size() >= 3;
    }));
    for (int second = 0; second < 60; ++second) {
        // In the kernel's time, which may be long for a window as small as this.
        const std::size_t enough = client->received().size() + 3'000;
        ASSERT_TRUE(bench.until([&] {
            client->read(enough - client->received().size());
            return client->received().size() == enough;
        }));
        bench.pass(1s);
        ASSERT_TRUE(bench.events.closed.empty()) << "after " << second << " s";
    }
}

// Goal: what was owed before the close arrives, and the close frame behind it, however long the
// peer takes over it.
TEST(Closing, WhatWasOwedBeforeTheCloseStillArrives) {
    NetBench bench({.output_size_max = 400'000}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const std::vector<std::byte> part(1'000);
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(bench.connections().send_message(bench.events.opened[0], Opcode::binary, part));
    }
    ASSERT_TRUE(client->send(client_frame(Opcode::close, "\x03\xE8")));
    bench.pass(5s);
    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        const bool more = client->read();
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
        return !more;
    }));
    ASSERT_EQ(frames.size(), 201U);
    EXPECT_EQ(frames.back().opcode, Opcode::close);
    EXPECT_EQ(frames.back().payload, "\x03\xE8");
}

TEST(Closing, APongKeepsASilentPlayer) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    for (int i = 0; i < 5; ++i) {
        bench.pass(21s);
        ASSERT_TRUE(client->send(client_frame(Opcode::pong, "")));
        bench.turn();
    }
    EXPECT_TRUE(bench.events.closed.empty());
}

TEST(Closing, AClientThatTakesNothingIsCutAfterTheStallTimeout) {
    NetBench bench({.ping_after = 1h, .idle_timeout = 2h}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const std::string text(4'000, 's');
    std::vector<std::byte> frame(4 + text.size());
    frame[0] = std::byte{0x82};
    frame[1] = std::byte{126};
    frame[2] = static_cast<std::byte>(text.size() >> 8);
    frame[3] = static_cast<std::byte>(text.size() & 0xFF);
    while (bench.stats().snapshots_skipped == 0) bench.broadcast(bench.events.opened, frame);
    for (int i = 0; i < 9; ++i) {
        bench.broadcast(bench.events.opened, frame);
        bench.pass(1s);
    }
    EXPECT_TRUE(bench.events.closed.empty());
    for (int i = 0; i < 2; ++i) {
        bench.broadcast(bench.events.opened, frame);
        bench.pass(1s);
    }
    EXPECT_EQ(only_reason(bench), CloseReason::stalled);
    bench.pass(2s);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

// The tests from here on: a trickle of bytes, in either direction, resets no deadline.

// Goal: what is owed is delivered, but not for ever.
// Method: a queue that takes minutes at the pace at which the peer reads it, so that there is
// progress all the while.
TEST(Closing, AClosingConnectionThatTakesALittleNowAndThenIsDroppedAfterTheStallTimeout) {
    NetBench bench({.output_size_max = 800'000}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const std::vector<std::byte> part(1'000);
    for (int i = 0; i < 780; ++i) {
        ASSERT_TRUE(bench.connections().send_message(bench.events.opened[0], Opcode::binary, part));
    }
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "",
                              CloseReason::shutdown);
    for (int second = 0; second < 9; ++second) {
        client->read(6'500);
        bench.pass(1s);
    }
    EXPECT_EQ(bench.connections().count(), 1U);
    for (int second = 0; second < 3; ++second) {
        client->read(6'500);
        bench.pass(1s);
    }
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(Closing, DataInsteadOfACloseFrameBuysNoTime) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "",
                              CloseReason::shutdown);
    for (int i = 0; i < 5; ++i) {
        client->send(client_frame(Opcode::binary, "but"));
        bench.pass(250ms);
    }
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_EQ(bench.stats().closed[static_cast<std::size_t>(CloseReason::shutdown)], 1U);
}

TEST(Closing, DataBehindTheLastWordsBuysNoTime) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send("NONSENSE\r\n\r\n"));
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_EQ(bench.connections().count(), 1U);  // Our side is closed, theirs is not.
    for (int i = 0; i < 5; ++i) {
        client->send("more ");
        bench.pass(250ms);
    }
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(Closing, ATrickledRequestBehindAnAnsweredOneHasNoMoreTimeThanTheFirst) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send("GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return client->received().ends_with("/one\n");
    }));
    const std::string request = upgrade_request();
    for (std::size_t i = 0; i < 6; ++i) {
        client->send(request.substr(i, 1));
        bench.pass(1s);
    }
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_NE(client->received().find("HTTP/1.1 408 "), std::string::npos) << client->received();
}

TEST(Closing, AnAnswerTakenALittleNowAndThenIsCutAfterTheResponseTimeout) {
    NetBench bench({.response_timeout = 20s}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const std::vector<std::byte> body(4'000'000, std::byte{'b'});
    bench.events.large_body = body;
    const auto client = bench.connect(4'096);
    ASSERT_TRUE(client->send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    for (int second = 0; second < 19; ++second) {
        bench.pass(1s);
        client->read(6'500);
    }
    EXPECT_EQ(bench.connections().count(), 1U);
    bench.pass(2s);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(Closing, PingsBetweenItsFragmentsBuyAMessageNoTime) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    for (int second = 0; second < 12; ++second) {
        const Opcode opcode = second == 0 ? Opcode::binary : Opcode::continuation;
        client->send(client_frame(opcode, "part", false) + client_frame(Opcode::ping, ""));
        bench.pass(1s);
    }
    EXPECT_EQ(only_reason(bench), CloseReason::message_timeout);
}

TEST(Closing, ATrickledPingIsCutLikeAMessage) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const std::string frame = client_frame(Opcode::ping, std::string(100, 'x'));
    for (std::size_t i = 0; i < 12; ++i) {
        client->send(frame.substr(i, 1));
        bench.pass(1s);
    }
    EXPECT_EQ(only_reason(bench), CloseReason::message_timeout);
}

TEST(Closing, PingsThatEndInTimeMayFollowEachOtherForEver) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const std::string frame = client_frame(Opcode::ping, "xyz");
    ASSERT_TRUE(client->send(frame.substr(0, 4)));
    for (int i = 0; i < 30; ++i) {
        bench.pass(1s);
        ASSERT_TRUE(client->send(frame.substr(4) + frame.substr(0, 4)));
    }
    bench.pass(1s);
    EXPECT_EQ(bench.stats().pings_received, 30U);
    EXPECT_TRUE(bench.events.closed.empty());
}

}  // namespace
}  // namespace ringtick
