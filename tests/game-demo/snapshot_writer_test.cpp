// What the server writes and what a client makes of it, over a match in which everybody flies about
// and shoots: see also tests/replica/view_test.cpp, which has a world of its own.
#include "replica/snapshot_writer.hpp"

#include "base/rng.hpp"
#include "railroids/railroids.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "support/snapshots_wanted.hpp"

namespace railroids {
namespace {

using ringtick::Encoding;

constexpr std::size_t ships = 200;
constexpr std::size_t players = 8;

struct Client {
    std::unique_ptr<Snapshot> latest = std::make_unique<Snapshot>();
    std::unique_ptr<Snapshot> spare = std::make_unique<Snapshot>();
    bool knows_anything = false;
};

class SnapshotWriterTest : public testing::Test {
protected:
    explicit SnapshotWriterTest(std::size_t snapshot_bytes = 0)
        : writer(arena.rules(), arena.entities(), players, snapshot_bytes) {
        for (std::size_t id = 0; id < ships; ++id) world.enter(static_cast<ShipId>(id));
    }

    void step() {
        for (Order& order : orders) {
            if (!rng.chance(8)) continue;
            order.input.buttons =
                static_cast<std::uint8_t>(rng.below(Input::all_buttons + 1U)) | Input::thrust;
            order.input.aim = static_cast<std::uint8_t>(rng.below(256));
        }
        tick += rng.chance(1) ? 2 + rng.below(3) : 1;  // Now and then some are forgiven.
        world.step(tick, orders);
        writer.begin_tick(static_cast<std::uint32_t>(tick));
    }
    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }

    std::span<const std::byte> write(ShipId viewer, std::size_t size_max = 16'384) {
        const ringtick::Sight sight = arena.sight({viewer});
        const Arena::Writer::Viewer to{
            .slot = viewer, .own = &arena.own({viewer}), .sight = &sight};
        const auto pass = [&](ringtick::FieldWriter& out, std::uint32_t since) {
            arena.write_passing(out, since, sight);
        };
        const auto out = std::span(bytes).first(size_max);
        return out.first(writer.write(to, out, pass));
    }
    bool read(Client& client, std::span<const std::byte> message) const {
        const Snapshot* const before = client.knows_anything ? client.latest.get() : nullptr;
        if (!decode(message, scale, world.terrain(), before, *client.spare)) return false;
        std::swap(client.latest, client.spare);
        client.knows_anything = true;
        return true;
    }

    void expect_right(const Client& client, ShipId viewer) const {
        const Ship& own = world.ships()[viewer];
        const Snapshot& snapshot = *client.latest;
        EXPECT_EQ(snapshot.own.position, own.position);
        EXPECT_EQ(snapshot.own.velocity, own.velocity);
        EXPECT_EQ(snapshot.own.heading, own.heading);
        EXPECT_EQ(snapshot.own.state, own.state);
        EXPECT_EQ(snapshot.own.cooldown_ticks, own.cooldown_ticks);
        EXPECT_EQ(snapshot.own.respawn_ticks, own.respawn_ticks);
        EXPECT_EQ(snapshot.own.score, own.score);
        EXPECT_EQ(snapshot.own.hits, own.hits);
        for (const ringtick::Visible<Ship>& seen : snapshot.of<Ship>()) {
            const Ship& ship = world.ships()[seen.id];
            ASSERT_TRUE(ship.alive());
            const FixedVector off = ship.position - seen.entity.position;
            ASSERT_LE(std::abs(off.x.raw()), Fixed::one / 4);
            ASSERT_LE(std::abs(off.y.raw()), Fixed::one / 4);
            ASSERT_EQ(seen.entity.thrusting, ship.thrusting);
            ASSERT_EQ(seen.entity.energy, ship.energy);
        }
        for (const ringtick::Visible<Gem>& seen : snapshot.of<Gem>()) {
            ASSERT_TRUE(world.gems()[seen.id].shown());
        }
    }
    // The farther back in the row, the worse is the connection.
    void show(Client& client, ShipId viewer) {
        if (rng.chance(viewer * 12U)) return;  // Not asked: the socket was not free.
        if (rng.chance(4)) switch_encoding(viewer);
        const ringtick::SnapshotParts before = writer.counters().parts;
        const auto message = write(viewer);
        ASSERT_FALSE(message.empty());
        if (rng.chance(viewer * 4U)) {
            writer.take_back(viewer);
            refused += 1;
            return;
        }
        ASSERT_TRUE(read(client, message)) << "viewer " << viewer << " tick " << tick;
        expect_right(client, viewer);
        expect_parts(client, message.size(), before);
        ASSERT_GE(client.latest->of<Ship>().size(), in_view(viewer));
        shown += 1;
    }
    // The reader takes a message apart as the writer put it together, and leaves no bit over.
    void expect_parts(const Client& client,
                      std::size_t size,
                      ringtick::SnapshotParts before) const {
        EXPECT_EQ(client.latest->parts.sum(), size * 8);
        before.add(client.latest->parts);
        EXPECT_EQ(before, writer.counters().parts);
    }
    void switch_encoding(ShipId viewer) {
        const auto now = static_cast<std::uint32_t>(writer.encoding(viewer));
        writer.encode_by(viewer, static_cast<Encoding>((now + 1 + rng.below(2)) % 3));
    }
    std::size_t in_view(ShipId viewer) const {
        const Rect view = Rect::around(world.ships()[viewer].position, Fixed::from_int(960),
                                       Fixed::from_int(540));
        std::size_t count = 0;
        for (const Ship& ship : world.ships()) {
            if (ship.alive() && view.contains(ship.position)) count += 1;
        }
        return count;
    }

    const Scale scale = Scale::of(ships, side_for(ships));
    Arena arena{{.seed = 7, .players_max = ships, .players_expected = ships}};
    World& world = arena.world();
    Arena::Writer writer;
    std::vector<Order> orders = std::vector<Order>(ships);
    ringtick::Rng rng{20'261'122};
    std::uint64_t tick = 0;
    std::size_t refused = 0;
    std::uint64_t shown = 0;
    std::array<std::byte, 16'384> bytes{};
};

// Goal: whatever is skipped or refused by the socket, and however it is told, the next snapshot
// shows the world as it is.
TEST_F(SnapshotWriterTest, TellsEachPlayerTheWorldAsItIs) {
    std::array<Client, players> clients;
    const std::uint64_t wanted = ringtick::snapshots_wanted(2500);
    while (shown < wanted && !HasFailure()) {
        step();
        for (ShipId viewer = 0; viewer < players; ++viewer) show(clients[viewer], viewer);
    }
    EXPECT_GT(refused, 200U);
    RecordProperty("snapshots", std::to_string(shown));
}

// Goal: who is pushed by several shots in one tick is faster than a ship may fly, until it flies
// on.
TEST_F(SnapshotWriterTest, TellsItsPilotOfAnySpeed) {
    Client client;
    step();
    world.ship(0).velocity = {Fixed::from_int(-21), Fixed::from_int(18)};
    ASSERT_TRUE(read(client, write(0)));
    expect_right(client, 0);
}

TEST_F(SnapshotWriterTest, TellsAllAgainAfterALongSilence) {
    Client client;
    steps(3);
    ASSERT_TRUE(read(client, write(0)));
    steps(300);
    const auto message = write(0);
    Client stranger;
    EXPECT_TRUE(read(stranger, message));
    EXPECT_TRUE(read(client, message));
    expect_right(client, 0);
}

// Goal: with little room, what is told is not wrong, and in a while all is told that is in view.
TEST_F(SnapshotWriterTest, CatchesUpWithLittleRoom) {
    Client client;
    for (int i = 0; i < 200; ++i) {
        step();
        const auto message = write(0, 160);
        ASSERT_FALSE(message.empty());
        ASSERT_LE(message.size(), 160U);
        ASSERT_TRUE(read(client, message));
    }
    EXPECT_GE(client.latest->of<Ship>().size() + 1, in_view(0));
}

TEST_F(SnapshotWriterTest, WritesNothingWhereTheLeastDoesNotFit) {
    steps(40);
    Client client;
    ASSERT_TRUE(read(client, write(3)));
    step();
    std::size_t empty = 0;
    for (std::size_t size_max = 0; size_max < 200; ++size_max) {
        const auto message = write(3, size_max);
        ASSERT_LE(message.size(), size_max);
        if (message.empty()) empty += 1;
    }
    EXPECT_GT(empty, 5U);
    EXPECT_LT(empty, 60U);
    ASSERT_TRUE(read(client, write(3)));
    expect_right(client, 3);
}

// Goal: with cells nothing is left that a change could go on from; the pilot's own ship, and what
// passes, are told on without a break.
TEST_F(SnapshotWriterTest, BeginsAnewBehindCells) {
    Client client;
    step();
    ASSERT_TRUE(read(client, write(0)));
    const auto is_keyframe = [&] {
        return (client.latest->header.tag.flags & ringtick::SnapshotHeader::keyframe) != 0;
    };
    writer.encode_by(0, Encoding::cells);
    for (int i = 0; i < 3; ++i) {
        step();
        ASSERT_TRUE(read(client, write(0)));
        EXPECT_FALSE(is_keyframe());
        EXPECT_NE(client.latest->header.tag.flags & ringtick::SnapshotHeader::cells, 0);
        expect_right(client, 0);
    }
    writer.encode_by(0, Encoding::changes);
    step();
    const auto last_by_cells = *client.latest;
    ASSERT_TRUE(read(client, write(0)));
    EXPECT_TRUE(is_keyframe());
    expect_right(client, 0);
    step();
    const auto change = write(0);
    ASSERT_TRUE(read(client, change));
    EXPECT_FALSE(is_keyframe());
    *client.latest = last_by_cells;  // A change, to one who has cells:
    EXPECT_FALSE(read(client, change));
}

class WithABudget : public SnapshotWriterTest {
protected:
    WithABudget() : SnapshotWriterTest(100) {}
};

// Goal: who is told the whole is told all in sight in each snapshot, whatever the budget, and what
// comes next goes on from the last of them.
TEST_F(WithABudget, TellsTheWholeAnewEachTime) {
    Client client;
    step();
    writer.encode_by(0, Encoding::whole);
    for (int i = 0; i < 3; ++i) {
        step();
        Client stranger;
        const auto message = write(0);
        ASSERT_TRUE(read(client, message));
        ASSERT_TRUE(read(stranger, message)) << "it stands alone";
        expect_right(stranger, 0);
        EXPECT_GE(stranger.latest->of<Ship>().size(), in_view(0));
    }
    EXPECT_EQ(writer.counters().cut, 0U);
    writer.encode_by(0, Encoding::changes);
    step();
    ASSERT_TRUE(read(client, write(0)));
    EXPECT_FALSE(client.latest->header.has(ringtick::SnapshotHeader::keyframe));
}

// Goal: where not a single cell can be told whole, the nearest are told.
TEST_F(SnapshotWriterTest, PicksTheNearestWhereACellIsTooMuch) {
    Client client;
    step();
    const FixedVector place = world.ships()[0].position;
    for (std::size_t id = 0; id < ships; ++id) world.ship(static_cast<ShipId>(id)).position = place;
    step();
    writer.encode_by(0, Encoding::cells);
    ASSERT_TRUE(read(client, write(0, 1000)));
    EXPECT_EQ(client.latest->header.tag.flags & ringtick::SnapshotHeader::cells, 0);
    EXPECT_GT(client.latest->of<Ship>().size(), 20U);
    expect_right(client, 0);
}

TEST_F(SnapshotWriterTest, IsRefusedWhereItDoesNotBelong) {
    Client client;
    step();
    ASSERT_TRUE(read(client, write(0)));
    step();
    const auto message = write(0);
    Client stranger;
    EXPECT_FALSE(read(stranger, message));
    for (std::size_t cut = 0; cut < message.size(); ++cut) {
        Client copy;
        *copy.latest = *client.latest;
        copy.knows_anything = true;
        EXPECT_FALSE(read(copy, message.first(cut))) << cut;
    }
    EXPECT_TRUE(read(client, message));
}

// Goal: whatever bytes come, what is accepted is in range, and nothing is read beyond them (the
// sanitizer's run of this test sees that).
TEST_F(SnapshotWriterTest, IsReadSanelyWhenDamaged) {
    Client client;
    step();
    ASSERT_TRUE(read(client, write(0)));
    int accepted = 0;
    for (int round = 0; round < 3000; ++round) {
        if (round % 30 == 0) step();
        if (rng.chance(3)) writer.forget(0);
        if (rng.chance(3)) switch_encoding(0);
        const auto message = write(0);
        for (std::uint32_t flips = 1 + rng.below(8); flips > 0; --flips) {
            bytes[rng.below(static_cast<std::uint32_t>(message.size()))] ^=
                static_cast<std::byte>(1U << rng.below(8));
        }
        if (!read(client, message)) continue;
        accepted += 1;
        std::int32_t last = -1;
        for (const ringtick::Visible<Ship>& seen : client.latest->of<Ship>()) {
            ASSERT_GT(seen.id, last);
            ASSERT_LT(seen.id, ships);
            ASSERT_LE(seen.entity.energy, rules::energy_max);
            ASSERT_GE(seen.entity.position.x, Fixed{});
            ASSERT_LE(seen.entity.position.x, Fixed::from_int(scale.side));
            last = seen.id;
        }
    }
    EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace railroids
