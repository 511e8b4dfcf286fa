#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::NetBench;
using test::upgrade_request;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

std::string get(std::string_view path, std::string_view more = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
           "\r\n";
}

std::size_t count(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        found += 1;
    }
    return found;
}

TEST(HttpExchange, PipelinedRequestsAreAnsweredInTheirOrder) {
    NetBench bench;
    NEEDS_RING(bench);
    const std::vector<std::byte> body(300'000, std::byte{'b'});
    bench.events.large_body = body;
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/one") + get("/large") + get("/three") + get("/four")));
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return count(client->received(), "you asked for") == 4;
    }));
    const std::string& all = client->received();
    EXPECT_LT(all.find("/one"), all.find("/large"));
    EXPECT_LT(all.find("/large"), all.find("/three"));
    EXPECT_LT(all.find("/three"), all.find("/four"));
    EXPECT_EQ(count(all, "bbbb"), body.size() - 3);
    EXPECT_FALSE(client->ended());
}

TEST(HttpExchange, ConnectionCloseEndsTheStreamAfterTheAnswer) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/one", "Connection: close\r\n")));
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_NE(client->received().find("you asked for /one"), std::string::npos);
    EXPECT_FALSE(client->was_reset());
}

TEST(HttpExchange, AClientMayCloseItsSideAndReadTheAnswer) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/one")));
    client->finish();
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_NE(client->received().find("you asked for /one"), std::string::npos);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(HttpExchange, AClientMayAskSeveralThingsCloseItsSideAndReadAllAnswers) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/one") + get("/two") + get("/three")));
    client->finish();
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_EQ(count(client->received(), "you asked for"), 3U);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(HttpExchange, WhoConnectsAndSaysNothingDoesNotKeepTheServerAwake) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 1; }));
    EXPECT_TRUE(bench.connections().urgent());
    bench.pass(500ms);
    EXPECT_EQ(bench.connections().count(), 1U);
    EXPECT_FALSE(bench.connections().urgent());
}

// Goal: who asks for much and does not read it cannot have the thread woken for everything that
// comes for others; who reads on can.
TEST(HttpExchange, ADownloadKeepsTheServerAwakeOnlyAsLongAsItIsRead) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const std::vector<std::byte> body(1 << 20, std::byte{'b'});
    bench.events.large_body = body;
    const auto client = bench.connect(4'096);
    ASSERT_TRUE(client->send(get("/large")));
    ASSERT_TRUE(bench.until([&] { return bench.stats().requests == 1; }));
    EXPECT_TRUE(bench.connections().urgent());
    bench.pass(500ms);
    EXPECT_FALSE(bench.connections().urgent());

    ASSERT_TRUE(bench.until([&] {
        client->read();
        return bench.connections().urgent();
    }));
    EXPECT_LT(client->received().size(), body.size());
    ASSERT_TRUE(bench.until([&] {
        client->read();
        return client->received().size() > body.size();
    }));
}

TEST(HttpExchange, ABadRequestIsRefusedOnceAndTheStreamEnds) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send("BAD\r\n\r\n" + get("/one")));
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_TRUE(client->received().starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(count(client->received(), "HTTP/1.1 "), 1U);
}

TEST(HttpExchange, NothingThereIsNotFound) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/nothing")));
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_TRUE(client->received().starts_with("HTTP/1.1 404 "));
}

TEST(HttpExchange, ARefusedHeadRequestIsAnsweredWithAHeadAlone) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send("HEAD /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_TRUE(client->received().starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(client->received().ends_with("\r\n\r\n"));
}

TEST(HttpExchange, ARefusedHeadRequestIsAnsweredWithAHeadAloneWhateverIsWrong) {
    for (const char* request :
         {"HEAD /.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "HEAD / HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n\r\n"}) {
        NetBench bench;
        NEEDS_RING(bench);
        const auto client = bench.connect();
        ASSERT_TRUE(client->send(request));
        ASSERT_TRUE(bench.until([&] { return !client->read(); }));
        EXPECT_TRUE(client->received().starts_with("HTTP/1.1 40")) << request;
        EXPECT_TRUE(client->received().ends_with("\r\n\r\n")) << request;
    }
}

TEST(HttpExchange, WhoHasClosedItsSideIsLetInAndOutAgain) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/one") + upgrade_request()));
    client->finish();
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_EQ(count(client->received(), "HTTP/1.1 "), 2U) << client->received();
    ASSERT_EQ(bench.events.closed.size(), 1U);
    EXPECT_EQ(bench.events.closed[0].second, CloseReason::vanished);
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

TEST(HttpExchange, AnUpgradeToNowhereIsRefused) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(upgrade_request("/nowhere")));
    ASSERT_TRUE(bench.until([&] { return !client->read(); }));
    EXPECT_TRUE(client->received().starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(bench.events.opened.empty());
    EXPECT_TRUE(bench.events.closed.empty());
}

TEST(HttpExchange, TheConnectionThatIsOneTooManyIsTold503) {
    NetBench bench({.connections_max = 1});
    NEEDS_RING(bench);
    const auto first = bench.open_client();
    const auto second = bench.connect();
    ASSERT_TRUE(bench.until([&] { return !second->read(); }));
    EXPECT_TRUE(second->received().starts_with("HTTP/1.1 503 ")) << second->received();
    second->close();
    first->close();
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    bench.open_client();
}

// Goal: who asks without reading the answers is not read either, so that nothing piles up here.
TEST(HttpExchange, PipeliningWithoutReadingIsHeldBackAndThenAnsweredInFull) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const std::vector<std::byte> body(4'000'000, std::byte{'b'});
    bench.events.large_body = body;
    const auto client = bench.connect();
    ASSERT_TRUE(client->send(get("/large")));
    ASSERT_TRUE(bench.until([&] { return bench.stats().requests == 1; }));
    constexpr int more = 300;
    for (int i = 0; i < more; ++i) {
        ASSERT_TRUE(client->send(get("/one", "X: " + std::string(1'000, 'x') + "\r\n")));
        bench.tick += 1;
        bench.turn();
    }
    EXPECT_EQ(bench.stats().requests, 1U);
    EXPECT_LT(bench.stats().bytes_received, 160'000U);

    ASSERT_TRUE(bench.until([&] {
        client->read();
        bench.tick += 1;
        return bench.stats().requests == 1 + more;
    }));
    EXPECT_EQ(bench.stats().closed, (std::array<std::uint64_t, close_reasons_count>{}));
}

// Goal: a head may be as large as is allowed, also where that is most of the memory for input.
TEST(HttpExchange, AHeadThatFillsMostOfTheMemoryIsReadToItsEnd) {
    NetBench bench({.request = {.head_size_max = 65'535},
                    .message = {.message_size_max = 125},
                    .inbound_bytes_per_tick = 1'024});
    NEEDS_RING(bench);
    const auto client = bench.connect();
    std::string headers;
    while (headers.size() < 60'000) headers += "X: " + std::string(2'000, 'x') + "\r\n";
    ASSERT_TRUE(client->send(get("/large-head", headers)));
    ASSERT_TRUE(bench.until([&] {
        bench.tick += 1;
        return bench.stats().requests == 1;
    }));
    EXPECT_EQ(bench.stats().requests_refused, 0U);
}

}  // namespace
}  // namespace ringtick
