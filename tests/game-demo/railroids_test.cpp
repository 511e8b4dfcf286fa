#include "railroids/railroids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

const RailroidsOptions duel{.seed = 1, .players_max = 4};

TEST(Railroids, GivesAShipToWhoSaysHello) {
    Match match(duel);
    match.game.on_join({2});
    match.step();
    EXPECT_TRUE(match.snapshot(2).empty());
    EXPECT_FALSE(match.ship(2).present());

    match.say(2, hello("Ann"));
    match.step();
    EXPECT_EQ(match.mailbox.count(2, MessageKind::welcome), 1U);
    EXPECT_TRUE(match.ship(2).alive());
    EXPECT_FALSE(match.snapshot(2).empty());

    match.leave(2);
    match.step();
    EXPECT_FALSE(match.ship(2).present());
}

TEST(Railroids, TellsAPageOfAnotherBuildToReload) {
    Match match(duel);
    match.game.on_join({0});
    Hello other;
    other.schema = schema_hash() + 1;
    match.say(0, encoded(other));
    match.say(0, hello("late"));
    match.step();
    EXPECT_EQ(match.mailbox.count(0, MessageKind::bye), 1U);
    EXPECT_EQ(match.mailbox.count(0, MessageKind::welcome), 0U);
    EXPECT_TRUE(match.snapshot(0).empty());
    EXPECT_FALSE(match.ship(0).present());
}

TEST(Railroids, AppliesOneInputPerTickHoweverManyCome) {
    Match match(duel);
    match.join(0, "Ann");
    match.steps(40);
    const Angle before = match.ship(0).heading;
    for (std::uint32_t stamp = 10; stamp < 40; ++stamp) match.say(0, input(stamp, Input::right));
    match.step();
    EXPECT_EQ(match.ship(0).heading, before + rules::turn);
    EXPECT_EQ(match.game.inputs_applied(), 1U);
    match.step();
    EXPECT_EQ(match.game.inputs_applied(), 2U);
    match.step();
    EXPECT_EQ(match.game.inputs_applied(), 2U);  // The rest of the burst was skipped.
}

TEST(Railroids, AppliesAnInputInTheTickOfItsStamp) {
    Match match(duel);
    match.join(0, "Ann");
    match.step();
    const Angle before = match.ship(0).heading;
    match.say(0, input(4, Input::right));
    match.steps(2);
    EXPECT_EQ(match.ship(0).heading, before);
    match.step();  // Tick 4.
    EXPECT_EQ(match.ship(0).heading, before + rules::turn);
}

TEST(Railroids, HoldsTheLastInputForAQuarterOfASecondAtAnyTickRate) {
    for (const std::uint16_t rate_hz : std::to_array<std::uint16_t>({20, 30, 60})) {
        Match match({.seed = 1, .players_max = 1, .tick_rate_hz = rate_hz});
        match.join(0, "Ann");
        match.step();
        const Angle before = match.ship(0).heading;
        match.say(0, input(2, Input::right));
        match.steps(100);
        const int held = rate_hz / 4;
        EXPECT_EQ(match.ship(0).heading,
                  before + Angle{static_cast<std::uint16_t>(rules::turn.turns * (1 + held))});
        EXPECT_EQ(match.game.totals().inputs_held, 100U);  // And the first tick.
    }
}

// How far a ship flies in 60 ticks whose pilot thrusts with these stamps in each.
template <class Stamps>
Fixed flown_with(Stamps stamps_in) {
    constexpr std::uint32_t ticks = 60;
    Match match({.seed = 1, .players_max = 1});
    match.join(0, "Ann");
    match.step();
    Ship& ship = match.ship(0);
    const Lane lane = free_lane(match.game.world().terrain(), 900);
    ship.position = lane.west;
    ship.heading = {};
    for (std::uint32_t tick = 2; tick < 2 + ticks; ++tick) {
        for (const std::uint32_t stamp : stamps_in(tick)) match.say(0, input(stamp, Input::thrust));
        match.step();
    }
    return ship.position.x - lane.west.x;
}

// Goal: nobody flies farther in a number of ticks than who thrusts in each of them, however inputs
// are kept back and stamped.
TEST(Railroids, LetsNobodyFlyFartherByBankingInputs) {
    const Fixed honest = flown_with([](std::uint32_t tick) { return std::vector{tick}; });
    EXPECT_GT(honest, Fixed::from_int(400));
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        ringtick::Rng rng(seed);
        std::uint32_t banked = 0;
        const Fixed flown = flown_with([&](std::uint32_t tick) {
            std::vector<std::uint32_t> stamps;
            banked += 1;
            if (rng.chance(70)) return stamps;
            const std::uint32_t first = rng.chance(50) ? tick - banked : tick;
            for (std::uint32_t i = 0; i < banked + rng.below(20); ++i) stamps.push_back(first + i);
            banked = 0;
            return stamps;
        });
        EXPECT_LE(flown, honest) << "seed " << seed;
    }
}

TEST(Railroids, CountsAndIgnoresWhatIsNotAMessage) {
    Match match(duel);
    match.join(0, "Ann");
    match.step();
    for (const Bytes& bad : {Bytes{}, Bytes{std::byte{0}}, Bytes{std::byte{3}}, Bytes{std::byte{4}},
                             Bytes(200, std::byte{0xFF}), hello("again")}) {
        match.say(0, bad);
    }
    match.step();
    EXPECT_EQ(match.game.totals().messages_refused, 6U);
    EXPECT_EQ(match.game.inputs_applied(), 0U);
}

TEST(Railroids, CountsForWhoeverWatches) {
    Match match(duel);
    match.join(0, "Ann");
    match.say(0, input(1, Input::thrust));
    match.step();
    const auto counters = match.game.counters();
    const auto applied = std::ranges::find_if(counters, [](const ringtick::GameCounter& counter) {
        return std::string_view(counter.name) == "inputs_applied";
    });
    ASSERT_NE(applied, counters.end());
    EXPECT_EQ(applied->value, 1U);
}

Bytes ping(std::uint8_t flags = 0) {
    ringtick::Ping message;
    message.tag.flags = flags;
    return encoded(message);
}

TEST(Railroids, AnswersOnePingATick) {
    Match match(duel);
    match.join(0, "Ann");
    match.step();
    match.say(0, ping());
    match.say(0, ping());
    match.step();
    EXPECT_EQ(match.mailbox.count(0, MessageKind::pong), 1U);
    EXPECT_EQ(match.game.totals().messages_refused, 0U) << "a late tick finds more than one";
}

TEST(Railroids, TellsByCellsWhoAsksForItAndAsLongAsItDoes) {
    Match match(duel);
    match.join(0, "Ann");
    match.join(1, "Bob");
    const auto comes_by_cells = [&](std::uint16_t slot) {
        match.step();
        ringtick::MessageTag tag;
        EXPECT_TRUE(read_tag(match.snapshot(slot), tag));
        return (tag.flags & ringtick::SnapshotHeader::cells) != 0;
    };
    EXPECT_FALSE(comes_by_cells(0));
    match.say(0, ping(ringtick::Ping::wants_cells));
    EXPECT_TRUE(comes_by_cells(0));
    EXPECT_TRUE(comes_by_cells(0));
    EXPECT_FALSE(comes_by_cells(1));
    match.say(0, ping());
    EXPECT_FALSE(comes_by_cells(0));

    // Who comes to this seat next has asked for nothing.
    match.say(0, ping(ringtick::Ping::wants_cells));
    EXPECT_TRUE(comes_by_cells(0));
    match.game.on_leave({0});
    match.join(0, "Cid");
    EXPECT_FALSE(comes_by_cells(0));
}

// Goal: a replay is found out in the second in which it parts, not when that shows.
TEST(Railroids, ItsStateIsAnotherWhenAnInputWaitsThoughTheWorldIsTheSame) {
    Match one(duel);
    Match other(duel);
    for (Match* const match : {&one, &other}) {
        match->join(0, "Ann");
        match->steps(3);
    }
    EXPECT_EQ(one.game.state_hash(), other.game.state_hash());
    other.say(0, input(9, Input::thrust));
    one.step();
    other.step();
    EXPECT_EQ(one.game.world().hash(), other.game.world().hash());
    EXPECT_NE(one.game.state_hash(), other.game.state_hash());
}

// What one player was told of its rate, in order.
std::vector<unsigned> divisors_told(const Match& match, std::uint16_t slot) {
    std::vector<unsigned> divisors;
    ringtick::Rate rate;
    for (const Mailbox::Letter& letter : match.mailbox.letters) {
        if (letter.slot == slot && decode(letter.bytes, rate)) divisors.push_back(rate.divisor);
    }
    return divisors;
}

TEST(Railroids, TellsAPlayerAtWhichRateSnapshotsComeFromNowOn) {
    Match match(duel);
    match.join(0, "Ann");
    match.join(1, "Ben");
    match.step();
    const std::vector<unsigned> divisors{2, 3, 6, 3, 2, 1};
    for (const unsigned divisor : divisors) match.game.on_rate({1}, divisor, match.mailbox);
    EXPECT_EQ(divisors_told(match, 1), divisors);
    EXPECT_TRUE(divisors_told(match, 0).empty());
}

TEST(Railroids, TellsNobodyARateBeforeTheWelcome) {
    Match match(duel);
    match.game.on_join({0});
    match.game.on_rate({0}, 2, match.mailbox);
    match.say(0, hello("Ann"));
    match.game.on_rate({0}, 3, match.mailbox);
    match.step();
    EXPECT_EQ(match.mailbox.count(0, MessageKind::rate), 0U);
    match.game.on_rate({0}, 2, match.mailbox);
    EXPECT_EQ(match.mailbox.count(0, MessageKind::rate), 1U);
}

// Ann stands and aims east along a free lane; Ben crosses it southwards at ten units a tick, and is
// on it in tick 20.
class Gallery {
public:
    explicit Gallery(std::uint32_t rewind_ms = 250)
        : match({.seed = 1, .players_max = 4, .rewind_ms = rewind_ms}) {
        match.join(0, "Ann");
        match.join(1, "Ben");
        match.step();
        lane_ = free_lane(match.game.world().terrain(), 300);
        while (match.tick < 25) step();
    }
    // Whether a shot that arrives now hits, of a shooter who says to have seen this.
    bool fire(std::uint32_t acknowledged, std::uint16_t view_back) {
        const std::uint64_t before = match.game.totals().hits;
        const auto stamp = static_cast<std::uint32_t>(match.tick + 1);
        match.ship(0).cooldown_ticks = 0;
        match.say(0, input_seeing(acknowledged, view_back, stamp, {.buttons = Input::fire}));
        step();
        return match.game.totals().hits > before;
    }
    void step() {
        put(0, lane_.west);
        const std::int32_t south = (static_cast<std::int32_t>(match.tick + 1) - 20) * 10;
        put(1, lane_.east + FixedVector{{}, Fixed::from_int(south)});
        match.step();
    }

    Match match;

private:
    void put(ShipId id, FixedVector place) {
        match.ship(id).position = place;
        match.ship(id).velocity = {};
    }

    Lane lane_;
};

TEST(LagCompensation, JudgesAShotByTheMomentThatItsShooterSaw) {
    EXPECT_TRUE(Gallery().fire(22, 2 * 256));
    EXPECT_TRUE(Gallery().fire(20, 0));
    EXPECT_FALSE(Gallery().fire(25, 0));
    EXPECT_FALSE(Gallery().fire(25, 2 * 256));  // The 23rd: 30 units south.
}

TEST(LagCompensation, IsOffWhenItIsToldToGoBackByNothing) {
    EXPECT_FALSE(Gallery(0).fire(22, 2 * 256));
}

// In tick 27 a quarter of a second ago is 19.5: half a tick before the lane.
TEST(LagCompensation, GoesBackByAQuarterOfASecondAtMostAndCountsWhoWantsMore) {
    Gallery gallery;
    gallery.step();
    EXPECT_TRUE(gallery.fire(19, 256 * 9));
    EXPECT_EQ(gallery.match.game.totals().views_too_old, 1U);
    EXPECT_EQ(gallery.match.game.totals().shots_rewound, 1U);

    Gallery just_as_far;
    just_as_far.step();
    EXPECT_TRUE(just_as_far.fire(20, 128));
    EXPECT_EQ(just_as_far.match.game.totals().views_too_old, 0U);
    EXPECT_FALSE(Gallery().fire(0, 0xFFFF));
}

TEST(LagCompensation, RefusesAnInputOfWhoSaysToHaveSeenWhatIsNotOver) {
    Gallery gallery;
    EXPECT_FALSE(gallery.fire(26, 0));
    EXPECT_FALSE(gallery.fire(0xFFFF'FFFF, 0xFFFF));
    EXPECT_EQ(gallery.match.game.totals().messages_refused, 2U);
    EXPECT_EQ(gallery.match.game.totals().shots, 0U);
}

TEST(LagCompensation, RefusesAnInputOfWhoForgetsWhatItHasSeen) {
    Gallery gallery;
    EXPECT_FALSE(gallery.fire(25, 0));
    EXPECT_FALSE(gallery.fire(20, 0));
    EXPECT_EQ(gallery.match.game.totals().messages_refused, 1U);
    EXPECT_EQ(gallery.match.game.totals().inputs_applied, 1U);
}

TEST(Railroids, HasAWorldWideEnoughForItsShips) {
    EXPECT_EQ(Match({.players_max = 4}).game.world().terrain().side(), side_min);
    const Match crowd({.players_max = 1000, .bots = 1936});
    EXPECT_EQ(crowd.game.world().terrain().side(), side_for(2000));
    const Match expected({.players_max = 4000, .bots = 0, .players_expected = 2000});
    EXPECT_EQ(expected.game.world().terrain().side(), side_for(2000));
}

TEST(Railroids, TakesNoMoreBotsThanThereAreIds) {
    const Match match({.players_max = 60'000, .bots = 20'000});
    EXPECT_EQ(match.game.totals().bots, 5535U);
}

std::unique_ptr<Snapshot> decoded(const Match& match,
                                  const Bytes& bytes,
                                  std::uint32_t ships,
                                  const Snapshot* before = nullptr) {
    auto snapshot = std::make_unique<Snapshot>();
    const Scale scale = Scale::of(ships, match.game.world().terrain().side());
    EXPECT_TRUE(decode(bytes, scale, match.game.world().terrain(), before, *snapshot));
    return snapshot;
}

TEST(Snapshots, HoldWhatIsInViewAndNothingElse) {
    Match match({.seed = 3, .players_max = 1, .bots = 400});
    match.join(0, "Ann");
    match.steps(60);
    const auto snapshot = decoded(match, match.snapshot(0), 401);
    const FixedVector center = match.ship(0).position;
    const Rect view = Rect::around(center, Fixed::from_int(960), Fixed::from_int(540));
    const Rect most = Rect::around(center, Fixed::from_int(1200), Fixed::from_int(800));
    std::vector<bool> sent(401);
    for (const auto& ship : snapshot->of<Ship>()) sent[ship.id] = true;
    std::size_t seen = 0;
    for (ShipId id = 0; id < 401; ++id) {
        const Ship& ship = match.ship(id);
        if (ship.alive() && view.contains(ship.position)) {
            EXPECT_TRUE(sent[id]) << id;
            seen += 1;
        }
        if (sent[id]) {
            EXPECT_TRUE(ship.alive() && most.contains(ship.position)) << id;
        }
    }
    EXPECT_GT(seen, 5U);
}

TEST(Snapshots, HoldTheNearestWhenNotAllFit) {
    Match match({.seed = 3, .players_max = 1, .bots = 200});
    match.join(0, "Ann");
    match.step();
    for (ShipId id = 1; id <= 200; ++id) {
        match.ship(id).position = match.ship(0).position + FixedVector{Fixed::from_int(id), {}};
    }
    match.step();
    const Bytes bytes = match.snapshot(0, 400);
    ASSERT_FALSE(bytes.empty());
    const auto snapshot = decoded(match, bytes, 201);
    ASSERT_GT(snapshot->of<Ship>().size(), 10U);
    ASSERT_LT(snapshot->of<Ship>().size(), 60U);
    Fixed farthest{};
    std::vector<bool> sent(201);
    for (const auto& ship : snapshot->of<Ship>()) {
        sent[ship.id] = true;
        farthest =
            std::max(farthest, length(match.ship(ship.id).position - match.ship(0).position));
    }
    for (ShipId id = 0; id < 201; ++id) {
        if (sent[id] || !match.ship(id).alive()) continue;
        EXPECT_GE(length(match.ship(id).position - match.ship(0).position), farthest) << id;
    }
}

TEST(Snapshots, FitIntoAnyBufferOrAreNotWritten) {
    Match match({.seed = 3, .players_max = 1, .bots = 300});
    match.join(0, "Ann");
    match.steps(100);
    for (std::size_t size = 0; size < 1500; size += 7) {
        const Bytes bytes = match.snapshot(0, size);
        EXPECT_LE(bytes.size(), size);
        EXPECT_EQ(bytes.empty(), size < 45) << size;
    }
}

// Goal: a shot is in exactly one of the snapshots that are written, however many are skipped.
TEST(Snapshots, TellEachShotOnceAlthoughSnapshotsAreSkipped) {
    Match match({.seed = 1, .players_max = 2});
    match.join(0, "Ann");
    match.step();
    std::size_t told = 0;
    std::unique_ptr<Snapshot> snapshot;
    for (std::uint32_t tick = 2; tick < 400; ++tick) {
        match.say(0, input(tick, Input::fire));
        match.step();
        if (tick % 7 != 0) continue;
        snapshot = decoded(match, match.snapshot(0), 2, snapshot.get());
        told += snapshot->passing.size();
    }
    match.steps(5);
    told += decoded(match, match.snapshot(0), 2, snapshot.get())->passing.size();
    EXPECT_EQ(told, match.game.totals().shots);
    EXPECT_GT(told, 15U);
}

TEST(Snapshots, SayWhichInputWasAppliedLast) {
    Match match(duel);
    match.join(0, "Ann");
    match.step();
    auto snapshot = decoded(match, match.snapshot(0), 4);
    EXPECT_EQ(snapshot->header.input_lead, -1);
    match.say(0, input(3, 0));
    match.steps(2);
    snapshot = decoded(match, match.snapshot(0), 4, snapshot.get());
    EXPECT_EQ(snapshot->header.tick, 3U);
    EXPECT_EQ(snapshot->header.input_tick, 0);
    EXPECT_EQ(snapshot->header.input_lead, 0);  // It came in tick 2, but at 3 nothing is left.
    match.steps(2);
    snapshot = decoded(match, match.snapshot(0), 4, snapshot.get());
    EXPECT_EQ(snapshot->header.input_tick, -2);
    EXPECT_EQ(snapshot->header.input_lead, -2);
}

}  // namespace
}  // namespace railroids
