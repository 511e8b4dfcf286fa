// TLS on real sockets: what a turn does of it, and what it does not.
#include "net/connections.hpp"
#include "tls/client.hpp"
#include "tls/context.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::client_frame;
using test::NetBench;
using test::WsClient;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

std::string_view text_of(const Bytes& bytes) {
    return as_text(bytes);
}

// A socket, and the client's side of a session on it.
struct Visitor {
    explicit Visitor(std::uint16_t port, int receive_buffer = 0)
        : socket(std::make_unique<WsClient>(port, receive_buffer)),
          tls(std::make_unique<TlsClient>()) {}

    void say_hello() const {
        tls->shake_hands();
        flush();
    }
    void flush() const {
        const Bytes bytes = tls->give();
        if (bytes.empty()) return;
        EXPECT_TRUE(socket->send(text_of(bytes)));
    }
    void write(std::string_view text) const {
        tls->write(text);
        flush();
    }
    // Takes in what has come, and adds what was in it to `read`.
    void take_in() {
        socket->read();
        const std::string& all = socket->received();
        tls->take(as_bytes(std::string_view(all).substr(taken)));
        taken = all.size();
        tls->shake_hands();
        flush();
        read += tls->read();
    }
    bool answered() const { return !socket->received().empty(); }
    bool open() const { return SSL_is_init_finished(tls->ssl()) == 1; }

    std::unique_ptr<WsClient> socket;
    std::unique_ptr<TlsClient> tls;
    std::size_t taken = 0;
    std::string read;
};

class Sealing : public testing::Test {
protected:
    Sealing() {
        const Identity identity = make_identity();
        EXPECT_EQ(context_.load(identity.certificate, identity.key), TlsProblem::none);
        options_.tls = &context_;
    }
    // Somebody whose opening handshake is done.
    static Visitor open(NetBench& bench, int receive_buffer = 0) {
        Visitor visitor(bench.port(), receive_buffer);
        visitor.say_hello();
        EXPECT_TRUE(bench.until([&] {
            visitor.take_in();
            return visitor.open();
        }));
        visitor.write(test::upgrade_request());
        EXPECT_TRUE(bench.until([&] {
            visitor.take_in();
            return visitor.read.find("\r\n\r\n") != std::string::npos;
        }));
        EXPECT_TRUE(visitor.read.starts_with("HTTP/1.1 101 ")) << visitor.read;
        visitor.read.clear();
        return visitor;
    }

    TlsContext context_;
    NetOptions options_;
};

TEST_F(Sealing, EchoesWhatComesSealed) {
    NetBench bench(options_);
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    Visitor visitor = open(bench);
    EXPECT_EQ(bench.connections().tls_count(), 1U);
    const std::string message(10'000, 'm');
    visitor.write(client_frame(Opcode::text, message));
    EXPECT_TRUE(bench.until([&] {
        visitor.take_in();
        return visitor.read.size() == 4 + message.size();
    }));
    EXPECT_EQ(visitor.read.substr(4), message);
    visitor.socket->close();
    EXPECT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_EQ(bench.connections().tls_count(), 0U);
    EXPECT_EQ(bench.stats().tls_handshakes, 1U);
    EXPECT_EQ(bench.stats().tls_failed, 0U);
}

// Goal: a crowd's handshakes delay the crowd and not the tick.
// Method: all say hello; in each turn so many are answered at the most, the first first.
TEST_F(Sealing, AnswersSoManyHandshakesInATurn) {
    options_.tls_handshakes_per_turn = 3;
    NetBench bench(options_);
    NEEDS_RING(bench);
    std::vector<Visitor> crowd;
    for (int i = 0; i < 20; ++i) {
        crowd.emplace_back(bench.port());
        crowd.back().say_hello();
    }
    const auto answered = [&] {
        for (const Visitor& visitor : crowd) visitor.socket->read();
        return std::ranges::count_if(crowd, &Visitor::answered);
    };
    std::ptrdiff_t before = 0;
    std::uint32_t waiting_most = 0;
    for (int turn = 0; turn < 2'000 && before < 20; ++turn) {
        bench.turn();
        const std::ptrdiff_t now = answered();
        ASSERT_LE(now - before, 3);
        waiting_most = std::max(waiting_most, bench.connections().tls_waiting_count());
        EXPECT_TRUE(bench.connections().urgent());
        before = now;
    }
    EXPECT_EQ(before, 20);
    EXPECT_GE(waiting_most, 10U);
    EXPECT_TRUE(bench.until([&] {
        for (Visitor& visitor : crowd) visitor.take_in();
        return bench.stats().tls_handshakes == 20;
    }));
    EXPECT_EQ(bench.connections().tls_waiting_count(), 0U);
}

// Bytes that complete nothing are no step, so that those who trickle keep nobody waiting.
TEST_F(Sealing, LetsNobodyWaitForThoseWhoTrickle) {
    options_.tls_handshakes_per_turn = 1;
    NetBench bench(options_);
    NEEDS_RING(bench);
    std::vector<Visitor> slow;
    for (int i = 0; i < 30; ++i) {
        slow.emplace_back(bench.port());
        EXPECT_TRUE(slow.back().socket->send("\x16\x03\x01"));
    }
    EXPECT_TRUE(bench.until([&] { return bench.stats().receives == 30; }));
    EXPECT_TRUE(bench.until([&] { return bench.connections().tls_waiting_count() == 0; }));
    // They begun: the byte after that costs no more than a look, for all of them in one turn.
    for (const Visitor& visitor : slow) EXPECT_TRUE(visitor.socket->send("\x01"));
    EXPECT_TRUE(bench.until([&] { return bench.stats().receives >= 60; }));
    EXPECT_EQ(bench.connections().tls_waiting_count(), 0U);
}

TEST_F(Sealing, EndsAHandshakeThatIsAbandoned) {
    NetBench bench(options_);
    NEEDS_RING(bench);
    Visitor visitor(bench.port());
    visitor.say_hello();
    EXPECT_TRUE(bench.until([&] {
        visitor.socket->read();
        return visitor.answered();
    }));
    bench.pass(4'900ms);
    EXPECT_EQ(bench.connections().count(), 1U);
    bench.pass(500ms);
    EXPECT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_EQ(bench.stats().tls_failed, 1U);
    EXPECT_EQ(bench.stats().closed[static_cast<std::size_t>(CloseReason::handshake_timeout)], 1U);
}

// Goal: latest wins. Who does not read has at most one snapshot sealed and waiting.
TEST_F(Sealing, SkipsASnapshotThatFindsTheLastOneOnItsWay) {
    NetBench bench(options_, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    Visitor visitor = open(bench, 4'096);
    std::vector<std::byte> frame(4 + 1'000);
    frame[0] = std::byte{0x82};
    frame[1] = std::byte{126};
    frame[2] = std::byte{1'000 >> 8};
    frame[3] = std::byte{1'000 & 0xFF};
    for (int i = 0; i < 500; ++i) bench.broadcast(bench.events.opened, frame);
    EXPECT_GT(bench.stats().snapshots_skipped, 400U);
    const std::uint64_t sent = bench.stats().snapshots_sent;
    EXPECT_EQ(sent + bench.stats().snapshots_skipped + bench.stats().snapshots_thinned, 500U);
    EXPECT_EQ(bench.connections().sends_in_flight(), 1U);
    EXPECT_TRUE(bench.until([&] {
        visitor.take_in();
        return visitor.read.size() == sent * frame.size();
    }));
    EXPECT_EQ(bench.connections().sends_in_flight(), 0U);
}

TEST_F(Sealing, SendsALongBodyInPieces) {
    const std::string body(1'000'000, 'b');
    NetBench bench(options_);
    NEEDS_RING(bench);
    bench.events.large_body = as_bytes(body);
    Visitor visitor(bench.port());
    visitor.say_hello();
    EXPECT_TRUE(bench.until([&] {
        visitor.take_in();
        return visitor.open();
    }));
    visitor.write("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(bench.until([&] {
        visitor.take_in();
        return visitor.socket->ended();
    }));
    EXPECT_TRUE(visitor.read.ends_with(body));
    EXPECT_NE(SSL_get_shutdown(visitor.tls->ssl()) & SSL_RECEIVED_SHUTDOWN, 0);
}

// The end of the stream is known before the handshake is gone on with, and comes behind it.
TEST_F(Sealing, AnswersWhoAskedAndEndedInOneBreath) {
    NetBench bench(options_);
    NEEDS_RING(bench);
    Visitor visitor(bench.port());
    visitor.say_hello();
    EXPECT_TRUE(bench.until([&] {
        visitor.socket->read();
        return visitor.answered();
    }));
    visitor.tls->take(as_bytes(visitor.socket->received()));
    visitor.taken = visitor.socket->received().size();
    EXPECT_TRUE(visitor.tls->shake_hands());
    visitor.tls->write("GET /early HTTP/1.1\r\nHost: h\r\n\r\n");
    SSL_shutdown(visitor.tls->ssl());
    visitor.flush();
    visitor.socket->finish();
    EXPECT_TRUE(bench.until([&] {
        visitor.take_in();
        return visitor.socket->ended();
    }));
    EXPECT_TRUE(visitor.read.ends_with("you asked for /early\n")) << visitor.read;
    EXPECT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

// Goal: the end of what we say is our doing, however the connection ends (RFC 8446, section 6.1).
TEST_F(Sealing, SaysGoodbyeHoweverItEnds) {
    const auto hears_it = [](NetBench& bench, Visitor& visitor) {
        EXPECT_TRUE(bench.until([&] {
            visitor.take_in();
            return visitor.socket->ended();
        }));
        EXPECT_FALSE(visitor.socket->was_reset());
        EXPECT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
        return (SSL_get_shutdown(visitor.tls->ssl()) & SSL_RECEIVED_SHUTDOWN) != 0;
    };
    NetBench bench(options_);
    NEEDS_RING(bench);
    {
        SCOPED_TRACE("a player says it, and ends its stream");
        Visitor visitor = open(bench);
        SSL_shutdown(visitor.tls->ssl());
        visitor.flush();
        visitor.socket->finish();
        EXPECT_TRUE(hears_it(bench, visitor));
    }
    {
        SCOPED_TRACE("a player ends its stream without a word");
        Visitor visitor = open(bench);
        visitor.socket->finish();
        EXPECT_TRUE(hears_it(bench, visitor));
    }
    const auto visit = [&] {
        Visitor visitor(bench.port());
        visitor.say_hello();
        EXPECT_TRUE(bench.until([&] {
            visitor.take_in();
            return visitor.open();
        }));
        return visitor;
    };
    {
        SCOPED_TRACE("who has not asked says it, and ends its stream");
        Visitor visitor = visit();
        SSL_shutdown(visitor.tls->ssl());
        visitor.flush();
        visitor.socket->finish();
        EXPECT_TRUE(hears_it(bench, visitor));
    }
    {
        SCOPED_TRACE("who does not ask has waited too long");
        Visitor visitor = visit();
        bench.pass(options_.handshake_timeout + 1s);
        EXPECT_TRUE(hears_it(bench, visitor));
    }
}

// What cannot be opened ends the connection with an alert, and the game is told.
TEST_F(Sealing, TellsOfARecordThatCannotBeOpened) {
    NetBench bench(options_);
    NEEDS_RING(bench);
    Visitor visitor = open(bench);
    visitor.tls->write("spoilt");
    Bytes record = visitor.tls->give();
    record.back() ^= std::byte{1};
    const std::size_t before = visitor.socket->received().size();
    EXPECT_TRUE(visitor.socket->send(text_of(record)));
    EXPECT_TRUE(bench.until([&] {
        visitor.socket->read();
        return visitor.socket->ended();
    }));
    EXPECT_FALSE(visitor.socket->was_reset());
    EXPECT_GT(visitor.socket->received().size(), before);
    ASSERT_EQ(bench.events.closed.size(), 1U);
    EXPECT_EQ(bench.events.closed[0].second, CloseReason::protocol);
    visitor.socket->close();
    EXPECT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
}

}  // namespace
}  // namespace ringtick
