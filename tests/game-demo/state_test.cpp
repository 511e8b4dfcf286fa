// A match that goes on from a saved state goes on as it would have, and what is no state is
// refused.
#include "railroids/railroids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "match.hpp"

namespace railroids {
namespace {

using ringtick::Rng;

constexpr std::uint16_t people = 8;
constexpr std::uint16_t bots = 60;
constexpr std::uint16_t bots_max = 90;
constexpr RailroidsOptions options{
    .seed = 11, .players_max = people, .bots = bots, .bots_max = bots_max};

Bytes saved(const Railroids& game) {
    Bytes bytes(game.state_size_max());
    bytes.resize(game.save_state(bytes));
    return bytes;
}

// People who come, go, come back, look on, and fire at what they saw, and bots that are ordered to
// come and go, at random.
class Life {
public:
    explicit Life(std::uint64_t seed) : rng_(seed) {}

    // What is said in this tick, to every match alike.
    void happen(std::span<Match* const> matches) {
        const std::uint64_t tick = matches[0]->tick;
        for (std::uint16_t slot = 0; slot < people; ++slot) {
            if (!here_[slot]) {
                if (rng_.chance(3)) come(matches, slot);
            } else if (rng_.chance(1)) {
                leave(matches, slot);
            } else if (rng_.chance(70)) {
                fly(matches, slot, tick);
            }
        }
        if (!rng_.chance(2)) return;
        const auto flying = static_cast<std::uint32_t>(rng_.between(bots / 2, bots_max));
        for (Match* match : matches) ASSERT_TRUE(match->order_bots(flying));
    }

private:
    void come(std::span<Match* const> matches, std::uint16_t slot) {
        const ringtick::ResumeToken token{.first = rng_.next(), .second = 1};
        const std::uint32_t kind = rng_.below(4);
        ringtick::ResumeWish wish;
        if (kind == 1) wish.key = {.id = lost_seat_, .token = lost_};
        Hello message;
        message.resume = wish;
        message.schema = schema_hash();
        if (kind == 0) message.watch = rng_.chance(50) ? ringtick::overview : people + 2;
        message.name.push(static_cast<char>('a' + slot));
        for (Match* match : matches) {
            match->game.on_join({slot});
            match->game.on_token({slot}, ringtick::IssuedToken::recorded(token));
            match->say(slot, encoded(message));
        }
        here_[slot] = true;
        token_[slot] = token;
    }
    void leave(std::span<Match* const> matches, std::uint16_t slot) {
        for (Match* match : matches) match->game.on_leave({slot});
        here_[slot] = false;
        lost_ = token_[slot];
        lost_seat_ = slot;
    }
    void fly(std::span<Match* const> matches, std::uint16_t slot, std::uint64_t tick) {
        const Input wanted{.buttons = static_cast<std::uint8_t>(rng_.below(64)),
                           .aim = static_cast<std::uint8_t>(rng_.below(256))};
        const auto stamp = static_cast<std::uint32_t>(tick) + rng_.below(4);
        const auto seen = static_cast<std::uint32_t>(tick - std::min<std::uint64_t>(tick, 2));
        const auto back = static_cast<std::uint16_t>(rng_.below(600));
        for (Match* match : matches) match->say(slot, input_seeing(seen, back, stamp, wanted));
    }

    Rng rng_;
    std::array<bool, people> here_{};
    std::array<ringtick::ResumeToken, people> token_{};
    ringtick::ResumeToken lost_;
    std::uint16_t lost_seat_ = 0;
};

TEST(SavedState, GoesOnAsTheMatchItWasSavedOf) {
    std::uint64_t kills = 0;
    for (std::uint64_t seed = 1; seed <= 12 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Match original(options);
        Life life(seed);
        Rng rng(seed);
        const std::array<Match*, 1> alone{&original};
        for (std::uint64_t tick = 0, last = 40 + rng.below(400); tick < last; ++tick) {
            life.happen(alone);
            original.step();
        }
        const Bytes state = saved(original.game);
        ASSERT_FALSE(state.empty());
        Match copy(options);
        ASSERT_TRUE(copy.game.load_state(original.tick, state));
        copy.tick = original.tick;
        ASSERT_EQ(copy.game.state_hash(), original.game.state_hash());
        ASSERT_EQ(saved(copy.game), state);
        const std::array<Match*, 2> both{&original, &copy};
        for (int tick = 0; tick < 300; ++tick) {
            life.happen(both);
            for (Match* match : both) match->step();
            ASSERT_EQ(copy.game.state_hash(), original.game.state_hash()) << tick;
        }
        EXPECT_GT(original.game.totals().shots_rewound, 0U);
        kills += original.game.totals().kills;
    }
    EXPECT_GT(kills, 12U);
}

Bytes some_state() {
    Match match(options);
    Life life(3);
    const std::array<Match*, 1> alone{&match};
    for (int tick = 0; tick < 200; ++tick) {
        life.happen(alone);
        match.step();
    }
    return saved(match.game);
}

TEST(SavedState, IsRefusedWhereItEndsTooEarlyOrTooLate) {
    Bytes state = some_state();
    Rng rng(1);
    for (int i = 0; i < 40; ++i) {
        const std::size_t size = rng.below(static_cast<std::uint32_t>(state.size()));
        EXPECT_FALSE(
            std::make_unique<Railroids>(options)->load_state(200, std::span(state).first(size)));
    }
    state.push_back(std::byte{0});
    EXPECT_FALSE(std::make_unique<Railroids>(options)->load_state(200, state));
}

// Goal: whatever somebody makes of a state, it is refused, or it is one: a match goes on from it.
TEST(SavedState, OfAStrangerIsRefusedOrPlayed) {
    const Bytes state = some_state();
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    Rng rng(seed);
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
        Bytes other = state;
        for (std::uint32_t change = 0; change <= rng.below(3); ++change) {
            // Half of them near the end, where seats and inputs are.
            const auto size = static_cast<std::uint32_t>(other.size());
            const std::uint32_t at = rng.chance(50) ? rng.below(size) : size - 1 - rng.below(600);
            other[at] ^= static_cast<std::byte>(1U << rng.below(8));
        }
        Match match(options);
        if (!match.game.load_state(200, other)) {
            refused += 1;
            continue;
        }
        match.tick = 200;
        match.steps(30);
        for (std::uint16_t slot = 0; slot < people; ++slot) match.snapshot(slot);
    }
    EXPECT_GT(refused, 20);
}

TEST(SavedState, IsOfItsOwnWorldOnly) {
    const Bytes state = some_state();
    RailroidsOptions other = options;
    other.bots_max += 1;
    EXPECT_FALSE(std::make_unique<Railroids>(other)->load_state(200, state));
    other = options;
    other.players_max -= 1;
    EXPECT_FALSE(std::make_unique<Railroids>(other)->load_state(200, state));
}

}  // namespace
}  // namespace railroids
