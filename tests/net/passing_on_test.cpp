// Connections that one thread accepts and another one answers. Here one thread plays both, turn by
// turn.
#include "net/admission.hpp"
#include "net/connections.hpp"
#include "net/passage.hpp"
#include "net/places.hpp"
#include "tls/client.hpp"
#include "tls/context.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
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

// The first hears everybody; what is asked about /there is the second's.
class PassingOn : public testing::Test {
protected:
    void open(NetOptions options = {}) {
        places = std::make_unique<Places>();
        places->open(options.connections_max, slots_of(options), 1);
        options.places = places.get();
        first = std::make_unique<NetBench>(options);
        second = std::make_unique<NetBench>(options);
        if (!first->ready() || !second->ready()) GTEST_SKIP() << "no io_uring here";
        there = std::make_unique<Passage>();
        back = std::make_unique<Passage>();
        ASSERT_TRUE(second->connections().open_passage(*there));
        ASSERT_TRUE(first->connections().open_passage(*back));
        to_second[1] = {
            .there = there.get(), .here = back.get(), .ring = second->ring.descriptor()};
        to_first[0] = {.there = back.get(), .here = there.get(), .ring = first->ring.descriptor()};
        first->connections().join(0, to_second);
        second->connections().join(1, to_first);
        first->events.there = 1;
        second->events.there = 1;
        second->events.echo_to = &second->connections();
    }

    template <class Condition>
    [[nodiscard]] bool until(Condition so) {
        return first->until([&] {
            second->turn();
            return so();
        });
    }
    bool received(WsClient& client, std::string_view text) {
        return until([&] {
            client.read();
            return client.received().find(text) != std::string::npos;
        });
    }

    std::unique_ptr<Places> places;
    std::unique_ptr<NetBench> first;
    std::unique_ptr<NetBench> second;
    std::unique_ptr<Passage> there;
    std::unique_ptr<Passage> back;
    std::array<Connections::Route, 2> to_second;
    std::array<Connections::Route, 2> to_first;
};

std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string upgrade_there() {
    std::string request = upgrade_request();
    const std::size_t begin = request.find(' ') + 1;
    return request.replace(begin, request.find(' ', begin) - begin, "/there");
}

TEST_F(PassingOn, AnOpeningHandshakeIsAnsweredByTheOtherThread) {
    open();
    if (IsSkipped()) return;
    const auto client = first->connect();
    ASSERT_TRUE(client->send(upgrade_there()));
    ASSERT_TRUE(received(*client, "\r\n\r\n"));
    EXPECT_TRUE(client->take_head().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(first->connections().count(), 0U);
    EXPECT_EQ(second->connections().count(), 1U);
    EXPECT_TRUE(first->events.opened.empty());
    EXPECT_EQ(second->events.opened.size(), 1U);
    EXPECT_EQ(first->stats().passed_on, 1U);
    EXPECT_EQ(second->stats().taken_in, 1U);
    EXPECT_EQ(first->stats().requests, 0U);
    EXPECT_EQ(second->stats().requests, 1U);

    ASSERT_TRUE(client->send(client_frame(Opcode::text, "hello")));
    ASSERT_TRUE(received(*client, "hello"));
    client->close();
    ASSERT_TRUE(until([&] { return second->connections().count() == 0; }));
    EXPECT_FALSE(first->connections().urgent());
    EXPECT_FALSE(second->connections().urgent());
}

// Goal: no byte is lost or read twice, wherever the stream was cut when its reader changed.
TEST_F(PassingOn, WhatCameBehindTheRequestGoesWithIt) {
    const std::string frames =
        client_frame(Opcode::text, "first") + client_frame(Opcode::text, std::string(3'000, 'l'));
    const std::string all = upgrade_there() + frames + client_frame(Opcode::text, "last");
    for (std::size_t cut = upgrade_there().size() - 1; cut < all.size(); cut += 97) {
        open();
        if (IsSkipped()) return;
        const auto client = first->connect();
        ASSERT_TRUE(client->send(all.substr(0, cut)));
        first->turn();
        first->turn();
        ASSERT_TRUE(client->send(all.substr(cut)));
        ASSERT_TRUE(received(*client, "last")) << "cut at " << cut;
        EXPECT_EQ(second->events.messages,
                  (std::vector<std::string>{"first", std::string(3'000, 'l'), "last"}))
            << "cut at " << cut;
    }
}

TEST_F(PassingOn, PipelinedRequestsAreAnsweredInTheirOrder) {
    open();
    if (IsSkipped()) return;
    const auto client = first->connect();
    ASSERT_TRUE(client->send(get("/one") + get("/there/two") + get("/three")));
    ASSERT_TRUE(received(*client, "/three"));
    const std::string& all = client->received();
    EXPECT_LT(all.find("/one"), all.find("/there/two"));
    EXPECT_LT(all.find("/there/two"), all.find("/three"));
    EXPECT_EQ(first->stats().requests, 1U);
    EXPECT_EQ(second->stats().requests, 2U);
}

TEST_F(PassingOn, WhoClosesItsSideStillReadsTheAnswer) {
    open();
    if (IsSkipped()) return;
    const auto client = first->connect();
    ASSERT_TRUE(client->send(get("/there")));
    client->finish();
    ASSERT_TRUE(until([&] { return !client->read(); }));
    EXPECT_NE(client->received().find("you asked for /there"), std::string::npos);
    EXPECT_FALSE(client->was_reset());
    ASSERT_TRUE(until([&] { return second->connections().count() == 0; }));
}

TEST_F(PassingOn, WhoLeavesMeanwhileIsForgotten) {
    open();
    if (IsSkipped()) return;
    const auto client = first->connect();
    ASSERT_TRUE(client->send(upgrade_there()));
    client->abort();
    ASSERT_TRUE(until([&] {
        return first->connections().count() == 0 && second->connections().count() == 0 &&
               first->stats().accepted == 1;
    }));
}

// Goal: more than there are places for wait where they are, and are all served.
TEST_F(PassingOn, MoreThanThereArePlacesForWait) {
    open();
    if (IsSkipped()) return;
    constexpr std::uint32_t waiting = 10;
    std::vector<std::unique_ptr<WsClient>> clients;
    for (std::uint32_t i = 0; i < Passage::places_count + waiting; ++i) {
        clients.push_back(first->connect());
        ASSERT_TRUE(clients.back()->send(get("/there")));
    }
    ASSERT_TRUE(first->until([&] { return first->stats().passed_on == Passage::places_count; }));
    for (int turn = 0; turn < 10; ++turn) first->turn();
    EXPECT_EQ(first->stats().passed_on, Passage::places_count);
    EXPECT_EQ(first->connections().count(), waiting);
    for (const auto& client : clients) {
        ASSERT_TRUE(received(*client, "you asked for /there"));
    }
    EXPECT_EQ(first->connections().count(), 0U);
}

TEST_F(PassingOn, AWaitHasAnEnd) {
    open();
    if (IsSkipped()) return;
    for (std::uint32_t place = 0; place < Passage::places_count; ++place) there->send(place);
    const auto client = first->connect();
    ASSERT_TRUE(client->send(get("/there")));
    ASSERT_TRUE(first->until([&] { return first->connections().count() == 1; }));
    first->pass(6s);
    EXPECT_EQ(first->connections().count(), 0U);
    const auto timeouts = static_cast<std::size_t>(CloseReason::handshake_timeout);
    EXPECT_EQ(first->stats().closed[timeouts], 1U);
}

// Goal: the places are those of all threads together: one that was passed on keeps its own, and
// gives it back when it ends.
TEST_F(PassingOn, APlaceGoesWithItsConnection) {
    open({.connections_max = 1});
    if (IsSkipped()) return;
    const auto one = first->connect();
    ASSERT_TRUE(one->send(upgrade_there()));
    ASSERT_TRUE(received(*one, "101"));
    const auto two = first->connect();
    ASSERT_TRUE(received(*two, "HTTP/1.1 503 "));
    EXPECT_EQ(first->stats().refused_full, 1U);
    one->close();
    ASSERT_TRUE(until([&] { return second->connections().count() == 0; }));
    const auto three = first->connect();
    ASSERT_TRUE(three->send(upgrade_there()));
    ASSERT_TRUE(received(*three, "101"));
}

TEST_F(PassingOn, WhatCannotBeDeliveredIsClosed) {
    open({.connections_max = 1});
    if (IsSkipped()) return;
    to_second[1].ring = 1'000'000;
    const auto client = first->connect();
    ASSERT_TRUE(client->send(get("/there")));
    ASSERT_TRUE(first->until([&] { return !client->read(); }));
    EXPECT_EQ(there->free_place(), 1U);
    EXPECT_FALSE(there->has_come(0));
    EXPECT_TRUE(places->take());  // The one that there is.
}

TEST_F(PassingOn, ASessionGoesWithItsConnection) {
    const Identity identity = make_identity();
    TlsContext context;
    ASSERT_EQ(context.load(identity.certificate, identity.key), TlsProblem::none);
    NetOptions options;
    options.tls = &context;
    open(options);
    if (IsSkipped()) return;
    WsClient socket(first->port());
    TlsClient tls;
    std::string read;
    std::size_t taken = 0;
    const auto exchange = [&] {
        tls.shake_hands();
        if (const Bytes bytes = tls.give(); !bytes.empty()) {
            EXPECT_TRUE(socket.send(as_text(bytes)));
        }
        socket.read();
        tls.take(as_bytes(std::string_view(socket.received()).substr(taken)));
        taken = socket.received().size();
        read += tls.read();
    };
    ASSERT_TRUE(until([&] {
        exchange();
        return SSL_is_init_finished(tls.ssl()) == 1;
    }));
    // A frame is cut within a record, and the record on its way.
    tls.write(upgrade_there() + client_frame(Opcode::text, "one").substr(0, 5));
    tls.write(client_frame(Opcode::text, "one").substr(5));
    const Bytes sealed = tls.give();
    ASSERT_TRUE(socket.send(as_text(sealed).substr(0, sealed.size() - 7)));
    ASSERT_TRUE(until([&] {
        exchange();
        return read.find("101") != std::string::npos;
    }));
    EXPECT_EQ(first->connections().tls_count(), 0U);
    EXPECT_EQ(second->connections().tls_count(), 1U);
    ASSERT_TRUE(socket.send(as_text(sealed).substr(sealed.size() - 7)));
    ASSERT_TRUE(until([&] {
        exchange();
        return read.find("one") != std::string::npos;
    }));
    EXPECT_EQ(first->stats().tls_failed, 0U);
    socket.close();
    ASSERT_TRUE(until([&] { return second->connections().count() == 0; }));
}

}  // namespace
}  // namespace ringtick
