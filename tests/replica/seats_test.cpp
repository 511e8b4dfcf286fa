#include "replica/seats.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

namespace ringtick {
namespace {

constexpr std::uint32_t kept = 90;  // Ticks.

ResumeToken token(std::uint64_t number) {
    return {.first = number, .second = ~number};
}

class SeatsTest : public testing::Test {
protected:
    auto note() {
        return [this](std::uint16_t seat) { given_up.push_back(seat); };
    }
    std::uint16_t take(std::size_t slot, std::uint64_t number) {
        return seats.take(slot, token(number), note());
    }

    Seats seats{3, kept};
    std::vector<std::uint16_t> given_up;
};

TEST_F(SeatsTest, ANewcomerTakesTheSeatOfItsSlotsNumber) {
    EXPECT_EQ(take(2, 7), 2);
    EXPECT_EQ(seats.seat_of(2), 2);
    EXPECT_EQ(seats.slot_of(2), 2);
    EXPECT_TRUE(seats.taken(2));
    EXPECT_FALSE(seats.taken(0));
}

TEST_F(SeatsTest, WhoHasTheTokenTakesUpTheSeatInAnotherSlot) {
    take(0, 7);
    EXPECT_EQ(seats.lose(0, 100), 0);
    EXPECT_TRUE(seats.absent(0));
    EXPECT_EQ(take(0, 8), 1) << "the seat of that number is kept for another";
    ASSERT_TRUE(seats.owns(0, token(7)));
    EXPECT_EQ(seats.resume(2, 0), Seats::none);
    EXPECT_EQ(seats.seat_of(2), 0);
    EXPECT_FALSE(seats.absent(0));
    EXPECT_TRUE(seats.owns(0, token(7)));
}

TEST_F(SeatsTest, NoOtherTokenOpensASeat) {
    take(0, 7);
    take(1, 8);
    EXPECT_TRUE(seats.owns(0, token(7)));
    EXPECT_FALSE(seats.owns(1, token(7)));
    EXPECT_FALSE(seats.owns(0, token(8)));
    EXPECT_FALSE(seats.owns(0, {.first = 7, .second = 0}));
    EXPECT_FALSE(seats.owns(2, token(7)));
    EXPECT_FALSE(seats.owns(2, {})) << "nobody's seat is not for those who have nothing to show";
    EXPECT_FALSE(seats.owns(3, token(7)));
    EXPECT_FALSE(seats.owns(65'535, token(7)));
}

TEST_F(SeatsTest, WithoutATokenNobodyComesBack) {
    seats.take(0, {}, note());
    seats.lose(0, 1);
    EXPECT_FALSE(seats.owns(0, {}));
}

TEST_F(SeatsTest, AHalfDeadConnectionLosesItsSeatToTheOneThatShowsItsToken) {
    take(0, 7);
    EXPECT_EQ(seats.resume(1, 0), 0);
    EXPECT_EQ(seats.seat_of(0), Seats::none);
    EXPECT_EQ(seats.seat_of(1), 0);
    EXPECT_EQ(seats.lose(0, 5), Seats::none) << "its end is no loss any more";
    EXPECT_FALSE(seats.absent(0));
}

TEST_F(SeatsTest, ASeatIsKeptForItsTimeAndNoLonger) {
    take(0, 7);
    seats.lose(0, 100);
    take(1, 8);
    seats.lose(1, 110);
    seats.expire(100 + kept - 1, note());
    EXPECT_TRUE(given_up.empty());
    seats.expire(100 + kept, note());
    EXPECT_EQ(given_up, (std::vector<std::uint16_t>{0}));
    EXPECT_FALSE(seats.owns(0, token(7)));
    EXPECT_TRUE(seats.owns(1, token(8)));
    seats.expire(1'000, note());
    EXPECT_EQ(given_up, (std::vector<std::uint16_t>{0, 1}));
}

TEST_F(SeatsTest, ANewcomerWithoutAFreeSeatTakesThatOfWhoWasAbsentLongest) {
    take(0, 7);
    take(1, 8);
    take(2, 9);
    seats.lose(1, 10);
    seats.lose(0, 11);
    EXPECT_EQ(take(0, 10), 1);
    EXPECT_EQ(given_up, (std::vector<std::uint16_t>{1}));
    EXPECT_TRUE(seats.owns(0, token(7)));
    EXPECT_FALSE(seats.owns(1, token(8)));
    EXPECT_TRUE(seats.owns(1, token(10)));
}

TEST_F(SeatsTest, WhoCameBackInBetweenIsNotTheOneAbsentLongest) {
    take(0, 7);
    take(1, 8);
    take(2, 9);
    seats.lose(0, 10);
    seats.lose(1, 11);
    seats.resume(0, 0);
    EXPECT_EQ(take(1, 10), 1);
    EXPECT_EQ(given_up, (std::vector<std::uint16_t>{1}));
}

// Random visits, and a model that knows only who has which token.
class Visits {
public:
    explicit Visits(std::uint64_t seed) : rng_(seed) {}

    void tick(std::uint32_t tick) {
        seats_.expire(tick, [this](std::uint16_t seat) { give_up(seat); });
        const std::size_t slot = rng_.below(count);
        std::uint16_t& held = seat_in_[slot];
        if (held != Seats::none) {
            EXPECT_EQ(seats_.lose(slot, tick), held);
            held = Seats::none;
        } else {
            come(slot);
        }
        check();
    }

private:
    static constexpr std::size_t count = 8;

    void give_up(std::uint16_t seat) {
        EXPECT_TRUE(seats_.absent(seat));
        EXPECT_EQ(owners_.erase(seat), 1U);
    }

    // Back, with a token, or for the first time.
    void come(std::size_t slot) {
        const auto shown = static_cast<std::uint16_t>(rng_.below(count));
        if (owners_.contains(shown) && rng_.below(2) == 0) {
            const std::uint16_t displaced = seats_.resume(slot, shown);
            if (displaced != Seats::none) seat_in_[displaced] = Seats::none;
            seat_in_[slot] = shown;
            return;
        }
        tokens_ += 1;
        const std::uint16_t seat = seats_.take(
            slot, token(tokens_), [this](std::uint16_t given_up) { give_up(given_up); });
        EXPECT_TRUE(owners_.emplace(seat, tokens_).second) << "it was somebody's";
        seat_in_[slot] = seat;
    }

    void check() const {
        for (const auto& [seat, number] : owners_) EXPECT_TRUE(seats_.owns(seat, token(number)));
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(seats_.seat_of(i), seat_in_[i]);
            EXPECT_EQ(seats_.taken(i), owners_.contains(static_cast<std::uint16_t>(i)));
        }
    }

    Rng rng_;
    Seats seats_{count, kept};
    std::map<std::uint16_t, std::uint64_t> owners_;  // Of each taken seat: the token's number.
    std::vector<std::uint16_t> seat_in_ = std::vector<std::uint16_t>(count, Seats::none);
    std::uint64_t tokens_ = 0;
};

// Goal: whatever comes and goes, every player keeps its seat until it has been away too long or
// somebody needs it, no two share one, and there is always one for whoever has a slot.
TEST(Seats, KeepsWhatItPromisesThroughRandomVisits) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        Visits visits(seed);
        for (std::uint32_t tick = 1; tick <= 400; ++tick) visits.tick(tick);
    }
}

}  // namespace
}  // namespace ringtick
