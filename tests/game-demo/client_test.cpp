#include "railroids/client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "match.hpp"

namespace railroids {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds period = Nanoseconds(std::chrono::seconds(1)) / 30;

// A match and the client of its player 0, on a wire without delay.
class OneClient : public ::testing::Test {
protected:
    OneClient() : match({.seed = 3, .players_max = 4, .bots = 60}) {
        client->start(now);
        Bytes bytes(64);
        const std::string_view name = "Ann";
        bytes.resize(ClientSide::write_hello(name, {}, ringtick::to_play, bytes));
        match.game.on_join({0});
        match.say(0, bytes);
    }
    const View& view() const { return client->view(); }

    // One tick, its messages, and a drawn frame.
    void step(bool with_snapshot = true) {
        match.step();
        now += period;
        deliver(with_snapshot);
        client->advance(now);
    }
    void deliver(bool with_snapshot) {
        for (const Mailbox::Letter& letter : match.mailbox.letters) {
            if (letter.slot != 0) continue;
            EXPECT_TRUE(client->on_message(letter.bytes, now));
        }
        match.mailbox.letters.clear();
        if (with_snapshot) {
            EXPECT_EQ(client->on_message(match.snapshot(0), now), MessageKind::snapshot);
        }
    }
    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }
    void say(std::uint8_t buttons, std::uint8_t aim) {
        client->want({.buttons = buttons, .aim = aim}, now);
        Bytes bytes(64);
        bytes.resize(client->write_inputs(now, bytes));
        match.say(0, bytes);
    }

    Match match;
    std::unique_ptr<RailroidsClient> client = std::make_unique<RailroidsClient>();
    Nanoseconds now = std::chrono::seconds(5);
};

TEST_F(OneClient, KnowsTheWorldFromTheWelcome) {
    step();
    const Terrain& terrain = match.game.world().terrain();
    EXPECT_EQ(view().connected, 1);
    EXPECT_EQ(view().own_id, 0);
    EXPECT_EQ(view().world_side, terrain.side());
    ASSERT_EQ(view().asteroid_count, static_cast<std::int32_t>(terrain.asteroids().size()));
    EXPECT_EQ(view().asteroid_x[0], static_cast<float>(terrain.asteroids()[0].position.x.floor()));
}

TEST_F(OneClient, ShowsTheShipsWhereTheyWereTwoTicksAgo) {
    steps(90);
    // At rest for a while, there is nothing between the ticks to be told apart by.
    for (ShipId id = 0; id < 64; ++id) match.ship(id).velocity = {};
    ASSERT_GT(view().ship_count, 3);
    for (std::int32_t i = 0; i < view().ship_count; ++i) {
        const Ship& ship = match.ship(static_cast<ShipId>(view().ship_id[i]));
        const float x = static_cast<float>(ship.position.x.raw()) / Fixed::one;
        EXPECT_NEAR(view().ship_x[i], x, 12 * 4) << view().ship_id[i];
    }
}

// Goal: between two snapshots a ship is drawn on the line between its places.
TEST_F(OneClient, MovesShipsSmoothlyBetweenSnapshots) {
    steps(30);
    float last = 0;
    float smallest = 1e9F;
    float largest = 0;
    for (int i = 0; i < 60; ++i) {
        match.ship(0).velocity = {Fixed::from_int(6), {}};
        match.ship(0).position = {Fixed::from_int(300 + i * 6), Fixed::from_int(30)};
        match.step();
        for (int frame = 0; frame < 4; ++frame) {
            now += period / 4;
            if (frame == 3) deliver(true);
            client->advance(now);
            const float moved = view().own_x - last;
            last = view().own_x;
            if (i < 20) continue;
            smallest = std::min(smallest, moved);
            largest = std::max(largest, moved);
        }
    }
    EXPECT_GT(smallest, 1.4F);  // 6 units a tick, four frames to a tick.
    EXPECT_LT(largest, 1.6F);
}

// Goal: a heading turns the shorter way, through zero too.
// Method: two turns at 6 degrees a tick, four frames to a tick: each frame adds a degree and a
// half.
TEST_F(OneClient, TurnsShipsSmoothlyBetweenSnapshots) {
    steps(30);
    float last = 0;
    for (int i = 0; i < 120; ++i) {
        match.ship(0).heading = match.ship(0).heading + rules::turn;
        match.step();
        for (int frame = 0; frame < 4; ++frame) {
            now += period / 4;
            if (frame == 3) deliver(true);
            client->advance(now);
            const float full_turn = 6.2831853F;
            const float turned = std::fmod(view().own_heading - last + full_turn, full_turn);
            last = view().own_heading;
            if (i < 20) continue;
            EXPECT_NEAR(turned, full_turn / 240, 0.001F) << i;
        }
    }
}

TEST_F(OneClient, SteersItsShipThroughTheServer) {
    steps(10);
    const Angle before = match.ship(0).heading;
    for (int i = 0; i < 10; ++i) {
        say(Input::right | Input::thrust, 0);
        step();
    }
    EXPECT_EQ(match.ship(0).heading,
              before + Angle{static_cast<std::uint16_t>(10 * rules::turn.turns)});
    EXPECT_EQ(match.game.inputs_applied(), 10U);
    steps(10);
    EXPECT_NE(view().own_vx, 0.0F);
}

TEST_F(OneClient, ShowsEachBeamForItsTimeEvenIfSnapshotsWereSkipped) {
    steps(40);
    say(Input::fire, 64);
    step(false);
    step(false);
    step(false);
    const auto own_beams = [this] {
        int found = 0;
        for (std::int32_t i = 0; i < view().beam_count; ++i) {
            if (view().beam_shooter[i] == 0) found += 1;
        }
        return found;
    };
    steps(5);
    EXPECT_EQ(own_beams(), 1);
    steps(12);
    EXPECT_EQ(own_beams(), 1);
    steps(9);
    EXPECT_EQ(own_beams(), 0);
}

TEST_F(OneClient, KnowsTheNamesOfPeopleAndBots) {
    step();
    match.join(2, "Zo\xC3\xAB");
    steps(2);
    EXPECT_STREQ(client->game().name_of(0), "Ann");
    EXPECT_STREQ(client->game().name_of(2), "Zo\xC3\xAB");
    EXPECT_STRNE(client->game().name_of(10), "");
    for (const std::int32_t nobody_there : {-1, 1, 64, 70'000}) {
        EXPECT_STREQ(client->game().name_of(nobody_there), "");
    }
}

TEST_F(OneClient, ListsWhoCameAndWentAndWhoLeads) {
    step();
    match.join(2, "Ben");
    step();
    match.leave(2);
    match.ship(7).score = 1000;
    steps(60);
    ASSERT_GE(view().feed_count, 3);
    EXPECT_EQ(view().feed_kind[0], 1);  // Herself.
    EXPECT_EQ(view().feed_kind[1], 1);
    EXPECT_EQ(view().feed_a[1], 2);
    EXPECT_EQ(view().feed_kind[2], 2);
    EXPECT_LT(view().feed_serial[0], view().feed_serial[2]);
    EXPECT_EQ(view().players, 1);
    EXPECT_EQ(view().bots, 60);
    ASSERT_GT(view().leader_count, 0);
    EXPECT_EQ(view().leader_id[0], 7);
}

TEST_F(OneClient, MeasuresTheRoundTripAndTheRate) {
    step();
    EXPECT_EQ(view().rtt_ms, -1.0F);
    for (int i = 0; i < 60; ++i) {
        Bytes ping(16);
        ping.resize(client->write_ping(now - milliseconds(10), ping));
        match.say(0, ping);
        step();
    }
    EXPECT_NEAR(view().rtt_ms, 43.3F, 0.2F);
    EXPECT_NEAR(view().snapshots_per_second, 30, 1);
    EXPECT_GT(view().snapshot_bytes_per_second, 1000);
    EXPECT_NEAR(view().interpolation_delay_ms, 50.0F, 1.0F);
}

TEST_F(OneClient, ShowsAtWhichRateTheServerSendsAndDrawsFartherInThePast) {
    steps(60);
    EXPECT_EQ(view().snapshot_divisor, 1);
    EXPECT_NEAR(view().interpolation_delay_ms, 50.0F, 1.0F);

    match.game.on_rate({0}, 2, match.mailbox);
    for (int i = 0; i < 60; ++i) step(i % 2 == 1);
    EXPECT_EQ(view().snapshot_divisor, 2);
    EXPECT_NEAR(view().interpolation_delay_ms, 100.0F, 1.0F);
    EXPECT_NEAR(view().snapshots_per_second, 15, 1);

    match.game.on_rate({0}, 1, match.mailbox);
    steps(60);
    EXPECT_EQ(view().snapshot_divisor, 1);
    EXPECT_NEAR(view().interpolation_delay_ms, 50.0F, 1.0F);
    EXPECT_EQ(client->numbers().messages_refused, 0U);
}

TEST_F(OneClient, RefusesARateThatNoServerKeepsOrBeforeTheWelcome) {
    const auto hear = [this](unsigned value) {
        return client->on_message(Bytes{std::byte{8}, static_cast<std::byte>(value)}, now);
    };
    EXPECT_FALSE(hear(1));
    step();
    EXPECT_EQ(view().snapshot_divisor, 1);
    EXPECT_EQ(hear(2), MessageKind::rate);
    for (const unsigned value : {6U, 7U, 9U, 255U}) EXPECT_FALSE(hear(value)) << value;
    step();
    EXPECT_EQ(view().snapshot_divisor, 3);
    EXPECT_EQ(client->numbers().messages_refused, 5U);

    client->start(now);  // Another connection: nobody has called it slow.
    client->advance(now);
    EXPECT_EQ(view().snapshot_divisor, 1);
}

TEST_F(OneClient, RefusesWhatComesTwiceOrBeforeTheWelcome) {
    match.step();
    const Bytes snapshot = match.snapshot(0);
    EXPECT_FALSE(client->on_message(snapshot, now));  // Before the welcome.
    deliver(false);
    EXPECT_TRUE(client->on_message(snapshot, now));
    EXPECT_FALSE(client->on_message(snapshot, now));  // Its tick is no news.
    EXPECT_EQ(client->numbers().messages_refused, 2U);
}

TEST_F(OneClient, ForgetsTheWorldAtANewStart) {
    steps(30);
    client->start(now);
    client->advance(now);
    EXPECT_EQ(view().connected, 0);
    EXPECT_EQ(view().own_id, -1);
    EXPECT_EQ(view().ship_count, 0);
    EXPECT_STREQ(client->game().name_of(0), "");
}

// Goal: a page survives any server. Method: a real stream in which every message is damaged in
// turn; whatever is accepted must still draw without stepping out of any array (the sanitizers and
// the containers' own assertions see it).
TEST_F(OneClient, SurvivesADamagedStream) {
    step();
    ringtick::Rng rng(11);
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        match.step();
        now += period;
        Bytes message = match.snapshot(0);
        if (round % 3 == 1 && !match.mailbox.letters.empty()) {
            message = match.mailbox.letters.front().bytes;
        }
        match.mailbox.letters.clear();
        for (std::uint32_t flips = 1 + rng.below(3); flips > 0; --flips) {
            const std::size_t at = rng.below(static_cast<std::uint32_t>(message.size()));
            message[at] ^= static_cast<std::byte>(1U << rng.below(8));
        }
        const bool is_refused = !client->on_message(message, now);
        if (is_refused) refused += 1;
        client->advance(now);
        // Whoever refused a snapshot understands nothing that goes on from it.
        if (is_refused || round % 50 == 0) {
            client->start(now);
            match.game.on_leave({0});
            match.game.on_join({0});
            match.say(0, hello("Ann"));
            step();
        }
    }
    EXPECT_GT(refused, 500);
    EXPECT_LT(refused, 2900);
}

}  // namespace
}  // namespace railroids
