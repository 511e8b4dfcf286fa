// People who play over a simulated network: the true server, true clients, and nothing between them
// but time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "match.hpp"
#include "support/network.hpp"

namespace railroids {
namespace {

using ringtick::LocalClock;
using ringtick::Path;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Nanoseconds tick_time = Nanoseconds(seconds(1)) / 30;
constexpr Nanoseconds frame_time = Nanoseconds(seconds(1)) / 60;

struct Place {
    Path::Weather weather;  // Each way.
    LocalClock clock;
    std::uint8_t buttons = Input::all_buttons;  // Those that the pilot uses.
};

// One person: a page that draws sixty frames a second, and a hand that wanders.
class Pilot {
public:
    Pilot(const Place& place, std::uint16_t slot)
        : up(place.weather, slot * 2ULL + 1),
          down(place.weather, slot * 2ULL + 2),
          place_(place),
          rng_(slot + 100ULL) {
        client->start(place_.clock.at({}));
    }

    void run(Nanoseconds now) {
        const Nanoseconds local = place_.clock.at(now);
        down.deliver(now,
                     [&](const Bytes& bytes) { EXPECT_TRUE(client->on_message(bytes, local)); });
        if (local < next_frame_) return;
        next_frame_ = std::max(next_frame_ + frame_time, local);
        frame(now, local);
    }

    const View& view() const { return client->view(); }
    const ringtick::ClientNumbers& numbers() const { return client->numbers(); }

    std::unique_ptr<RailroidsClient> client = std::make_unique<RailroidsClient>();
    Path up;
    Path down;
    bool steers = true;
    Input wish{.buttons = 0};
    std::array<std::uint64_t, 256> leads{};  // How many frames showed each, as a byte.

private:
    void frame(Nanoseconds now, Nanoseconds local) {
        if (steers && rng_.chance(6)) {
            wish.buttons = static_cast<std::uint8_t>(rng_.below(64) & place_.buttons);
            wish.aim = static_cast<std::uint8_t>(rng_.below(256));
        }
        client->want(wish, local);
        Bytes message(64);
        message.resize(client->write_inputs(local, message));
        if (!message.empty()) up.send(message, now);
        if (local >= next_ping_) ping(now, local);
        client->advance(local);
        leads.at(static_cast<std::uint8_t>(numbers().input_lead)) += 1;
    }
    void ping(Nanoseconds now, Nanoseconds local) {
        next_ping_ = local + milliseconds(700 + rng_.below(300));
        Bytes message(16);
        message.resize(client->write_ping(local, message));
        up.send(message, now);
    }

    Place place_;
    ringtick::Rng rng_;
    Nanoseconds next_frame_{};
    Nanoseconds next_ping_{};
};

class Arena {
public:
    explicit Arena(const std::vector<Place>& places)
        : match({.seed = 7, .players_max = static_cast<std::uint16_t>(places.size())}) {
        for (std::size_t i = 0; i < places.size(); ++i) {
            const auto slot = static_cast<std::uint16_t>(i);
            pilots.push_back(std::make_unique<Pilot>(places[i], slot));
            match.game.on_join({slot});
            pilots[i]->up.send(hello("Pilot"), now);
        }
    }

    void run(Nanoseconds time) {
        for (const Nanoseconds end = now + time; now < end; now += milliseconds(1)) {
            if (now >= next_tick_) tick();
            for (const auto& pilot : pilots) pilot->run(now);
        }
    }
    void stall(Nanoseconds time) {
        for (const auto& pilot : pilots) {
            pilot->up.stall(now + time);
            pilot->down.stall(now + time);
        }
    }
    // It was too busy.
    void leave_out_ticks(std::uint32_t count) {
        match.tick += count;
        next_tick_ += tick_time * count;
    }
    std::uint64_t inputs_held() const { return match.game.totals().inputs_held; }

    Match match;
    std::vector<std::unique_ptr<Pilot>> pilots;
    Nanoseconds now = seconds(1);

private:
    void tick() {
        next_tick_ += tick_time;
        const auto slots = static_cast<std::uint16_t>(pilots.size());
        for (std::uint16_t slot = 0; slot < slots; ++slot) {
            pilots[slot]->up.deliver(now, [&](const Bytes& bytes) { match.say(slot, bytes); });
        }
        match.step();
        for (const Mailbox::Letter& letter : match.mailbox.letters) {
            pilots[letter.slot]->down.send(letter.bytes, now);
        }
        match.mailbox.letters.clear();
        for (std::uint16_t slot = 0; slot < slots; ++slot) {
            const Bytes snapshot = match.snapshot(slot);
            if (!snapshot.empty()) pilots[slot]->down.send(snapshot, now);
        }
    }

    Nanoseconds next_tick_ = now;
};

const Path::Weather far_away{.delay = milliseconds(75)};

// Goal: the page flies by the server's rules: its ship is where the server will have it.
// Method: ten minutes of random steering and firing with a round trip of 150 ms, by one who is
// alone with walls and asteroids. What a snapshot says of a tick is held against what was shown for
// it long before, to the last digit.
TEST(Prediction, IsRightInEveryTickForTenMinutesOverALongWay) {
    Arena arena({{.weather = far_away}});
    const Pilot& pilot = *arena.pilots[0];
    arena.run(seconds(3));
    const auto at_first = pilot.numbers().prediction.corrections;
    const std::uint64_t held_at_first = arena.inputs_held();
    arena.run(minutes(10));
    EXPECT_EQ(pilot.numbers().prediction.corrections, at_first);
    EXPECT_EQ(pilot.numbers().prediction.corrections_unexplained, 0U);
    EXPECT_EQ(arena.inputs_held(), held_at_first);
    EXPECT_GT(arena.match.game.inputs_applied(), 17'900U);
    EXPECT_GT(arena.match.game.totals().shots, 100U);
    EXPECT_NEAR(pilot.view().inputs_waiting, 6, 1);  // 150 ms and the lead.
}

// Goal: what others do to a ship is all that surprises its pilot.
TEST(Prediction, IsCorrectedOnlyByWhatTheServerExplainsAmongThoseWhoShoot) {
    Arena arena({{.weather = far_away},
                 {.weather = {.delay = milliseconds(10)}},
                 {.weather = {.delay = milliseconds(40)}}});
    arena.run(minutes(5));
    std::uint64_t corrections = 0;
    for (const auto& pilot : arena.pilots) {
        EXPECT_EQ(pilot->numbers().prediction.corrections_unexplained, 0U);
        corrections += pilot->numbers().prediction.corrections;
    }
    EXPECT_GE(corrections, arena.match.game.totals().hits);
    EXPECT_GT(arena.match.game.totals().hits, 5U);
}

TEST(Prediction, RecoversFromAStallOnARestlessPath) {
    const Path::Weather restless{.delay = milliseconds(40), .jitter = milliseconds(25)};
    Arena arena({{.weather = restless}, {.weather = restless}});
    for (const auto& pilot : arena.pilots) pilot->wish.buttons = 0;
    arena.run(seconds(10));
    for (int round = 0; round < 5; ++round) {
        arena.stall(milliseconds(300));
        arena.run(seconds(6));
        std::array<std::uint64_t, 2> settled{};
        for (std::size_t i = 0; i < settled.size(); ++i) {
            settled.at(i) = arena.pilots[i]->numbers().inputs_late;
        }
        arena.run(seconds(4));
        for (std::size_t i = 0; i < settled.size(); ++i) {
            const Pilot& pilot = *arena.pilots[i];
            EXPECT_EQ(pilot.numbers().inputs_late, settled[i]) << "round " << round;
            EXPECT_GT(settled[i], 0U);
            EXPECT_LT(pilot.view().inputs_waiting, 10);
        }
    }
    for (const auto& pilot : arena.pilots) {
        EXPECT_EQ(pilot->numbers().prediction.corrections_unexplained, 0U);
    }
}

// Goal: no client can foresee that a server is too busy for some ticks, and knows it afterwards.
TEST(Prediction, IsExplainedWhereTheServerLeftTicksOut) {
    Arena arena({{.weather = {.delay = milliseconds(2)}}, {.weather = far_away}});
    arena.run(seconds(5));
    for (int round = 0; round < 60; ++round) {
        arena.leave_out_ticks(3);
        arena.run(seconds(1));
    }
    for (const auto& pilot : arena.pilots) {
        EXPECT_GT(pilot->numbers().prediction.corrections, 30U);
        EXPECT_EQ(pilot->numbers().prediction.corrections_unexplained, 0U);
    }
}

// Goal: inputs reach the server one or two ticks early, whatever the pilot's clock shows.
TEST(Prediction, KeepsTheLeadOnClocksThatDrift) {
    Arena arena({{.weather = far_away, .clock = {.offset = seconds(100), .fast_ppm = 200}},
                 {.weather = {.delay = milliseconds(20)}, .clock = {.fast_ppm = -200}},
                 {.weather = {.delay = milliseconds(1)}, .clock = {.fast_ppm = 100}}});
    arena.run(seconds(5));
    for (const auto& pilot : arena.pilots) pilot->leads = {};
    const std::uint64_t held = arena.inputs_held();
    arena.run(minutes(10));
    for (const auto& pilot : arena.pilots) {
        std::uint64_t frames = 0;
        for (const std::uint64_t count : pilot->leads) frames += count;
        const std::uint64_t wanted = pilot->leads[1] + pilot->leads[2];
        EXPECT_GT(wanted, frames * 98 / 100);
        EXPECT_EQ(pilot->numbers().inputs_late, 0U);
    }
    EXPECT_EQ(arena.inputs_held(), held);
}

// Goal: a ship answers its pilot at once and not after the round trip of 150 ms.
TEST(Prediction, ShowsWhatAKeyDoesBeforeTheServerHasHeardOfIt) {
    Arena arena({{.weather = far_away}});
    Pilot& pilot = *arena.pilots[0];
    pilot.steers = false;
    arena.run(seconds(5));
    for (const int wait_ms : {0, 7, 11, 18, 26, 31}) {
        pilot.wish = {.buttons = 0};
        arena.run(seconds(3) + milliseconds(wait_ms));
        const float before = pilot.view().own_heading;
        pilot.wish = {.buttons = Input::left};
        // Until the next tick wants an input, which is two frames at the most, and one to be seen.
        arena.run(3 * frame_time);
        EXPECT_NE(pilot.view().own_heading, before) << wait_ms;
    }
}

// Goal: what one shoots at is judged as one saw it, as far as the server goes back at all. Method:
// two who never cease to fire, one within a round trip of 150 ms and one beyond what can be helped;
// each knows by itself what the server counts.
TEST(Prediction, LooksNoFartherBackThanTheServerGoes) {
    const Path::Weather a_little_restless{.delay = milliseconds(75), .jitter = milliseconds(12)};
    for (const Path::Weather& weather : {far_away, a_little_restless}) {
        Arena arena({{.weather = weather}});
        Pilot& pilot = *arena.pilots[0];
        pilot.steers = false;
        pilot.wish.buttons = Input::fire;
        arena.run(seconds(10));
        const std::uint64_t before = arena.match.game.totals().views_too_old;
        arena.run(seconds(30));
        EXPECT_EQ(arena.match.game.totals().views_too_old, before);
        EXPECT_NEAR(pilot.view().shot_age_ms, 250.0F, 15.0F);  // Not less than needs be.
        EXPECT_EQ(pilot.view().rewind_ms, 250);
    }
    Arena arena({{.weather = {.delay = milliseconds(130)}}});
    arena.pilots[0]->steers = false;
    arena.pilots[0]->wish.buttons = Input::fire;
    arena.run(seconds(10));
    EXPECT_GT(arena.match.game.totals().views_too_old, 100U);
    EXPECT_GT(arena.pilots[0]->view().shot_age_ms, 250.0F);
}

// Goal: a correction is seen as a glide. Method: the server puts the ship 50 units aside; from one
// frame to the next it never moves farther than it flies and a sixth of that.
TEST(Prediction, GlidesToWhereTheServerHasTheShip) {
    Arena arena({{.weather = far_away}});
    Pilot& pilot = *arena.pilots[0];
    pilot.steers = false;
    arena.run(seconds(5));
    Ship& ship = arena.match.ship(0);
    const FixedVector aside{Fixed::from_int(ship.position.x > Fixed::from_int(1200) ? -50 : 50),
                            {}};
    ship.position += aside;
    float last = pilot.view().own_x;
    const float first = last;
    float farthest = 0;
    for (int i = 0; i < 30; ++i) {
        arena.run(frame_time);
        farthest = std::max(farthest, std::abs(pilot.view().own_x - last));
        last = pilot.view().own_x;
    }
    EXPECT_NEAR(std::abs(last - first), 50.0F, 0.1F);
    EXPECT_LT(farthest, 9.0F);
    EXPECT_EQ(pilot.numbers().prediction.corrections_unexplained, 1U);
    EXPECT_EQ(pilot.view().correction_last, 50.0F);
    EXPECT_EQ(pilot.view().correction_worst, 50.0F);
}

}  // namespace
}  // namespace railroids
