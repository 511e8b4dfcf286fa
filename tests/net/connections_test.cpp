#include "net/connections.hpp"

#include "net/flow.hpp"
#include "ws/frame_encoder.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::client_frame;
using test::NetBench;
using test::upgrade_request;
using test::WsClient;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

TEST(Connections, DeliverAMessageAndSendOneBack) {
    NetBench bench;
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = bench.open_client();
    ASSERT_TRUE(client->send(client_frame(Opcode::text, "hello")));

    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        frames = client->take_frames();
        return !frames.empty();
    }));
    EXPECT_EQ(bench.events.messages, std::vector<std::string>{"hello"});
    EXPECT_EQ(frames[0].opcode, Opcode::text);
    EXPECT_EQ(frames[0].payload, "hello");
}

// Goal: what is in flight is what the kernel has and has not answered for; it is over when it was
// taken, or when nobody is there to take it.
TEST(Connections, ASendIsInFlightUntilItsPeerMakesRoomOrIsGone) {
    NetBench bench({.output_size_max = 1 << 20}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto slow = bench.open_client(4'096);
    const auto gone = bench.open_client(4'096);
    Connections& connections = bench.connections();
    EXPECT_EQ(connections.sends_in_flight(), 0U);
    const std::string large(200'000, 'x');
    for (const Handle client : bench.events.opened) {
        ASSERT_TRUE(connections.send_message(client, Opcode::binary, as_bytes(large)));
    }
    for (int i = 0; i < 10; ++i) bench.turn();
    EXPECT_EQ(connections.sends_in_flight(), 2U);
    gone->abort();
    ASSERT_TRUE(bench.until([&] { return connections.sends_in_flight() == 1; }));
    ASSERT_TRUE(bench.until([&] {
        slow->read();
        return connections.sends_in_flight() == 0;
    }));
}

// RFC 6455 section 4.1: a client may not send before the 101, but one that does must not lose it.
TEST(Connections, FramesBehindTheOpeningHandshakeAreNotLost) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(upgrade_request() + client_frame(Opcode::binary, "early") +
                             client_frame(Opcode::binary, "bird").substr(0, 5)));
    ASSERT_TRUE(bench.until([&] { return !bench.events.messages.empty(); }));
    ASSERT_TRUE(client->send(client_frame(Opcode::binary, "bird").substr(5)));
    ASSERT_TRUE(bench.until([&] { return bench.events.messages.size() == 2; }));
    EXPECT_EQ(bench.events.messages, (std::vector<std::string>{"early", "bird"}));
}

// Goal: a small ring of buffers is flow control, not loss.
// Method: 100 clients talk at once to 8 buffers; every message must arrive.
TEST(Connections, EveryByteArrivesThoughBuffersRunOut) {
    NetBench bench({.receive_buffers = 8, .receive_buffer_size = 256});
    NEEDS_RING(bench);
    std::vector<std::unique_ptr<WsClient>> clients;
    clients.reserve(100);
    for (int i = 0; i < 100; ++i) clients.push_back(bench.open_client());
    const std::string message(1'000, 'm');
    for (const auto& client : clients) {
        ASSERT_TRUE(client->send(client_frame(Opcode::binary, message)));
    }
    ASSERT_TRUE(bench.until([&] { return bench.events.messages.size() == 100; }));
    for (const std::string& received : bench.events.messages) ASSERT_EQ(received, message);
    EXPECT_GT(bench.stats().receive_starved, 0U);
    EXPECT_EQ(bench.buffers.lent(), 0U);
}

// Goal: at the descriptor limit we neither spin nor lose a connection.
// Method: the limit is lowered while nobody is accepting, since the kernel reads it when an accept
// is armed.
TEST(Connections, AcceptingPausesWithoutDescriptorsAndResumesLater) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto first = bench.open_client();
    bench.connections().stop_listening();
    ASSERT_TRUE(bench.until([&] { return !bench.connections().accepting(); }));
    const auto second = bench.connect();  // Waits in the backlog.

    rlimit whole{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &whole), 0);
    const int lowest_free = dup(0);
    ::close(lowest_free);
    const rlimit full{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = whole.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &full), 0);
    bench.connections().listen(bench.listening_socket());
    const bool refused = bench.until([&] { return bench.stats().accept_failures == 1; });
    for (int i = 0; i < 10; ++i) bench.turn();
    const std::uint64_t failures_while_waiting = bench.stats().accept_failures;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &whole), 0);

    ASSERT_TRUE(refused);
    EXPECT_EQ(failures_while_waiting, 1U);
    bench.now += 100ms;
    ASSERT_TRUE(bench.until([&] { return bench.stats().accepted == 2; }));
}

// RFC 6455, section 5.5.3. Goal: each ping has its pong, in its place among the data, also while
// something is on its way.
// Method: a large echo fills the socket, and pings and messages come behind it.
TEST(Connections, PingsAreAnsweredInTheirPlaceAmongTheData) {
    NetBench bench({.output_size_max = 1 << 20}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = bench.open_client(4'096);
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(client->send(client_frame(Opcode::text, std::string(16'000, 'x'))));
    }
    ASSERT_TRUE(bench.until([&] { return bench.events.messages.size() == 4; }));
    std::string awaited;
    for (int i = 0; i < 8; ++i) {
        const std::string number = std::to_string(i);
        ASSERT_TRUE(client->send(client_frame(Opcode::ping, number)));
        ASSERT_TRUE(client->send(client_frame(Opcode::text, number)));
        awaited += number + number;
    }
    ASSERT_TRUE(bench.until([&] { return bench.events.messages.size() == 12; }));
    std::string came;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (const auto& frame : client->take_frames()) {
            if (frame.payload.size() == 1) came += frame.payload;
        }
        return came.size() >= awaited.size();
    }));
    EXPECT_EQ(came, awaited);
}

// Past a number per tick, only the latest ping is answered.
TEST(Connections, AFloodOfPingsIsAnsweredByAFewPongsAndTheLatest) {
    NetBench bench({.pongs_per_tick = 4});
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    std::string flood;
    for (int i = 0; i < 1'000; ++i) flood += client_frame(Opcode::ping, std::to_string(i));
    ASSERT_TRUE(client->send(flood));
    std::vector<std::string> pongs;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (const auto& frame : client->take_frames()) pongs.push_back(frame.payload);
        return bench.stats().pings_received == 1'000 && !pongs.empty() && pongs.back() == "999";
    }));
    EXPECT_LE(pongs.size(), 6U);
}

// Goal: a client that sends without reading is held back, not cut off, and loses nothing.
// Method: an echo with room for little, and a client that sends far more before it reads. What is
// written when must not matter, so the sizes vary.
void hold_back_a_client_that_does_not_read(const FeatureMask& mask) {
    NetBench bench({.receive_buffers = 4'096,
                    .receive_buffer_size = 16'384,
                    .message = {.message_size_max = 20'000},
                    .inbound_bytes_per_tick = 0,
                    .messages_per_tick = 0,
                    .output_size_max = 2 * 20'000 + 65'536},
                   {.send_buffer_size = 4'096}, mask);
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = bench.open_client();
    constexpr std::size_t messages = 500;
    std::string wire;
    for (std::size_t i = 0; i < messages; ++i) {
        wire += client_frame(Opcode::binary, std::string(1 + i * 7'919 % 20'000, 'e'));
    }
    std::vector<test::ServerFrame> frames;
    std::size_t sent = 0;
    std::size_t round = 0;
    ASSERT_TRUE(bench.until([&] {
        sent += client->send_some(std::string_view(wire).substr(sent));
        round += 1;
        // Reads in bursts, so that the output fills, drains in part, and fills again.
        if (round % 64 < 8 || sent == wire.size()) client->read(400'000);
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
        return frames.size() == messages;
    }));
    for (std::size_t i = 0; i < messages; ++i) {
        ASSERT_EQ(frames[i].payload.size(), 1 + i * 7'919 % 20'000);
    }
    EXPECT_TRUE(bench.events.closed.empty());
}

TEST(Connections, AnEchoHoldsBackAClientThatDoesNotRead) {
    hold_back_a_client_that_does_not_read({});
}

// Where the kernel knows no budget, what it has in store could all come at once, in buffers of any
// size.
TEST(Connections, AnEchoHoldsBackAClientThatDoesNotReadWithoutTheKernelsHelp) {
    for (const bool defer : {true, false}) {
        hold_back_a_client_that_does_not_read({.defer_taskrun = !defer, .recv_budget = true});
    }
}

TEST(Connections, AClientWhoseQueueOverflowsIsCutOff) {
    NetBench bench({.output_size_max = 32'768}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const std::string event(4'000, 'e');
    const Handle handle = bench.events.opened[0];
    int sent = 0;
    while (bench.connections().send_message(handle, Opcode::binary, as_bytes(event))) {
        ASSERT_LT(++sent, 1'000);
        bench.turn();
    }
    ASSERT_EQ(bench.events.closed.size(), 1U);
    EXPECT_EQ(bench.events.closed[0].second, CloseReason::overflow);
    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        const bool more = client->read();
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
        return !more || (!frames.empty() && frames.back().opcode == Opcode::close);
    }));
    ASSERT_EQ(frames.size(), static_cast<std::size_t>(sent) + 1);  // All that it was promised.
    EXPECT_EQ(frames.back().payload.substr(0, 2), "\x03\xF5");     // 1013
}

TEST(Connections, MoreMessagesThanATickMayBringEndWithPolicyViolation) {
    NetBench bench({.messages_per_tick = 4});
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    std::string flood;
    for (int i = 0; i < 41; ++i) flood += client_frame(Opcode::binary, "x");
    ASSERT_TRUE(client->send(flood));
    ASSERT_TRUE(bench.until([&] { return !bench.events.closed.empty(); }));
    EXPECT_EQ(bench.events.messages.size(), 40U);
    EXPECT_EQ(bench.events.closed[0].second, CloseReason::flood);
    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
        return !frames.empty();
    }));
    EXPECT_EQ(frames[0].opcode, Opcode::close);
    EXPECT_EQ(frames[0].payload.substr(0, 2), "\x03\xF0");  // 1008
}

// RFC 6455, section 7.1.7: whoever failed a connection processes nothing more of it.
TEST(Connections, NothingIsReadBehindTheMessageThatWasOneTooMany) {
    NetBench bench({.messages_per_tick = 4});
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    std::string flood;
    for (int i = 0; i < 41; ++i) flood += client_frame(Opcode::binary, "x");
    ASSERT_TRUE(client->send(client_frame(Opcode::ping, "") + flood));
    ASSERT_TRUE(bench.until([&] { return !bench.events.closed.empty(); }));
    const std::uint64_t received = bench.stats().bytes_received;
    ASSERT_TRUE(client->send(client_frame(Opcode::ping, "")));
    ASSERT_TRUE(bench.until([&] { return bench.stats().bytes_received > received; }));
    EXPECT_EQ(bench.stats().pings_received, 1U);
}

// Goal: what a peer sends behind the message that was one too many cannot reach a connection that
// has ended meanwhile, and while its output is full nothing that it sends is even looked at.
TEST(Connections, AFloodWithACloseBehindItWaitsForTheReaderAndEndsItOnce) {
    NetBench bench({.messages_per_tick = 4, .output_size_max = 32'768});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const Handle handle = bench.events.opened[0];
    const std::vector<std::byte> part(100);
    while (bench.connections().ready_for_snapshot(handle, 1)) {
        ASSERT_TRUE(bench.connections().send_message(handle, Opcode::binary, part));
        bench.turn();
    }
    std::size_t room = 32'768 - Output::last_words_size_max;
    while (room > 102 && bench.connections().send_message(handle, Opcode::binary, part)) {
        room -= 102;
        if (room < 306) break;
    }
    std::string flood;
    for (int i = 0; i < 60; ++i) flood += client_frame(Opcode::binary, "");
    flood += client_frame(Opcode::close, "");
    const std::uint64_t received = bench.stats().bytes_received + flood.size();
    ASSERT_TRUE(client->send(flood));
    ASSERT_TRUE(bench.until([&] { return bench.stats().bytes_received == received; }));
    EXPECT_TRUE(bench.events.messages.empty());
    EXPECT_TRUE(bench.events.closed.empty());
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return !bench.events.closed.empty();
    }));
    EXPECT_EQ(bench.events.closed.size(), 1U);
    EXPECT_EQ(bench.events.closed[0].second, CloseReason::flood);
}

// Goal: an inbound budget holds on kernels that know none, and with task work of the other kind.
TEST(Connections, AFloodIsHeldToItsBudgetWithoutTheKernelsHelp) {
    for (const bool defer : {true, false}) {
        NetBench bench({.inbound_bytes_per_tick = 65'536, .messages_per_tick = 0}, {},
                       {.defer_taskrun = !defer, .recv_budget = true});
        NEEDS_RING(bench);
        const auto client = bench.open_client();
        std::string wire;
        while (wire.size() < 4'000'000) {
            wire += client_frame(Opcode::binary, std::string(16'000, 'x'));
        }
        std::size_t sent = 0;
        for (int i = 0; i < 200; ++i) {
            sent += client->send_some(std::string_view(wire).substr(sent));
            bench.turn();
        }
        EXPECT_LT(bench.stats().bytes_received, 65'536U * 4) << "deferred: " << defer;
        EXPECT_GT(bench.stats().receive_throttled, 0U);
        const std::uint64_t first = bench.stats().bytes_received;
        bench.tick += 1;
        ASSERT_TRUE(bench.until([&] { return bench.stats().bytes_received > first; }));
    }
}

using Clients = std::vector<std::unique_ptr<WsClient>>;

// Fifty come and say their round's name; every fifth resets at once.
Clients come(NetBench& bench, const std::string& name) {
    Clients clients;
    clients.reserve(50);
    for (std::size_t i = 0; i < 50; ++i) {
        auto client = bench.connect();
        EXPECT_TRUE(client->send(upgrade_request() + client_frame(Opcode::binary, name)));
        if (i % 5 == 0) client->abort();
        clients.push_back(std::move(client));
    }
    return clients;
}

// The others reset, say goodbye, or close their side; one in five just stays.
void leave(const Clients& clients) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
        if (i % 5 == 1) clients[i]->abort();
        if (i % 5 == 2) clients[i]->send(client_frame(Opcode::close, "\x03\xE8"));
        if (i % 5 == 3) clients[i]->finish();
    }
}

// Closes those whose stream has ended, and then those who never said goodbye.
void close_the_ended(const Clients& clients) {
    std::size_t left = 0;
    for (const auto& client : clients) {
        if (client->socket() >= 0 && !client->read()) client->close();
        if (client->socket() >= 0) left += 1;
    }
    if (left > 10) return;
    for (const auto& client : clients) client->close();
}

// Goal: slots, descriptors and buffers all come home, however connections end, and no byte reaches
// the one who has the slot next.
TEST(Connections, TwentyThousandComeTalkAndGoAndNothingIsLeft) {
    NetBench bench({.connections_max = 64});
    NEEDS_RING(bench);
    constexpr std::uint64_t rounds = 20'000 / 50;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const std::string name = "round" + std::to_string(round);
        bench.events.messages.clear();
        const Clients clients = come(bench, name);
        ASSERT_TRUE(bench.until([&] { return bench.stats().accepted == 50 * (round + 1); }));
        leave(clients);
        ASSERT_TRUE(bench.until([&] {
            close_the_ended(clients);
            return bench.connections().count() == 0;
        }));
        const std::vector<std::string> expected(bench.events.messages.size(), name);
        ASSERT_EQ(bench.events.messages, expected);
    }
    EXPECT_EQ(bench.stats().accepted, 20'000U);
    EXPECT_EQ(bench.events.opened.size(), bench.events.closed.size());
    EXPECT_EQ(bench.buffers.lent(), 0U);
    EXPECT_EQ(bench.ring.stats().cq_overflow, 0U);
    EXPECT_FALSE(bench.connections().urgent());
}

// Goal: the lists of those who wait have a bound, however many come and go in a tick: whoever is on
// one keeps its slot.
TEST(Connections, WhoWaitsForTheNextTickKeepsItsSlotUntilThen) {
    NetBench bench({.inbound_bytes_per_tick = 1'024});
    NEEDS_RING(bench);
    const Connections& connections = bench.connections();
    const auto client = bench.open_client();
    ASSERT_TRUE(client->send(client_frame(Opcode::binary, std::string(4'000, 'x'))));
    ASSERT_TRUE(bench.until([&] { return bench.stats().receive_throttled > 0; }));
    EXPECT_TRUE(connections.held_back());
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "bye",
                              CloseReason::shutdown);
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return !client->take_frames().empty();
    }));
    for (int turn = 0; turn < 8; ++turn) {  // At once it would be a pause, and forgiven.
        bench.now += 250ms;
        bench.turn();
    }
    bench.connections().sweep();
    bench.turn();
    EXPECT_EQ(bench.stats().closed[static_cast<std::size_t>(CloseReason::shutdown)], 1U);
    EXPECT_EQ(connections.count(), 1U);
    bench.tick += 1;
    bench.turn();
    EXPECT_EQ(connections.count(), 0U);
    EXPECT_FALSE(connections.held_back());
}

}  // namespace
}  // namespace ringtick
