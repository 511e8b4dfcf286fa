#include "replica/spectators.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace ringtick {
namespace {

constexpr PlayerId ann{0};
constexpr PlayerId bob{1};
constexpr PlayerId cid{2};
constexpr PlayerId star{7};
constexpr PlayerId other_star{8};

TEST(Spectators, ShareTheStreamOfWhomTheyLookAt) {
    Spectators spectators(10, 4);
    for (const PlayerId one : {ann, bob}) EXPECT_TRUE(spectators.begin(one, star));
    EXPECT_TRUE(spectators.begin(cid, other_star));
    for (std::uint32_t tick = 1; tick < 5; ++tick) {
        const SnapshotKey key = spectators.take(ann, tick);
        EXPECT_NE(key, SnapshotKey::own);
        EXPECT_NE(key, SnapshotKey::everyones);
        EXPECT_EQ(spectators.take(bob, tick), key);
        EXPECT_NE(spectators.take(cid, tick), key);
        EXPECT_EQ(spectators.begins_anew(ann), tick == 1);
        EXPECT_FALSE(spectators.needs_all(ann));
    }
}

TEST(Spectators, AreShownAllAfterWhatTheyMissed) {
    Spectators spectators(10, 4);
    spectators.begin(ann, star);
    spectators.begin(bob, star);
    spectators.take(ann, 1);
    spectators.take(bob, 1);
    spectators.take(ann, 2);
    const SnapshotKey stream = spectators.take(ann, 3);
    EXPECT_NE(spectators.take(bob, 3), stream);
    EXPECT_TRUE(spectators.needs_all(bob));
    EXPECT_EQ(spectators.take(bob, 4), stream);  // First in its tick, and in the stream again.
    EXPECT_EQ(spectators.take(ann, 4), stream);

    spectators.lose(ann);
    EXPECT_NE(spectators.take(ann, 5), stream);
    EXPECT_EQ(spectators.take(bob, 5), stream);
    EXPECT_EQ(spectators.take(ann, 6), stream);
}

TEST(Spectators, MayBeAskedAgainInTheSameTick) {
    Spectators spectators(10, 4);
    spectators.begin(ann, star);
    spectators.begin(bob, star);
    spectators.take(ann, 1);
    spectators.take(ann, 2);
    const SnapshotKey all = spectators.take(bob, 2);
    EXPECT_EQ(spectators.take(bob, 2), all);
    EXPECT_NE(spectators.take(ann, 2), all);
}

TEST(Spectators, BeginAnewTogetherWhereAllDoesNotFit) {
    Spectators spectators(10, 4);
    for (const PlayerId one : {ann, bob, cid}) spectators.begin(one, star);
    spectators.take(ann, 1);
    spectators.take(ann, 2);
    spectators.take(bob, 2);
    ASSERT_TRUE(spectators.needs_all(bob));
    spectators.give_up_whole(bob);
    EXPECT_EQ(spectators.take(cid, 2), SnapshotKey::held_back);

    const SnapshotKey stream = spectators.take(ann, 3);
    for (const PlayerId one : {bob, cid}) {
        EXPECT_EQ(spectators.take(one, 3), stream);
        EXPECT_TRUE(spectators.begins_anew(one));
    }
}

TEST(Spectators, HaveSoManyViewsAndLeaveThemToOthers) {
    Spectators spectators(10, 1);
    EXPECT_TRUE(spectators.begin(ann, star));
    EXPECT_FALSE(spectators.begin(bob, other_star));
    EXPECT_FALSE(spectators.is_one(bob));
    EXPECT_TRUE(spectators.begin(cid, star));
    spectators.take(ann, 1);
    spectators.end(ann);
    spectators.end(ann);
    EXPECT_EQ(spectators.count(), 1U);
    spectators.end(cid);
    EXPECT_TRUE(spectators.begin(bob, other_star));
    EXPECT_EQ(spectators.subject_of(bob), other_star);
    spectators.take(bob, 2);
    EXPECT_TRUE(spectators.begins_anew(bob));
}

// Ten who look at one, and what each has.
class Crowd {
public:
    Crowd() {
        for (std::uint16_t slot = 0; slot < count; ++slot) spectators_.begin({slot}, star);
    }
    // Some take nothing, and of some it is refused.
    void show(Rng& rng, std::uint32_t tick) {
        const std::uint32_t before = stream_;
        for (std::uint16_t slot = 0; slot < count; ++slot) {
            if (!rng.chance(20)) take({slot}, tick, before);
            if (rng.chance(10)) lose({slot});
        }
    }
    int of_the_stream = 0;

private:
    static constexpr std::uint16_t count = 10;

    void take(PlayerId one, std::uint32_t tick, std::uint32_t before) {
        spectators_.take(one, tick);
        stream_ = tick;
        if (!spectators_.needs_all(one) && !spectators_.begins_anew(one)) {
            ASSERT_EQ(has_[one.slot], before);
            of_the_stream += 1;
        }
        has_[one.slot] = tick;
    }
    void lose(PlayerId one) {
        spectators_.lose(one);
        has_[one.slot] = 0;
    }

    Spectators spectators_{count, 1};
    std::array<std::uint32_t, count> has_{};
    std::uint32_t stream_ = 0;
};

// Goal: whoever takes the next of the stream has the one that it goes on from, whoever missed what.
TEST(Spectators, NeverGoOnFromWhatTheyDoNotHave) {
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Crowd crowd;
    for (std::uint32_t tick = 1; tick < 2'000 && !testing::Test::HasFailure(); ++tick) {
        crowd.show(rng, tick);
    }
    EXPECT_GT(crowd.of_the_stream, 9'000);
}

TEST(Spectators, LeavesAViewFreeForWhatMustBeSeen) {
    Spectators spectators(4, 2);
    EXPECT_TRUE(spectators.begin({0}, {7}, 1));
    EXPECT_FALSE(spectators.begin({1}, {8}, 1));
    EXPECT_TRUE(spectators.begin({1}, {7}, 1));  // One that is there already.
    EXPECT_TRUE(spectators.begin({2}, {9}));
    EXPECT_FALSE(spectators.begin({3}, {8}));
}

}  // namespace
}  // namespace ringtick
