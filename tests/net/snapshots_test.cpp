// What a client gets of the snapshots: the latest, whole, and nothing old.
#include "net/connections.hpp"
#include "ws/frame_encoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/net_bench.hpp"

namespace ringtick {
namespace {

using namespace std::chrono_literals;
using test::client_frame;
using test::NetBench;

#define NEEDS_RING(bench) \
    if (!(bench).ready()) GTEST_SKIP() << "no io_uring here"

std::vector<std::byte> frame_of(std::string_view payload) {
    std::vector<std::byte> frame(4 + payload.size());
    frame[0] = std::byte{0x82};
    frame[1] = std::byte{126};
    frame[2] = static_cast<std::byte>(payload.size() >> 8);
    frame[3] = static_cast<std::byte>(payload.size() & 0xFF);
    copy_bytes(std::span(frame).subspan(4), as_bytes(payload));
    return frame;
}

// Goal: latest wins. A client that stops reading is skipped, the others are not, and what it gets
// when it reads again is whole frames, the newest last, and few of them.
TEST(Snapshots, AFrozenClientIsSkippedAndResumesWithWholeFrames) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto frozen = bench.open_client(4'096);
    const auto healthy = bench.open_client();
    constexpr int snapshots = 500;
    std::size_t healthy_frames = 0;
    for (int i = 0; i < snapshots; ++i) {
        const auto frame = frame_of(std::to_string(i) + std::string(1'000, 's'));
        bench.broadcast(bench.events.opened, frame);
        ASSERT_TRUE(bench.until([&] {
            healthy->read();
            healthy_frames += healthy->take_frames().size();
            return healthy_frames == static_cast<std::size_t>(i) + 1;
        }));
    }
    EXPECT_GT(bench.stats().snapshots_skipped, 400U);
    std::array<ClientStats, 4> slow;
    ASSERT_EQ(bench.connections().slowest(slow), 1U);
    EXPECT_EQ(slow[0].connection, bench.events.opened[0]);
    EXPECT_EQ(slow[0].snapshots_skipped, bench.stats().snapshots_skipped);
    EXPECT_EQ(slow[0].snapshots_sent + slow[0].snapshots_skipped, 500U);
    EXPECT_TRUE(slow[0].blocked);

    // It reads again: the rest of a frame begun long ago, then what comes now.
    std::vector<test::ServerFrame> frames;
    const auto drain = [&] {
        frozen->read();
        for (auto& frame : frozen->take_frames()) frames.push_back(std::move(frame));
        return bench.connections().ready_for_snapshot(bench.events.opened[0], 1);
    };
    ASSERT_TRUE(bench.until(drain));
    bench.broadcast(bench.events.opened, frame_of("newest"));
    ASSERT_TRUE(bench.until([&] {
        drain();
        return !frames.empty() && frames.back().payload == "newest";
    }));
    int last = -1;
    for (const auto& frame : frames) {
        ASSERT_EQ(frame.opcode, Opcode::binary);
        if (frame.payload == "newest") continue;
        const int number = std::stoi(frame.payload);
        EXPECT_EQ(frame.payload, std::to_string(number) + std::string(1'000, 's'));
        EXPECT_GT(number, last);
        last = number;
    }
    EXPECT_LT(frames.size(), 100U);
}

// Goal: a client that stalled is back in the present at once: behind what the kernel held already
// comes the snapshot of the next tick, and none that was made meanwhile.
TEST(Snapshots, AStalledClientThatReadsAgainGetsTheNextTicksSnapshotAndNothingOld) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    int number = 0;
    const auto show = [&] {
        number += 1;
        bench.broadcast(bench.events.opened,
                        frame_of(std::to_string(number) + std::string(1'000, 's')));
    };
    while (bench.stats().snapshots_skipped == 0) show();
    const int last_taken = static_cast<int>(bench.stats().snapshots_sent);
    for (int i = 0; i < 300; ++i) show();
    EXPECT_EQ(bench.stats().snapshots_sent, static_cast<std::uint64_t>(last_taken));
    EXPECT_EQ(bench.stats().snapshots_skipped, static_cast<std::uint64_t>(number - last_taken));

    std::vector<int> numbers;
    const auto read = [&] {
        client->read();
        for (const auto& frame : client->take_frames()) numbers.push_back(std::stoi(frame.payload));
        bench.turn();
        return static_cast<int>(numbers.size());
    };
    ASSERT_TRUE(bench.until([&] { return read() == last_taken; }));
    const Connections& connections = bench.connections();
    ASSERT_TRUE(bench.until([&] { return connections.blocked_count() == 0; }));
    show();
    ASSERT_TRUE(bench.until([&] { return read() == last_taken + 1; }));
    EXPECT_EQ(numbers.back(), number);
}

// Goal: who cannot take them although its socket could, as its game knows, counts as one who missed
// them: it is shown fewer.
TEST(Snapshots, AClientThatIsHeldBackIsShownFewer) {
    NetBench bench({}, {});
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const auto frame = frame_of("snapshot");
    Connections& connections = bench.connections();
    std::uint32_t held_back = 0;
    for (int i = 0; i < 300; ++i) {
        bench.now += 33ms;
        bench.broadcast({}, frame);  // A tick passes.
        Connection* const ready =
            connections.ready_for_snapshot(bench.events.opened[0], frame.size());
        if (ready == nullptr) continue;
        if (i % 3 != 0) {
            connections.hold_back_snapshot(*ready);
            held_back += 1;
        } else {
            connections.send_snapshot(bench.events.opened[0], *ready, frame);
            bench.turn();
        }
        connections.sweep();
        client->read();
    }
    std::array<ClientStats, 4> slow;
    ASSERT_EQ(connections.slowest(slow), 1U);
    EXPECT_GT(slow[0].rate_divisor, 1U);
    EXPECT_FALSE(slow[0].blocked);
    EXPECT_EQ(slow[0].snapshots_skipped, bench.stats().snapshots_skipped);
    EXPECT_LE(bench.stats().snapshots_skipped, held_back);
    EXPECT_GT(bench.stats().snapshots_skipped, 20U);
}

// Goal: a stall at the server's side is what a client's own is, but for the socket: skipped and
// counted, and behind it comes the next tick's snapshot and nothing old. Messages still come.
TEST(Snapshots, AStallAtWillWithholdsSnapshotsAndNothingElse) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const auto other = bench.open_client();
    Connections& connections = bench.connections();
    std::vector<std::string> got;
    std::size_t others = 0;
    int number = 0;
    const auto show = [&] {
        number += 1;
        bench.broadcast(bench.events.opened, frame_of(std::to_string(number)));
        ASSERT_TRUE(bench.until([&] {
            other->read();
            others += other->take_frames().size();
            return others == static_cast<std::size_t>(number);
        }));
        client->read();
        for (auto& frame : client->take_frames()) got.push_back(std::move(frame.payload));
    };
    show();
    connections.stall_snapshots(bench.events.opened[0], 60);
    for (int i = 0; i < 30; ++i) show();
    connections.send_message(bench.events.opened[0], Opcode::text, as_bytes("event"));
    bench.turn();
    for (int i = 0; i < 29; ++i) show();
    EXPECT_EQ(bench.stats().snapshots_skipped, 59U);
    std::array<ClientStats, 2> clients;
    ASSERT_EQ(connections.clients(0, clients), 2U);
    EXPECT_TRUE(clients[0].limited);
    EXPECT_FALSE(clients[0].blocked);
    EXPECT_FALSE(clients[1].limited);
    show();
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (auto& frame : client->take_frames()) got.push_back(std::move(frame.payload));
        return got.size() == 3;
    }));
    EXPECT_EQ(got, (std::vector<std::string>{"1", "event", "61"}));
    ASSERT_EQ(connections.clients(0, clients), 2U);
    EXPECT_FALSE(clients[0].limited) << "it is over";
}

// Goal: who is let have few bytes is treated as one who takes few: within its budget over many
// ticks, and evenly, for it is shown fewer; the others all.
TEST(Snapshots, ALimitAtWillIsKeptOverManyTicks) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const Connections& connections = bench.connections();
    constexpr std::uint64_t bytes_per_s = 3'000;
    constexpr std::uint32_t rate_hz = 30;
    bench.connections().narrow_snapshots(bench.events.opened[0], bytes_per_s, rate_hz);
    std::uint64_t bytes = 0;
    constexpr std::uint64_t seconds = 20;
    for (std::uint64_t i = 0; i < seconds * rate_hz; ++i) {
        bench.broadcast(bench.events.opened, frame_of(std::string(150 + 100 * (i % 5), 's')));
        bench.now += 33'333us;
        bench.connections().sweep();
        client->read();
        for (const auto& frame : client->take_frames()) bytes += 4 + frame.payload.size();
    }
    EXPECT_LE(bytes, seconds * bytes_per_s + 600);
    EXPECT_GT(bytes, seconds * bytes_per_s / 2);
    EXPECT_FALSE(bench.events.rates.empty());
    EXPECT_GT(bench.events.rates.front(), 1U);

    bench.connections().narrow_snapshots(bench.events.opened[0], 0, rate_hz);
    std::array<ClientStats, 1> clients;
    ASSERT_EQ(connections.clients(0, clients), 1U);
    EXPECT_FALSE(clients[0].limited);
}

// Goal: messages that must arrive are apart from snapshots: a stalled client loses none, in order,
// while the snapshots between them are skipped.
TEST(Snapshots, AStalledClientLosesSnapshotsButNoMessage) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const auto frame = frame_of(std::string(1'000, 's'));
    while (bench.stats().snapshots_skipped == 0) bench.broadcast(bench.events.opened, frame);
    constexpr std::size_t messages = 100;
    for (std::size_t i = 0; i < messages; ++i) {
        ASSERT_TRUE(bench.connections().send_message(bench.events.opened[0], Opcode::text,
                                                     as_bytes("message " + std::to_string(i))));
        bench.broadcast(bench.events.opened, frame);
    }
    EXPECT_EQ(bench.stats().snapshots_skipped, messages + 1);

    std::vector<std::string> texts;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (const auto& got : client->take_frames()) {
            if (got.opcode == Opcode::text) texts.push_back(got.payload);
        }
        return texts.size() == messages;
    }));
    for (std::size_t i = 0; i < messages; ++i) EXPECT_EQ(texts[i], "message " + std::to_string(i));
}

// Goal: who keeps missing snapshots gets fewer, and the layer above is told.
// Method: a client that reads at the end of each second only.
TEST(Snapshots, AClientThatKeepsMissingSnapshotsGetsThemLessOften) {
    NetBench bench({}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    const auto frame = frame_of(std::string(1'000, 's'));
    const Connections& connections = bench.connections();
    for (int second = 0; second < 12; ++second) {
        for (int tick = 0; tick < 60; ++tick) bench.broadcast(bench.events.opened, frame);
        ASSERT_TRUE(bench.until([&] {
            client->read();
            client->take_frames();
            return connections.blocked_count() == 0;
        }));
        bench.pass(1s);
    }
    EXPECT_EQ(bench.events.rates, (std::vector<std::uint32_t>{2, 3, 6}));
    EXPECT_GT(bench.stats().snapshots_thinned, 0U);
}

// Goal: a frame that went out in part is finished before anything else is said.
// Method: a socket that takes snapshots in part, and a ping in every turn, whose pong is queued in
// the same turn as the partial send is heard of.
TEST(Snapshots, APongNeverLandsInsideASnapshot) {
    NetBench bench({.pongs_per_tick = 1'000}, {.send_buffer_size = 4'096});
    NEEDS_RING(bench);
    const auto client = bench.open_client(4'096);
    std::vector<test::ServerFrame> frames;
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(client->send(client_frame(Opcode::ping, "p" + std::to_string(i))));
        bench.broadcast(bench.events.opened, frame_of(std::string(9'000, 's')));
        client->read(6'000);
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
    }
    EXPECT_GT(bench.stats().snapshots_partial, 0U);
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
        return !frames.empty() && frames.back().payload == "p299";
    }));
    for (const auto& frame : frames) {
        if (frame.opcode == Opcode::pong) continue;
        ASSERT_EQ(frame.opcode, Opcode::binary);
        ASSERT_EQ(frame.payload, std::string(9'000, 's'));
    }
}

TEST(Snapshots, MessagesThatMustArriveLeaveWithTheSnapshotInOrder) {
    NetBench bench;
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    bench.connections().send_message(bench.events.opened[0], Opcode::binary, as_bytes("event"));
    bench.broadcast(bench.events.opened, frame_of("snapshot"));
    std::vector<test::ServerFrame> frames;
    ASSERT_TRUE(bench.until([&] {
        client->read();
        for (auto& frame : client->take_frames()) frames.push_back(std::move(frame));
        return frames.size() == 2;
    }));
    EXPECT_EQ(frames[0].payload, "event");
    EXPECT_EQ(frames[1].payload, "snapshot");
    EXPECT_EQ(bench.stats().snapshots_skipped, 0U);
}

// Goal: whoever reads all that comes sees every snapshot, also where one is larger than the socket.
// Method: what the socket did not take at once must be gone by the next tick, once its window has
// grown to what it is used for.
TEST(Snapshots, AReaderThatKeepsUpSeesEverySnapshotThatIsLargerThanItsSocket) {
    NetBench bench({.output_size_max = 400'000}, {.send_buffer_size = 65'536});
    NEEDS_RING(bench);
    const auto client = bench.open_client();
    const std::vector<std::byte> payload(220'000, std::byte{'s'});
    std::vector<std::byte> frame(server_header_size_max + payload.size());
    const std::size_t header = write_frame_header(frame, Opcode::binary, payload.size());
    copy_bytes(std::span(frame).subspan(header), payload);
    frame.resize(header + payload.size());
    const auto ticks = [&](int count) {
        std::size_t seen = 0;
        for (int i = 0; i < count; ++i) {
            bench.tick += 1;
            bench.broadcast(bench.events.opened, frame);
            client->read();
            bench.turn();
            client->read();
            seen += client->take_frames().size();
        }
        return seen;
    };
    ticks(10);
    EXPECT_EQ(ticks(20), 20U);
    EXPECT_GT(bench.stats().snapshots_partial, 0U);
}

}  // namespace
}  // namespace ringtick
