// What each viewer of a match gets, and what not: within a budget, and if its connection can take
// it.
#include "railroids/railroids.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

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
    EXPECT_GT(match.game.totals().snapshots_cut, 0U);
    EXPECT_EQ(match.game.totals().snapshots_over_budget, 0U);
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
    EXPECT_GT(match.game.totals().snapshots_over_budget, 50U);
    EXPECT_GT(match.game.totals().snapshots_cut, 50U);
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
    EXPECT_EQ(match.game.totals().snapshots_cut, 0U);
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

TEST(HoldingBack, IsNotForWhoWatchesARecordedMatch) {
    Match match({.seed = 1, .players_max = 1});
    match.join(0, "Ann");
    match.step();
    for (int tick = 0; tick < 10; ++tick) {
        play(match, 0, match.tick);
        match.step();
        shown(match, 0);
    }
    match.game.on_watch({0}, match.mailbox);
    for (int tick = 0; tick < 40; ++tick) {
        play(match, 0, 8);
        match.step();
        ASSERT_EQ(shown(match, 0), SnapshotKey::own);
    }
}

}  // namespace
}  // namespace railroids
