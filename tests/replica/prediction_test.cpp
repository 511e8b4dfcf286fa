#include "replica/prediction.hpp"

#include "replica/protocol.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace ringtick {
namespace {

using std::chrono::milliseconds;

// A sledge on a line: an input is how far it goes in a tick; somebody may push it.
class Sledge {
public:
    struct Own {
        Fixed place;
        int pushes = 0;
    };
    struct Input {
        std::int32_t way = 0;
    };
    struct Snapshot {
        SnapshotHeader header;
        Own own;
    };
    static constexpr Fixed leap = Fixed::from_int(100);

    static Own own(const Snapshot& snapshot) { return snapshot.own; }
    static void predict(Own& own, Input input) { own.place += Fixed::from_int(input.way); }
    static bool agree(const Own& a, const Own& b) { return a.place == b.place; }
    static bool explains(const Own& before, const Own& now) { return before.pushes != now.pushes; }
    static FixedVector place(const Own& own) { return {own.place, {}}; }
    void on_own(const OwnMoment<Own>& moment) {
        const std::int64_t way = (moment.to->place - moment.from->place).raw();
        const auto part = static_cast<std::int32_t>(way * moment.part / whole_tick);
        drawn = (moment.from->place + moment.error.x).raw() + part;
        shown += 1;
    }

    std::int32_t drawn = 0;  // Raw.
    int shown = 0;
};

static_assert(PredictingGame<Sledge>);
struct Other {
    struct Snapshot {};
    struct Input {};
};
static_assert(!PredictingGame<Other>);

constexpr std::int32_t unit = Fixed::one;

class Sliding : public ::testing::Test {
protected:
    void input(std::uint32_t tick, std::int32_t way) {
        prediction.on_input(game, tick, {.way = way});
    }
    void told(std::uint32_t tick, std::int32_t place, int pushes = 0, bool explained = false) {
        Sledge::Snapshot snapshot;
        snapshot.header.tick = tick;
        snapshot.own = {.place = Fixed::from_int(place), .pushes = pushes};
        prediction.on_snapshot(game, snapshot, explained);
    }
    std::int32_t drawn(TickTime part = whole_tick) {
        prediction.show(game, part);
        return game.drawn;
    }

    Sledge game;
    Prediction<Sledge> prediction;
};

TEST_F(Sliding, IsDrawnByInputsThatTheServerHasNotAnswered) {
    told(10, 100);
    EXPECT_EQ(drawn(), 0);  // Nothing is ahead of the snapshot.
    EXPECT_EQ(game.shown, 0);
    input(11, 1);
    input(12, 2);
    EXPECT_EQ(drawn(), 103 * unit);
    EXPECT_EQ(drawn(whole_tick / 2), 102 * unit);
    EXPECT_EQ(prediction.numbers().inputs_waiting, 2U);
}

TEST_F(Sliding, GoesOnFromWhatTheServerSaysWithoutACorrectionIfItWasRight) {
    told(10, 100);
    for (std::uint32_t tick = 11; tick <= 20; ++tick) input(tick, 1);
    for (std::uint32_t tick = 11; tick <= 20; ++tick) {
        told(tick, static_cast<std::int32_t>(90 + tick));
        EXPECT_EQ(prediction.numbers().inputs_waiting, 20 - tick);
        EXPECT_EQ(drawn(), 110 * unit);
    }
    EXPECT_EQ(prediction.numbers().corrections, 0U);
}

TEST_F(Sliding, FollowsTheServerWhereItSaysOtherwiseAndGlidesThere) {
    told(10, 100);
    for (std::uint32_t tick = 11; tick <= 15; ++tick) input(tick, 1);
    told(12, 90);  // And 3 more by now; it was thought to be at 105.
    EXPECT_EQ(prediction.numbers().corrections_unexplained, 1U);
    EXPECT_EQ(prediction.numbers().correction_last, Fixed::from_int(12));
    EXPECT_EQ(drawn(), 105 * unit);
    prediction.advance(milliseconds(60));
    EXPECT_EQ(drawn(), 99 * unit);
    prediction.advance(milliseconds(60));
    EXPECT_EQ(drawn(), 93 * unit);
    prediction.advance(milliseconds(60));
    EXPECT_EQ(drawn(), 93 * unit);
    told(13, 91);
    EXPECT_EQ(prediction.numbers().corrections, 1U);
}

TEST_F(Sliding, AddsWhatIsLeftOfOneErrorToTheNext) {
    told(10, 0);
    for (std::uint32_t tick = 11; tick <= 20; ++tick) input(tick, 0);
    told(11, 12);
    prediction.advance(milliseconds(60));
    EXPECT_EQ(drawn(), 6 * unit);
    told(12, 22);
    EXPECT_EQ(drawn(), 6 * unit);
    prediction.advance(milliseconds(120));
    EXPECT_EQ(drawn(), 22 * unit);
}

TEST_F(Sliding, ExplainsACorrectionByWhatTheServerSaid) {
    told(10, 0);
    for (std::uint32_t tick = 11; tick <= 20; ++tick) input(tick, 0);
    told(11, 5, 1);
    told(12, 5, 1);
    told(13, 7, 1, true);
    EXPECT_EQ(prediction.numbers().corrections, 2U);
    EXPECT_EQ(prediction.numbers().corrections_unexplained, 0U);
    told(14, 8, 1);
    EXPECT_EQ(prediction.numbers().corrections_unexplained, 1U);
}

TEST_F(Sliding, IsAtOnceWhereNoFlightCouldHaveBroughtIt) {
    told(10, 0);
    input(11, 0);
    input(12, 0);
    told(11, 1000, 1);
    EXPECT_EQ(drawn(), 1000 * unit);
    EXPECT_EQ(prediction.numbers().correction_worst, Fixed{});
}

TEST_F(Sliding, HoldsTheLastInputWhereStampsLeapAsTheServerDoes) {
    told(10, 0);
    input(11, 3);
    input(14, 1);
    EXPECT_EQ(drawn(), 10 * unit);
    told(13, 9);
    EXPECT_EQ(prediction.numbers().corrections, 0U);
}

TEST_F(Sliding, IgnoresInputsForTicksThatAreOver) {
    told(10, 0);
    input(9, 5);
    input(10, 5);
    EXPECT_EQ(prediction.numbers().inputs_waiting, 0U);
    input(11, 5);
    told(15, 7);  // The server is ahead of all that was wanted.
    input(12, 5);
    EXPECT_EQ(prediction.numbers().inputs_waiting, 0U);
    input(16, 1);
    EXPECT_EQ(drawn(), 8 * unit);
    EXPECT_EQ(prediction.numbers().corrections, 0U);
}

TEST_F(Sliding, StopsPredictingWhenTheServerIsSilentForLongAndTakesItUpAgain) {
    told(10, 0);
    for (std::uint32_t tick = 11; tick <= 200; ++tick) input(tick, 1);
    EXPECT_EQ(prediction.numbers().inputs_waiting, Prediction<Sledge>::kept - 1);
    told(150, 140);
    for (std::uint32_t tick = 201; tick <= 205; ++tick) input(tick, 1);
    EXPECT_EQ(prediction.numbers().inputs_waiting, 55U);
    told(204, 194);
    prediction.advance(milliseconds(120));
    EXPECT_EQ(drawn(), 195 * unit);
}

TEST_F(Sliding, GoesOnWhereTicksWrap) {
    told(0xFFFF'FFFE, 0);
    for (const std::uint32_t tick : {0xFFFF'FFFFU, 0U, 1U, 2U}) input(tick, 1);
    told(0, 2);
    EXPECT_EQ(drawn(), 4 * unit);
    EXPECT_EQ(prediction.numbers().corrections, 0U);
}

}  // namespace
}  // namespace ringtick
