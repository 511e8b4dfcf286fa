#include "net/compression.hpp"

#include "base/rng.hpp"
#include "net/connections.hpp"
#include "ws/deflate_reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using test::client_frame;
using test::NetBench;
using test::ServerFrame;
using test::upgrade_request;
using test::WsClient;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

constexpr MessageLimits limits{.message_size_max = 4'000};

std::string compressed_frame(std::string_view message) {
    std::string frame = client_frame(Opcode::binary, deflated(message));
    frame[0] = static_cast<char>(frame[0] | 0x40);
    return frame;
}

// What a frame says, inflated as its own stream: context taken over would not be understood.
std::string meaning_of(const ServerFrame& frame) {
    if (!frame.compressed) return frame.payload;
    Inflater inflater(100'000);
    return std::string(as_text(inflater.inflate(as_bytes(frame.payload)).message));
}

// A client whose opening handshake is done; `head` is the server's answer.
std::unique_ptr<WsClient> open_client(NetBench& bench,
                                      std::string_view extensions,
                                      std::string* head = nullptr,
                                      int receive_buffer = 0) {
    auto client = bench.connect(receive_buffer);
    EXPECT_TRUE(client->send(upgrade_request("/", extensions)));
    std::string answer;
    EXPECT_TRUE(bench.until([&] {
        client->read();
        answer = client->take_head();
        return !answer.empty();
    }));
    if (head != nullptr) *head = answer;
    return client;
}

std::vector<ServerFrame> frames_of(NetBench& bench, WsClient& client, std::size_t count) {
    std::vector<ServerFrame> frames;
    EXPECT_TRUE(bench.until([&] {
        client.read();
        for (auto& frame : client.take_frames()) frames.push_back(std::move(frame));
        return frames.size() >= count || client.ended();
    }));
    return frames;
}

http::Request request_with(const std::vector<http::Header>& headers) {
    return {.method = http::Method::get, .path = "/", .http_1_1 = true, .headers = headers};
}

TEST(Compression, AcceptsTheFirstGoodOfferOfAllHeaders) {
    const std::vector<http::Header> headers{
        {"Host", "permessage-deflate"},
        {"Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=8"},
        {"sec-websocket-extensions", "x-other, permessage-deflate; server_max_window_bits=12"},
        {"Sec-WebSocket-Extensions", "permessage-deflate"}};
    const auto agreement = accept_deflate_offer(request_with(headers));
    EXPECT_EQ(agreement.value_or(DeflateAgreement{.window_bits = 0}).window_bits, 12);
    const std::vector<http::Header> bad(headers.begin(), headers.begin() + 2);
    EXPECT_FALSE(accept_deflate_offer(request_with(bad)));
}

TEST(Compression, IsNegotiatedInTheOpeningHandshake) {
    NetBench bench({.message = limits, .deflate = true});
    NEEDS_RING(bench);
    std::string head;
    open_client(bench, "permessage-deflate; server_max_window_bits=10", &head);
    EXPECT_NE(head.find("\r\nSec-WebSocket-Extensions: permessage-deflate; "
                        "server_no_context_takeover; client_no_context_takeover; "
                        "server_max_window_bits=10\r\n"),
              std::string::npos);
    for (const char* offer :
         {"", "x-other", "permessage-deflate; server_max_window_bits=99999999999",
          "permessage-deflate; \"", "permessage-deflate; client_max_window_bits=7"}) {
        open_client(bench, offer, &head);
        EXPECT_TRUE(head.starts_with("HTTP/1.1 101 "));
        EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos) << offer;
    }
}

TEST(Compression, IsOffUnlessAskedFor) {
    NetBench bench({.message = limits});
    NEEDS_RING(bench);
    std::string head;
    const auto client = open_client(bench, "permessage-deflate", &head);
    EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
    EXPECT_EQ(bench.connections().compression(), nullptr);
    ASSERT_TRUE(client->send(compressed_frame("hello")));
    const auto frames = frames_of(bench, *client, 1);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].opcode, Opcode::close);
    EXPECT_EQ(frames[0].payload, "\x03\xEA");  // 1002.
}

TEST(Compression, CarriesMessagesBothWaysWhereItPays) {
    NetBench bench({.message = limits, .deflate = true});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = open_client(bench, "permessage-deflate; server_max_window_bits=9");
    const std::string small = "hello";
    const std::string random = noise(1'000);
    const std::vector<std::string> messages{prose(4'000), small, random, prose(256),
                                            prose(125 + 256)};
    for (const std::string& message : messages) {
        ASSERT_TRUE(client->send(compressed_frame(message)));
    }
    const auto frames = frames_of(bench, *client, messages.size());
    ASSERT_EQ(frames.size(), messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        EXPECT_EQ(meaning_of(frames[i]), messages[i]) << i;
        EXPECT_EQ(frames[i].compressed, messages[i] != small && messages[i] != random) << i;
    }
    EXPECT_EQ(bench.connections().compression()->inflater.stats().messages, messages.size());
    EXPECT_EQ(bench.connections().compression()->deflater.stats().messages, 3U);
}

TEST(Compression, LeavesThoseAloneWhoDidNotOfferIt) {
    NetBench bench({.message = limits, .deflate = true});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto deflating = open_client(bench, "permessage-deflate");
    const auto plain = open_client(bench, "");
    const std::string message = prose(2'000);
    ASSERT_TRUE(deflating->send(client_frame(Opcode::binary, message)));
    ASSERT_TRUE(plain->send(client_frame(Opcode::binary, message)));
    const auto to_deflating = frames_of(bench, *deflating, 1);
    const auto to_plain = frames_of(bench, *plain, 1);
    EXPECT_TRUE(to_deflating.at(0).compressed);
    EXPECT_EQ(meaning_of(to_deflating.at(0)), message);
    EXPECT_FALSE(to_plain.at(0).compressed);
    EXPECT_EQ(to_plain.at(0).payload, message);
}

// Goal: a bomb ends its sender, and costs nobody else anything.
TEST(Compression, EndsWhoSendsABombAndServesTheOthers) {
    NetBench bench({.message = limits, .deflate = true});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto good = open_client(bench, "permessage-deflate");
    const auto bad = open_client(bench, "permessage-deflate");
    const std::size_t memory = bench.connections().memory_fixed();
    ASSERT_TRUE(bad->send(compressed_frame(std::string(4'000'000, 'x'))));
    ASSERT_TRUE(good->send(compressed_frame("good")));
    EXPECT_EQ(meaning_of(frames_of(bench, *good, 1).at(0)), "good");
    const auto frames = frames_of(bench, *bad, 1);
    EXPECT_EQ(frames.at(0).payload, "\x03\xF1");  // 1009.
    EXPECT_EQ(bench.events.closed.at(0).second, CloseReason::too_big);
    EXPECT_EQ(bench.connections().memory_fixed(), memory);
}

// RFC 6455, section 5.5.1: after our close frame its data is ignored, so it is not worth inflating.
TEST(Compression, IsOverWithTheCloseFrame) {
    NetBench bench({.message = limits, .deflate = true});
    NEEDS_RING(bench);
    const auto client = open_client(bench, "permessage-deflate");
    bench.connections().close(bench.events.opened[0], CloseCode::going_away, "",
                              CloseReason::shutdown);
    const std::uint64_t received = bench.stats().bytes_received;
    const std::string late = compressed_frame("late");
    ASSERT_TRUE(client->send(late));
    ASSERT_TRUE(
        bench.until([&] { return bench.stats().bytes_received == received + late.size(); }));
    EXPECT_EQ(bench.connections().compression()->inflater.stats().messages, 0U);
    EXPECT_TRUE(bench.events.messages.empty());
}

// Goal: a client whose few bytes become many gets no more of a tick than one that sends many.
TEST(Compression, CountsWhatIsInflatedAgainstTheBudgetOfTheTick) {
    NetBench bench({.message = limits, .deflate = true, .inbound_bytes_per_tick = 8'000});
    NEEDS_RING(bench);
    const auto client = open_client(bench, "permessage-deflate");
    const std::string frame = compressed_frame(std::string(4'000, 'x'));
    ASSERT_TRUE(client->send(frame + frame));
    ASSERT_TRUE(bench.until([&] { return bench.events.messages.size() == 2; }));
    ASSERT_TRUE(bench.until([&] { return bench.stats().receive_throttled == 1; }));
    ASSERT_TRUE(client->send(frame));
    for (int i = 0; i < 20; ++i) bench.turn();
    EXPECT_EQ(bench.events.messages.size(), 2U);
    bench.tick += 1;
    EXPECT_TRUE(bench.until([&] { return bench.events.messages.size() == 3; }));
}

// Goal: the same when all of it comes in one segment, and nothing of it is lost.
TEST(Compression, HoldsBackWhatInflatesToMoreThanTheBudgetOfTheTick) {
    NetBench bench({.message = limits, .deflate = true, .inbound_bytes_per_tick = 8'000});
    NEEDS_RING(bench);
    const auto client = open_client(bench, "permessage-deflate");
    std::string flood;
    for (int i = 0; i < 20; ++i) flood += compressed_frame(std::string(4'000, 'x'));
    ASSERT_LT(flood.size(), 1'500U);
    ASSERT_TRUE(client->send(flood));
    client->finish();  // The end of the stream waits, too.
    const std::uint64_t received = bench.stats().bytes_received + flood.size();
    ASSERT_TRUE(bench.until([&] { return bench.stats().bytes_received == received; }));
    for (std::size_t tick = 1; tick <= 10; ++tick) {
        EXPECT_EQ(bench.events.messages.size(), 2 * tick);
        EXPECT_EQ(bench.events.closed.empty(), tick < 10);
        bench.tick += 1;
        bench.turn();
    }
    ASSERT_TRUE(bench.until([&] { return bench.connections().count() == 0; }));
    EXPECT_EQ(bench.events.closed.at(0).second, CloseReason::vanished);
}

// A flood of messages that are many times larger when inflated, sent as far as it is taken, a tick
// at a time; the reader takes so much of the echo in each. Returns how many came back.
std::size_t echoes_of_flood(NetBench& bench,
                            WsClient& client,
                            std::size_t count,
                            std::size_t read_size_max) {
    const std::string message(200, 'a');  // Too short to be compressed again.
    std::string flood;
    for (std::size_t i = 0; i < count; ++i) flood += compressed_frame(message);
    std::size_t sent = 0;
    std::size_t echoes = 0;
    EXPECT_TRUE(bench.until([&] {
        sent += client.send_some(std::string_view(flood).substr(sent));
        client.read(read_size_max);
        echoes += client.take_frames().size();
        bench.tick += 1;
        bench.turn();
        return echoes == count || !bench.events.closed.empty();
    }));
    return echoes;
}

// Goal: an echo that is many times larger than what it answers does not overflow: it waits until
// its reader has taken what came before.
TEST(Compression, AnEchoThatGrowsWaitsForItsReader) {
    NetBench bench({.message = limits,
                    .deflate = true,
                    .inbound_bytes_per_tick = 0,
                    .messages_per_tick = 0,
                    .output_size_max = 32'768});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = open_client(bench, "permessage-deflate");
    EXPECT_EQ(echoes_of_flood(bench, *client, 3'000, SIZE_MAX), 3'000U);
    EXPECT_TRUE(bench.events.closed.empty());
}

// Goal: input that waits for the next tick, and then for the reader, does not pile up: no more is
// received meanwhile.
// Method: a budget that one segment exceeds when inflated, and a reader so slow that the output
// fills anew whenever it has taken some.
TEST(Compression, AnEchoThatGrowsWaitsForTheTickAndForItsReader) {
    NetBench bench({.message = limits,
                    .deflate = true,
                    .inbound_bytes_per_tick = 8'192,
                    .messages_per_tick = 0,
                    .output_size_max = 32'768},
                   {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    bench.events.echo_to = &bench.connections();
    const auto client = open_client(bench, "permessage-deflate", nullptr, 4'096);
    EXPECT_EQ(echoes_of_flood(bench, *client, 2'500, 700), 2'500U);
    EXPECT_TRUE(bench.events.closed.empty());
}

// What a client sends in one session, and what an echo should answer to it.
struct Session {
    std::string wire;
    std::vector<std::pair<Opcode, std::string>> answers;
    bool closes = false;  // With a close frame; else it closes its side only.

    explicit Session(Rng& random) : closes(random.chance(50)) {
        while (wire.size() < 40'000) add_frame(random);
        if (!closes) return;
        wire += client_frame(Opcode::close, "\x03\xE8");
        answers.emplace_back(Opcode::close, "\x03\xE8");
    }

private:
    void add_frame(Rng& random) {
        const std::string text(random.below(random.chance(20) ? 4'000 : 300),
                               static_cast<char>('a' + answers.size() % 26));
        if (random.chance(10)) {
            const std::string payload = text.substr(0, 125);
            wire += client_frame(Opcode::ping, payload);
            answers.emplace_back(Opcode::pong, payload);
            return;
        }
        const std::size_t cut = random.below(static_cast<std::uint32_t>(text.size() + 1));
        if (random.chance(50)) {
            wire += compressed_frame(text);
        } else if (random.chance(50)) {
            wire += client_frame(Opcode::binary, text);
        } else {
            wire += client_frame(Opcode::binary, text.substr(0, cut), false) +
                    client_frame(Opcode::continuation, text.substr(cut));
        }
        answers.emplace_back(Opcode::binary, text);
    }
};

// Sends and reads as it comes, until the server has ended the stream; returns what it answered.
std::vector<std::pair<Opcode, std::string>> play(NetBench& bench,
                                                 const Session& session,
                                                 Rng& random) {
    std::vector<std::pair<Opcode, std::string>> answers;
    const auto client = open_client(bench, "permessage-deflate", nullptr, 4'096);
    const std::uint32_t eagerness = 20 + random.below(81);
    std::size_t sent = 0;
    EXPECT_TRUE(bench.until([&] {
        if (random.chance(50)) bench.tick += 1;
        const auto rest = std::string_view(session.wire).substr(sent);
        sent += client->send_some(rest.substr(0, 1 + random.below(20'000)));
        if (rest.empty() && !session.closes) client->finish();
        const bool more = !random.chance(eagerness) || client->read(1 + random.below(20'000));
        for (const auto& frame : client->take_frames()) {
            answers.emplace_back(frame.opcode, meaning_of(frame));
        }
        return !more;
    }));
    return answers;
}

// Goal: whatever is held back, and for whatever reason, nothing is lost, doubled or reordered, and
// nobody is forgotten; also what ends a session waits its turn.
// Method: an echo with little room on every kind of kernel, and sessions from a printed seed.
TEST(Compression, AnEchoAnswersEverythingOnceAndInOrderHoweverItWasHeldBack) {
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng random(seed);
        NetBench bench({.receive_buffer_size = seed % 2 == 0 ? 256U : 2'048U,
                        .message = limits,
                        .deflate = true,
                        .inbound_bytes_per_tick = random.chance(70) ? 1'024U : 0U,
                        .messages_per_tick = 0,
                        .pongs_per_tick = 0,
                        .output_size_max = 32'768},
                       {.send_buffer_size = 4'096},
                       {.defer_taskrun = random.chance(50), .recv_budget = random.chance(50)});
        NEEDS_RING(bench);
        bench.events.echo_to = &bench.connections();
        const Session session(random);
        const auto answers = play(bench, session, random);
        for (std::size_t i = 0; i < std::min(answers.size(), session.answers.size()); ++i) {
            ASSERT_EQ(answers[i], session.answers[i]) << "answer " << i;
        }
        ASSERT_EQ(answers.size(), session.answers.size());
        ASSERT_EQ(bench.events.closed.size(), 1U);
        EXPECT_EQ(bench.events.closed[0].second,
                  session.closes ? CloseReason::closed_by_peer : CloseReason::vanished);
    }
}

}  // namespace
}  // namespace ringtick
