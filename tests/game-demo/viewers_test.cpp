// What each viewer of a match gets, and what not: within a budget, if its connection can take it,
// and together with others who look at the same.
#include "railroids/railroids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

using ringtick::SnapshotKey;

// Reads what one viewer is sent.
class Eyes {
public:
    // The number of ships and bots as in the match.
    Eyes(Match& match, std::uint32_t ships) : match_(match), ships_(ships) {}

    bool read(const Bytes& message) {
        const World& world = match_.game.world();
        const Scale scale = Scale::of(ships_, world.terrain().side());
        const Snapshot* const before = knows_anything_ ? snapshot_.get() : nullptr;
        if (!decode(message, scale, world.terrain(), before, *spare_)) return false;
        std::swap(snapshot_, spare_);
        knows_anything_ = true;
        return true;
    }
    const Snapshot& seen() const { return *snapshot_; }
    // How many of them are not where the world has them.
    std::size_t stale() const {
        std::size_t count = 0;
        for (const ringtick::Visible<Ship>& ship : snapshot_->of<Ship>()) {
            const FixedVector off =
                match_.game.world().ships()[ship.id].position - ship.entity.position;
            if (dot(off, off) > squared(Fixed::ratio(4, 10))) count += 1;
        }
        return count;
    }

private:
    Match& match_;
    std::uint32_t ships_;
    std::unique_ptr<Snapshot> snapshot_ = std::make_unique<Snapshot>();
    std::unique_ptr<Snapshot> spare_ = std::make_unique<Snapshot>();
    bool knows_anything_ = false;
};

// Ann among bots who all seek the beacon, with whom she is.
void crowd(Match& match, int ticks) {
    for (int i = 0; i < ticks; ++i) {
        match.ship(0).position = match.game.world().terrain().beacon_at(match.tick + 1).position;
        match.ship(0).energy = rules::energy_max;
        match.step();
    }
}

TEST(Budget, SpreadsAKeyframeOfACrowdOverAFewTicks) {
    Match match({.seed = 1, .players_max = 1, .bots = 300, .snapshot_bytes = 1'000});
    match.join(0, "Ann");
    crowd(match, 400);
    Eyes eyes(match, 301);
    std::size_t first_seen = 0;
    for (int tick = 0; tick < 12; ++tick) {
        crowd(match, 1);
        const Bytes message = match.snapshot(0);
        ASSERT_TRUE(eyes.read(message));
        EXPECT_LE(message.size(), 1'000U) << tick;
        if (tick == 0) first_seen = eyes.seen().of<Ship>().size();
    }
    EXPECT_GT(first_seen, ringtick::Staleness::near_count);
    EXPECT_GT(eyes.seen().of<Ship>().size(), 2 * first_seen);
    EXPECT_GT(match.game.totals().snapshots.cut, 0U);
    EXPECT_EQ(match.game.totals().snapshots.over_budget, 0U);
}

TEST(Budget, GivesWayToWhatCannotWait) {
    Match match({.seed = 1, .players_max = 1, .bots = 300, .snapshot_bytes = 60});
    match.join(0, "Ann");
    crowd(match, 400);
    Eyes eyes(match, 301);
    std::size_t stale = 0;
    for (int tick = 0; tick < 100; ++tick) {
        crowd(match, 1);
        ASSERT_TRUE(eyes.read(match.snapshot(0)));
        if (tick < 10) continue;
        stale += eyes.stale();
        ASSERT_GT(eyes.seen().of<Ship>().size(), 60U);
    }
    EXPECT_GT(stale, 0U);
    EXPECT_GT(match.game.totals().snapshots.over_budget, 50U);
    EXPECT_GT(match.game.totals().snapshots.cut, 50U);
}

// Of the first player's surroundings, so far in each direction.
bool shows_all_within(Match& match, const Eyes& eyes, std::int32_t reach) {
    const Rect near =
        Rect::around(match.ship(0).position, Fixed::from_int(reach), Fixed::from_int(reach));
    const auto ships = match.game.world().ships();
    std::size_t missing = 0;
    for (std::size_t id = 0; id < ships.size(); ++id) {
        if (!ships[id].shown() || !near.contains(ships[id].position)) continue;
        const auto is_it = [&](const auto& seen) { return seen.id == id; };
        if (std::ranges::none_of(eyes.seen().of<Ship>(), is_it)) missing += 1;
    }
    return missing == 0;
}

// Goal: by cells nothing can wait, so that the bound is a wider one, and behind it lies what is
// farthest from the middle of the view.
TEST(Budget, IsFourfoldByCellsAndNarrowsTheView) {
    constexpr std::size_t budget = 300;
    Match match({.seed = 1, .players_max = 1, .bots = 300, .snapshot_bytes = budget});
    match.join(0, "Ann");
    crowd(match, 400);
    Eyes eyes(match, 301);
    ASSERT_TRUE(eyes.read(match.snapshot(0)));
    match.say(0, encoded(ringtick::Ping{
                     .tag = {.kind = MessageKind::ping, .flags = ringtick::Ping::wants_cells}}));
    std::size_t narrower = 0;
    for (int tick = 0; tick < 50; ++tick) {
        crowd(match, 1);
        const Bytes message = match.snapshot(0);
        ASSERT_TRUE(eyes.read(message));
        ASSERT_NE(eyes.seen().header.tag.flags & ringtick::SnapshotHeader::cells, 0) << tick;
        EXPECT_LE(message.size(), 4 * budget) << tick;
        EXPECT_TRUE(shows_all_within(match, eyes, 100)) << tick;
        if (!shows_all_within(match, eyes, 540)) narrower += 1;
    }
    EXPECT_GT(narrower, 10U);
    EXPECT_GE(match.game.totals().snapshots.cut, narrower);
    EXPECT_EQ(match.game.totals().snapshots.over_budget, 0U);
}

TEST(Budget, IsNoneUnlessOneIsGiven) {
    Match match({.seed = 1, .players_max = 1, .bots = 300});
    match.join(0, "Ann");
    crowd(match, 400);
    Eyes eyes(match, 301);
    for (int tick = 0; tick < 20; ++tick) {
        crowd(match, 1);
        ASSERT_TRUE(eyes.read(match.snapshot(0)));
        EXPECT_EQ(eyes.stale(), 0U);
    }
    EXPECT_EQ(match.game.totals().snapshots.cut, 0U);
}

// A player who says in each tick which snapshot it has applied.
void play(Match& match, std::uint16_t slot, std::uint64_t applied) {
    match.say(slot, input_seeing(static_cast<std::uint32_t>(applied), 0,
                                 static_cast<std::uint32_t>(match.tick + 1), {}));
}

SnapshotKey shown(Match& match, std::uint16_t slot) {
    const SnapshotKey key = match.game.snapshot_key({slot});
    if (key == SnapshotKey::own) match.snapshot(slot);
    return key;
}

TEST(HoldingBack, IsForWhoAcknowledgesLaterThanUsual) {
    Match match({.seed = 1, .players_max = 2});
    match.join(0, "Ann");
    match.join(1, "Bob");
    match.step();
    std::uint64_t bob_has = 0;
    int held_back = 0;
    for (int tick = 0; tick < 60; ++tick) {
        const bool stalled = tick >= 30 && tick < 50;
        if (!stalled) bob_has = match.tick;
        play(match, 0, match.tick);
        play(match, 1, bob_has);
        match.step();
        ASSERT_EQ(shown(match, 0), SnapshotKey::own);
        if (shown(match, 1) == SnapshotKey::held_back) {
            EXPECT_TRUE(stalled);
            held_back += 1;
        }
    }
    EXPECT_EQ(held_back, 15);
    EXPECT_EQ(match.game.totals().snapshots_held_back, 15U);
}

TEST(HoldingBack, ChangesNothingInTheWorld) {
    const RailroidsOptions options{.seed = 1, .players_max = 2, .bots = 20};
    Match watched(options);
    Match unwatched(options);
    for (Match* match : {&watched, &unwatched}) match->join(0, "Ann");
    for (int tick = 0; tick < 60; ++tick) {
        for (Match* match : {&watched, &unwatched}) {
            play(*match, 0, tick < 20 ? match->tick : 18);
            match->step();
        }
        shown(watched, 0);
        ASSERT_EQ(watched.game.state_hash(), unwatched.game.state_hash()) << tick;
    }
    EXPECT_GT(watched.game.totals().snapshots_held_back, 10U);
}

// Sends to spectators as the server does: what has the same key is written once.
class Audience {
public:
    Audience(Match& match, std::uint32_t ships) : match_(match), ships_(ships) {}

    void join(std::uint16_t slot, std::uint16_t subject) {
        match_.game.on_join({slot});
        match_.say(slot, hello_to_watch(subject));
        all_.push_back({.slot = slot, .eyes = Eyes(match_, ships_)});
    }
    // Some miss it: their sockets are full, or refuse it.
    void show(ringtick::Rng& rng, std::uint32_t misses) {
        std::map<SnapshotKey, Bytes> written;
        for (One& one : all_) {
            if (rng.chance(misses)) continue;
            const SnapshotKey key = match_.game.snapshot_key({one.slot});
            ASSERT_NE(key, SnapshotKey::own);
            if (!written.contains(key)) written[key] = match_.snapshot(one.slot);
            if (rng.chance(misses)) {
                match_.game.on_snapshot_refused({one.slot});
                continue;
            }
            ASSERT_TRUE(one.eyes.read(written[key])) << "tick " << match_.tick;
            ASSERT_EQ(one.eyes.stale(), 0U);
            ASSERT_EQ(one.eyes.seen().header.tick, match_.tick);
            snapshots += 1;
        }
        most_written = std::max(most_written, written.size());
    }
    const Snapshot& seen_by(std::size_t index) const { return all_[index].eyes.seen(); }

    std::size_t snapshots = 0;
    std::size_t most_written = 0;  // In a tick.

private:
    struct One {
        std::uint16_t slot;
        Eyes eyes;
    };

    Match& match_;
    std::uint32_t ships_;
    std::vector<One> all_;
};

// Goal: spectators see what they look at, whatever they miss, and what several see is written once.
TEST(Spectators, SeeTheMatchThroughOneStreamOfSnapshotsForEachView) {
    constexpr std::uint16_t people = 40;
    constexpr std::uint16_t bots = 100;
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    ringtick::Rng rng(seed);
    Match match({.seed = 1, .players_max = people, .bots = bots});
    match.join(0, "Ann");
    match.step();
    Audience audience(match, people + bots);
    for (std::uint16_t slot = 1; slot <= 10; ++slot) audience.join(slot, 0);
    for (std::uint16_t slot = 11; slot <= 20; ++slot) audience.join(slot, ringtick::overview);
    for (std::uint16_t slot = 21; slot <= 30; ++slot) audience.join(slot, people + 3);  // A bot.
    for (int tick = 0; tick < 600 && !HasFailure(); ++tick) {
        crowd(match, 1);
        audience.show(rng, tick < 300 ? 0 : 5);
    }
    EXPECT_GT(audience.snapshots, 16'000U);
    EXPECT_LE(audience.most_written, 6U);
    EXPECT_EQ(match.game.totals().spectators, 30U);
    EXPECT_LE(match.game.totals().spectator_snapshots, 300 * 3 + 300 * 3 * 3);
    EXPECT_EQ(audience.seen_by(0).own.position, match.ship(0).position);
    const FixedVector beacon = match.game.world().terrain().beacon_at(match.tick).position;
    EXPECT_EQ(audience.seen_by(10).own.position, beacon);
    EXPECT_GT(audience.seen_by(10).of<Ship>().size(), 20U);
    EXPECT_EQ(audience.seen_by(20).own.position, match.ship(people + 3).position);
}

TEST(Spectators, CostOneSnapshotATickHoweverManyTheyAre) {
    constexpr std::uint16_t people = 1'100;  // Some places are kept from who looks on.
    Match match({.seed = 1, .players_max = people, .bots = 50, .players_expected = 10});
    match.join(0, "Ann");
    match.step();
    Audience audience(match, people + 50);
    for (std::uint16_t slot = 1; slot <= 1'000; ++slot) audience.join(slot, 0);
    ringtick::Rng rng(1);
    for (int tick = 0; tick < 20; ++tick) {
        match.step();
        audience.show(rng, 0);
    }
    EXPECT_EQ(audience.snapshots, 20'000U);
    EXPECT_EQ(match.game.totals().spectator_snapshots, 20U);
}

TEST(Spectators, HaveNoShipAndMoveNothing) {
    const RailroidsOptions options{.seed = 1, .players_max = 3, .bots = 20};
    Match watched(options);
    Match unwatched(options);
    for (Match* match : {&watched, &unwatched}) match->join(0, "Ann");
    watched.game.on_join({1});
    watched.say(1, hello_to_watch(0));
    for (int tick = 0; tick < 100; ++tick) {
        watched.say(1, input(static_cast<std::uint32_t>(watched.tick + 1), Input::fire));
        for (Match* match : {&watched, &unwatched}) match->step();
        ASSERT_EQ(watched.game.world().hash(), unwatched.game.world().hash());
    }
    EXPECT_FALSE(watched.ship(1).present());
    EXPECT_EQ(watched.game.totals().messages_refused, 100U);
    EXPECT_EQ(watched.mailbox.count(1, MessageKind::welcome), 1U);
    EXPECT_GT(watched.mailbox.count(1, MessageKind::event), 0U);
    EXPECT_EQ(unwatched.mailbox.count(1, MessageKind::event), 0U);
}

TEST(Spectators, LookAtTheBeaconWhenTheirPlayerLeaves) {
    Match match({.seed = 1, .players_max = 3, .bots = 20});
    match.join(0, "Ann");
    match.step();
    match.game.on_join({1});
    match.say(1, hello_to_watch(0));
    match.step();
    Eyes eyes(match, 23);
    for (int tick = 0; tick < 3; ++tick) {
        match.step();
        ASSERT_NE(match.game.snapshot_key({1}), SnapshotKey::own);
        ASSERT_TRUE(eyes.read(match.snapshot(1)));
        EXPECT_EQ(eyes.seen().own.position, match.ship(0).position);
    }

    match.game.on_leave({0});
    match.steps(30 * 30 + 1);  // So long her ship waits for her.
    ASSERT_NE(match.game.snapshot_key({1}), SnapshotKey::own);
    ASSERT_TRUE(eyes.read(match.snapshot(1)));
    const FixedVector beacon = match.game.world().terrain().beacon_at(match.tick).position;
    EXPECT_EQ(eyes.seen().own.position, beacon);
    EXPECT_EQ(match.mailbox.count(1, MessageKind::welcome), 1U);

    match.game.on_leave({1});
    match.step();
    EXPECT_EQ(match.game.totals().spectators, 0U);
    match.join(1, "Bob");
    match.step();
    EXPECT_TRUE(match.ship(1).alive());
}

}  // namespace
}  // namespace railroids
