#include "replica/input_pacer.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ringtick {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds period = milliseconds(40);
constexpr Nanoseconds frame = milliseconds(10);

// A pacer and what it knows of the server: by the estimate, the tick that it now reaches.
class Pacing : public ::testing::Test {
protected:
    Pacing() { pacer.start(period, reaches()); }

    TickTime reaches() const { return ticks_in(now, period); }
    std::uint32_t tick() const { return static_cast<std::uint32_t>(now / period); }
    // Frames; returns how many inputs were made. Stamps follow on each other, or the test fails.
    std::uint32_t play(Nanoseconds time, Nanoseconds each = frame) {
        std::uint32_t count = 0;
        for (const Nanoseconds end = now + time; now < end;) {
            now += each;
            pacer.advance(reaches(), each);
            for (; pacer.due() > 0; ++count) {
                const std::uint32_t stamp = pacer.take();
                EXPECT_TRUE(made == 0 || stamp == made + 1);
                made = stamp;
            }
        }
        return count;
    }
    void report(std::int32_t lead, int times = 16) {
        for (int i = 0; i < times; ++i) pacer.on_lead(tick() + 1000, lead);
    }

    InputPacer pacer;
    Nanoseconds now = milliseconds(4000);
    std::uint32_t made = 0;
};

TEST_F(Pacing, MakesOneInputATickThatArrivesOneOrTwoTicksEarly) {
    EXPECT_EQ(pacer.due(), 1U);
    play(frame);
    EXPECT_EQ(made, 101U);
    EXPECT_EQ(play(milliseconds(4000)), 100U);
    EXPECT_EQ(made, tick() + 1);
}

TEST_F(Pacing, RunsFasterWhileInputsComeTooLate) {
    play(frame);
    report(0);
    EXPECT_EQ(play(milliseconds(10'000)), 250U + 7U);  // 3 %.
}

TEST_F(Pacing, RunsSlowerWhileAllInputsComeTooEarly) {
    play(frame);
    report(3);
    EXPECT_EQ(play(milliseconds(10'000)), 250U - 4U);  // 1.6 %.
    report(2, 1);  // Not at the edge, for it would soon be over it again.
    EXPECT_LT(play(milliseconds(4000)), 100U);
    report(1, 1);  // A single one is enough.
    EXPECT_EQ(play(milliseconds(4000)), 100U);
}

TEST_F(Pacing, GoesByTheLeastOfTheLastLeads) {
    play(frame);
    report(2);
    report(-9, 1);
    EXPECT_GT(play(milliseconds(10'000)), 255U);
    report(2);
    EXPECT_EQ(play(milliseconds(10'000)), 250U);
}

TEST_F(Pacing, DoesNotRunAheadForEverAlthoughSomeInputsComeLate) {
    play(frame);
    report(-1);
    play(milliseconds(60'000));
    EXPECT_NEAR(made, tick() + 1 + 6, 2);  // 250 ms are six ticks.
}

TEST_F(Pacing, LeapsOnlyWhenHalfASecondOff) {
    play(frame);
    pacer.leap_to(reaches() - 10 * whole_tick);
    // Ten ticks ahead now: no stamp is used twice.
    made = 0;
    EXPECT_EQ(play(milliseconds(360)), 0U);
    EXPECT_GT(play(milliseconds(200)), 0U);

    const std::uint32_t before = made;
    pacer.advance(reaches() + 20 * whole_tick, {});
    EXPECT_EQ(pacer.due(), 1U);
    EXPECT_GT(pacer.take(), before + 15);
}

TEST_F(Pacing, MakesNoMoreThanEightAtOnceAndThoseAreTheLast) {
    play(frame);
    now += period * 11;
    pacer.advance(reaches(), period * 11);
    EXPECT_EQ(pacer.due(), 8U);
    EXPECT_EQ(pacer.take(), tick() + 1 - 7);
    EXPECT_EQ(pacer.due(), 7U);
}

TEST_F(Pacing, BelievesNoLeadOfBeforeALeap) {
    play(frame);
    for (int i = 0; i < 16; ++i) pacer.on_lead(made - 1, -9);
    EXPECT_EQ(play(milliseconds(10'000)), 250U);
    EXPECT_FALSE(pacer.is_answered_by(100));
    EXPECT_TRUE(pacer.is_answered_by(101));
}

TEST_F(Pacing, SaysHowFarTheNextInputIs) {
    play(frame);
    TickTime last = pacer.since_made();
    for (int i = 0; i < 40; ++i) {
        const std::uint32_t count = play(frame);
        const TickTime since = pacer.since_made();
        EXPECT_EQ(since, last + whole_tick / 4 - count * whole_tick);
        last = since;
    }
}

// Between two connections what is known is drawn on.
TEST(InputPacer, MakesNothingBeforeItRuns) {
    const InputPacer pacer;
    EXPECT_EQ(pacer.since_made(), 0);
    EXPECT_EQ(pacer.due(), 0U);
}

}  // namespace
}  // namespace ringtick
