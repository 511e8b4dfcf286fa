#include "load/marksman.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "game-demo/match.hpp"

namespace railroids {
namespace {

using ringtick::Rng;
using ringtick::swarm::AimTally;
using ringtick::swarm::Marksman;
using std::chrono::milliseconds;

constexpr Nanoseconds period = Nanoseconds(std::chrono::seconds(1)) / 30;
constexpr std::uint64_t seed = 7;

// One direction of a connection: 75 ms and up to 8 more, and nothing overtakes anything.
class Way {
public:
    void send(Bytes message, Nanoseconds now, Rng& rng) {
        const Nanoseconds arrives = now + milliseconds(75 + rng.below(9));
        last_ = std::max(last_, arrives);
        under_way_.push_back({last_, std::move(message)});
    }
    template <class Arrive>
    void deliver(Nanoseconds now, Arrive arrive) {
        for (; !under_way_.empty() && under_way_.front().arrives <= now; under_way_.pop_front()) {
            arrive(under_way_.front());
        }
    }

    struct Message {
        Nanoseconds arrives{};
        Bytes bytes;
    };

private:
    std::deque<Message> under_way_;
    Nanoseconds last_{};
};

// Twelve marksmen behind 150 ms among forty who fly about: the real game, the page's own client,
// and nothing between them but time. Targets seldom die: their energy is filled up in each tick.
class ShootingRange {
public:
    explicit ShootingRange(std::uint32_t rewind_ms)
        : match_({.seed = seed,
                  .players_max = marksmen_count + targets_count,
                  .rewind_ms = rewind_ms}) {
        for (std::uint16_t slot = 0; slot < marksmen_count + targets_count; ++slot) {
            match_.join(slot, "Ann");
            if (slot < marksmen_count) shooters_.emplace_back(slot);
        }
        wishes_.resize(targets_count);
    }

    AimTally play(int ticks) {
        for (int i = 0; i < ticks; ++i) {
            tick();
            for (std::uint16_t slot = 0; slot < marksmen_count; ++slot) frame(slot);
            now_ += period;
        }
        AimTally sum;
        for (const Shooter& shooter : shooters_) sum.add(shooter.marksman.tally());
        return sum;
    }

private:
    static constexpr std::uint16_t marksmen_count = 12;
    static constexpr std::uint16_t targets_count = 40;

    struct Shooter {
        explicit Shooter(std::uint16_t slot) : marksman(Rng::mix(seed + slot)) {
            marksman.start({});
        }

        Marksman marksman;
        Way up;
        Way down;
    };

    void tick() {
        for (std::uint16_t slot = 0; slot < marksmen_count; ++slot) {
            shooters_[slot].up.deliver(
                now_, [&](Way::Message& message) { match_.say(slot, std::move(message.bytes)); });
        }
        for (std::uint16_t target = 0; target < targets_count; ++target) steer(target);
        match_.step();
        for (Mailbox::Letter& letter : match_.mailbox.letters) {
            if (letter.slot >= marksmen_count) continue;
            shooters_[letter.slot].down.send(std::move(letter.bytes), now_, rng_);
        }
        match_.mailbox.letters.clear();
        for (std::uint16_t slot = 0; slot < marksmen_count; ++slot) {
            shooters_[slot].down.send(match_.snapshot(slot), now_, rng_);
        }
    }
    void steer(std::uint16_t target) {
        const auto slot = static_cast<std::uint16_t>(marksmen_count + target);
        std::uint8_t& buttons = wishes_[target];
        if (rng_.chance(7)) {
            buttons = rng_.chance(60) ? Input::thrust : std::uint8_t{0};
            if (rng_.chance(40)) buttons |= rng_.chance(50) ? Input::left : Input::right;
        }
        match_.say(slot, input(static_cast<std::uint32_t>(match_.tick), buttons));
        match_.ship(slot).energy = rules::energy_max;
    }
    // Each draws at a time of its own within the tick.
    void frame(std::uint16_t slot) {
        Shooter& shooter = shooters_[slot];
        const Nanoseconds now = now_ + period * slot / marksmen_count;
        shooter.down.deliver(now, [&](const Way::Message& message) {
            shooter.marksman.on_message(message.bytes, message.arrives);
        });
        Bytes bytes(64);
        bytes.resize(shooter.marksman.play(now, bytes));
        if (!bytes.empty()) shooter.up.send(bytes, now, rng_);
        if (match_.tick % 30 == 0) shooter.up.send(ping(now), now, rng_);
    }
    static Bytes ping(Nanoseconds now) {
        ringtick::Ping message;
        message.sent_us = static_cast<std::uint32_t>(now / std::chrono::microseconds(1));
        Bytes bytes(16);
        ringtick::FieldWriter writer(bytes);
        ringtick::Ping::describe(writer, message);
        bytes.resize(writer.finish());
        return bytes;
    }

    Match match_;
    std::vector<Shooter> shooters_;
    std::vector<std::uint8_t> wishes_;
    Rng rng_{seed};
    Nanoseconds now_{};
};

void print(const char* name, const AimTally& aim) {
    fmt::print(
        "{}, seed {}: {} shots, {} hit; {} gone, {} hit another, {} pushed, {} missed, {} never\n",
        name, seed, aim.shots, aim.hits, aim.target_gone, aim.hits_other, aim.shooter_pushed,
        aim.missed, aim.never_fired);
}

TEST(Marksman, HitsWhatItHitsOnItsScreenBehindARoundTripOf150Milliseconds) {
    const AimTally aim = ShootingRange(250).play(1800);
    print("rewound", aim);
    EXPECT_GT(aim.shots, 200U);
    // Nobody dies twice, whatever the shooter saw.
    EXPECT_LE(aim.target_gone, 5U);
    EXPECT_GE(aim.hits * 1000, (aim.shots - aim.target_gone) * 995);
}

TEST(Marksman, SeldomHitsWhatItHitsOnItsScreenWithoutRewind) {
    const AimTally aim = ShootingRange(0).play(900);
    print("not rewound", aim);
    EXPECT_GT(aim.shots, 100U);
    EXPECT_LT(aim.hits * 100, aim.shots * 50);
}

}  // namespace
}  // namespace railroids
