// Players whose connections break at any byte of what is under way, and who come back.
#include "base/rng.hpp"
#include "railroids/client.hpp"
#include "railroids/railroids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace railroids {
namespace {

using ringtick::Resumed;
using ringtick::Rng;
using Bytes = std::vector<std::byte>;
using Deaths = std::vector<std::pair<ShipId, ShipId>>;  // Killer and victim.

constexpr std::uint16_t players_max = 16;
constexpr std::uint16_t bots = 100;
constexpr std::uint16_t no_slot = 0xFFFF;
constexpr std::uint32_t two_seconds = 2 * default_tick_rate_hz;
constexpr Nanoseconds period = std::chrono::nanoseconds(1'000'000'000 / default_tick_rate_hz);

// One player over all its connections: the client, what is on the way to it, and what it was told.
struct Pilot {
    std::unique_ptr<RailroidsClient> client = std::make_unique<RailroidsClient>();
    std::uint16_t slot = no_slot;  // Of the connection, if there is one.
    std::uint32_t back_at = 0;     // The tick in which there is another.
    std::deque<Bytes> under_way;
    ringtick::ResumeWish wish;  // With which it came last.
    ShipId ship = nobody;
    std::uint32_t since = 0;  // The tick from which on it is its ship.
    Deaths told;              // Kills that concern it, as its client applied them.
    // What it was shown last, decoded once more beside the client.
    std::unique_ptr<Snapshot> snapshot = std::make_unique<Snapshot>();
    std::unique_ptr<Snapshot> next = std::make_unique<Snapshot>();
    bool knows = false;
};

// A connection of whose end the server does not know yet.
struct Zombie {
    std::uint16_t slot = 0;
    std::uint32_t until = 0;
};

// A match in which everybody dies of the first hit and is back at once, and connections break.
class LossyMatch : public ringtick::Outbox {
public:
    explicit LossyMatch(std::uint64_t seed)
        : rng(seed),
          game({.seed = seed, .players_max = players_max, .bots = bots, .players_expected = 1}),
          scale(Scale::of(players_max + bots, game.world().terrain().side())),
          pilots(players_max - 4) {
        for (Pilot& pilot : pilots) pilot.client->start(now_);
    }

    void send(PlayerId player, std::span<const std::byte> message) override {
        for (Pilot& pilot : pilots) {
            if (pilot.slot != player.slot) continue;
            pilot.under_way.emplace_back(message.begin(), message.end());
        }
    }
    void close(PlayerId player) override {
        EXPECT_TRUE(std::ranges::any_of(
            zombies_, [&](const Zombie& zombie) { return zombie.slot == player.slot; }));
        displaced += 1;
    }

    void step() {
        tick += 1;
        now_ += period;
        bury_zombies();
        for (Pilot& pilot : pilots) come_or_go(pilot);
        for (Pilot& pilot : pilots) speak(pilot);
        for (std::size_t id = 0; id < game.world().ships().size(); ++id) hurt(id);
        std::vector<ringtick::Command> orders;
        orders.reserve(commands_.size());
        for (const auto& [slot, bytes] : commands_) {
            orders.push_back({.player = {slot}, .bytes = bytes});
        }
        game.tick(tick, orders, *this);
        commands_.clear();
        note_kills();
        for (const Zombie& zombie : zombies_) write_snapshot(zombie.slot);
        for (Pilot& pilot : pilots) show(pilot);
    }

    // Everybody is connected, and has read what was sent.
    void settle() {
        may_break_ = false;
        const auto everybody_is_back = [this] {
            return std::ranges::all_of(pilots, [](const Pilot& pilot) {
                return pilot.slot != no_slot && pilot.ship != nobody && pilot.under_way.empty();
            });
        };
        do {
            step();
        } while (!everybody_is_back());
        may_break_ = true;
    }

    Rng rng;
    Railroids game;
    Scale scale;
    std::vector<Pilot> pilots;
    std::vector<std::pair<std::uint32_t, Kill>> kills;  // By tick; of people.
    std::array<std::uint64_t, 4> resumed{};
    std::uint64_t snapshots = 0;
    std::uint64_t displaced = 0;
    std::uint32_t tick = 0;

private:
    // A hit is a kill, the gun is ready, and the dead are back in the next tick.
    void hurt(std::size_t id) {
        Ship& ship = game.world().ship(static_cast<ShipId>(id));
        ship.cooldown_ticks = 0;
        if (ship.alive()) ship.energy = std::min<std::uint8_t>(ship.energy, 1);
        if (ship.respawn_ticks > 1) ship.respawn_ticks = 1;
    }

    void bury_zombies() {
        std::erase_if(zombies_, [this](const Zombie& zombie) {
            if (zombie.until <= tick) drop(zombie.slot);
            return zombie.until <= tick;
        });
    }
    void drop(std::uint16_t slot) {
        game.on_leave({slot});
        taken_[slot] = false;
    }

    void come_or_go(Pilot& pilot) {
        if (pilot.slot != no_slot && may_break_ && rng.chance(2)) return cut(pilot);
        const bool comes = pilot.slot == no_slot && (tick >= pilot.back_at || !may_break_);
        const auto place = std::ranges::find(taken_, false);
        if (comes && place != taken_.end()) {
            connect(pilot, static_cast<std::uint16_t>(place - taken_.begin()));
        }
    }

    void connect(Pilot& pilot, std::uint16_t slot) {
        taken_[slot] = true;
        pilot.slot = slot;
        game.on_join({slot});
        game.on_token({slot},
                      ringtick::IssuedToken::recorded({.first = rng.next(), .second = rng.next()}));
        pilot.client->reconnect();
        pilot.wish = pilot.client->resume_wish();
        Bytes hello(2'048);
        const std::string_view name = "Ann";
        hello.resize(ClientSide::write_hello(name, pilot.wish, ringtick::to_play, hello));
        commands_.emplace_back(slot, hello);
    }

    // Some of what is under way arrives, the rest does not; and often the server is told of the end
    // only later, and meanwhile speaks to nobody.
    void cut(Pilot& pilot) {
        pilot.under_way.resize(rng.below(static_cast<std::uint32_t>(pilot.under_way.size() + 1)));
        while (!pilot.under_way.empty()) read_one(pilot);
        if (rng.chance(50)) {
            zombies_.push_back({.slot = pilot.slot, .until = tick + 1 + rng.below(30)});
        } else {
            drop(pilot.slot);
        }
        pilot.slot = no_slot;
        // For a moment, for seconds, or for so long that nobody waits.
        const std::uint32_t away = rng.chance(2) ? 950 : rng.below(rng.chance(50) ? 8 : 150);
        pilot.back_at = tick + away;
    }

    void speak(Pilot& pilot) {
        if (pilot.slot == no_slot) return;
        const auto buttons = static_cast<std::uint8_t>(rng.below(32));
        pilot.client->want({.buttons = buttons, .aim = static_cast<std::uint8_t>(rng.below(256))},
                           now_);
        Bytes bytes(64);
        bytes.resize(pilot.client->write_inputs(now_, bytes));
        if (!bytes.empty()) commands_.emplace_back(pilot.slot, bytes);
    }

    void note_kills() {
        for (const Kill& kill : game.world().kills()) {
            if (std::min(kill.killer, kill.victim) < players_max) kills.emplace_back(tick, kill);
        }
    }

    Bytes write_snapshot(std::uint16_t slot) {
        Bytes bytes(8'192);
        bytes.resize(game.write_snapshot({slot}, bytes));
        return bytes;
    }

    // What was sent is read now or, some of it, later.
    void show(Pilot& pilot) {
        if (pilot.slot == no_slot) return;
        Bytes bytes = rng.chance(5) ? Bytes() : write_snapshot(pilot.slot);
        if (!bytes.empty() && rng.chance(2)) {
            game.on_snapshot_refused({pilot.slot});
        } else if (!bytes.empty()) {
            pilot.under_way.push_back(std::move(bytes));
        }
        const std::size_t late = may_break_ ? rng.below(4) : 0;
        while (pilot.under_way.size() > late) read_one(pilot);
    }

    void read_one(Pilot& pilot) {
        const Bytes message = std::move(pilot.under_way.front());
        pilot.under_way.pop_front();
        const MessageKind kind =
            pilot.client->on_message(message, now_).value_or(MessageKind::hello);
        ASSERT_NE(kind, MessageKind::hello) << "refused";
        if (kind == MessageKind::welcome) on_welcome(pilot, message);
        if (kind == MessageKind::event) on_event(pilot, message);
        if (kind == MessageKind::snapshot) on_snapshot(pilot, message);
    }

    void on_welcome(Pilot& pilot, std::span<const std::byte> message) {
        Welcome welcome;
        ASSERT_TRUE(decode(message, welcome));
        const Resumed result = welcome.resume.resumed;
        resumed.at(static_cast<std::size_t>(result)) += 1;
        pilot.knows = pilot.knows && result == Resumed::delta;
        if (result == Resumed::fresh) {
            pilot.ship = welcome.id;
            pilot.since = welcome.tick;
            pilot.told.clear();
        }
        EXPECT_EQ(pilot.ship, welcome.id) << "another's ship";
        EXPECT_NE(result, Resumed::anew) << "it knows what there was";
        const bool recent = pilot.wish.tick > 0 && welcome.tick - pilot.wish.tick <= two_seconds;
        const bool came_back = result == Resumed::delta || result == Resumed::keyframe;
        if (came_back) {
            EXPECT_EQ(result, recent ? Resumed::delta : Resumed::keyframe);
        }
    }

    void on_event(Pilot& pilot, std::span<const std::byte> message) {
        ringtick::FieldReader reader(message);
        MessageTag tag;
        describe_tag(reader, tag, MessageKind::event);
        while (reader.more()) {
            Event event;
            describe_event(reader, event);
            const bool concerns = event.id == pilot.ship || event.other == pilot.ship;
            if (event.type != EventType::kill || !concerns) continue;
            pilot.told.emplace_back(event.id, event.other);
        }
    }

    // A delta that went on from another snapshot than this client has would show another world.
    void on_snapshot(Pilot& pilot, std::span<const std::byte> message) {
        const Snapshot* const before = pilot.knows ? pilot.snapshot.get() : nullptr;
        ASSERT_TRUE(decode(message, scale, game.world().terrain(), before, *pilot.next));
        std::swap(pilot.snapshot, pilot.next);
        pilot.knows = true;
        snapshots += 1;
        if (pilot.snapshot->header.tick != tick) return;  // Late: the world has gone on.
        const Ship& ship = game.world().ships()[pilot.ship];
        EXPECT_EQ(pilot.snapshot->own.position, ship.position);
        EXPECT_EQ(pilot.snapshot->own.kills, ship.kills);
        EXPECT_EQ(pilot.snapshot->own.score, ship.score);
    }

    std::array<bool, players_max> taken_{};  // Slots.
    std::vector<Zombie> zombies_;
    std::vector<std::pair<std::uint16_t, Bytes>> commands_;
    Nanoseconds now_ = std::chrono::seconds(1);
    bool may_break_ = true;
};

// Those that concern it since it has its ship.
Deaths happened_to(const LossyMatch& match, const Pilot& pilot) {
    Deaths happened;
    for (const auto& [tick, kill] : match.kills) {
        const bool concerns = kill.killer == pilot.ship || kill.victim == pilot.ship;
        if (tick >= pilot.since && concerns) happened.emplace_back(kill.killer, kill.victim);
    }
    return happened;
}

// Returns how many kills the pilots know of at the end.
std::uint64_t play(LossyMatch& match) {
    std::uint64_t told = 0;
    for (int round = 0; round < 4; ++round) {
        told = 0;
        for (int ticks = 0; ticks < 400; ++ticks) match.step();
        match.settle();
        for (const Pilot& pilot : match.pilots) {
            EXPECT_EQ(pilot.told, happened_to(match, pilot));
            told += pilot.told.size();
        }
    }
    return told;
}

// Goal: whatever becomes of its connections, a player comes back to its own ship, and is told of
// each kill that concerns it once, in order; what it is shown is the world.
// Method: 10,000 kills and more, while every connection breaks every other second, with messages
// under way, some of them noticed late by the server. What is told is held against what happened.
TEST(Resume, TellsOfEveryKillOnceThroughRandomDisconnects) {
    std::uint64_t told = 0;
    std::array<std::uint64_t, 4> resumed{};
    std::uint64_t displaced = 0;
    for (std::uint64_t seed = 1; told < 10'000 && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        ASSERT_LE(seed, 40U) << "too peaceful: " << told << " kills";
        LossyMatch match(seed);
        told += play(match);
        displaced += match.displaced;
        for (std::size_t i = 0; i < resumed.size(); ++i) resumed[i] += match.resumed[i];
    }
    std::printf("%lu kills told; came back: %lu by delta, %lu by keyframe, %lu too late\n", told,
                resumed[3], resumed[2], resumed[0]);
    EXPECT_GT(resumed[3], 100U);
    EXPECT_GT(resumed[2], 100U);
    EXPECT_GT(displaced, 10U);
}

}  // namespace
}  // namespace railroids
