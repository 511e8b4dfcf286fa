#include "tick/kept_states.hpp"

#include "tick/nowhere.hpp"
#include "tick/record_writer.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {
namespace {

class Idle final : public Game {
public:
    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t, std::span<const Command>, Outbox&) override {}
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }
};

// A playback of so many ticks in which nothing happens, and the states that are kept of it.
class KeptStatesOfAMatch : public testing::Test {
protected:
    static constexpr std::size_t playback_size = 100;

    KeptStatesOfAMatch() {
        file_.resize(file_head_size_max);
        file_.resize(
            write_file_head(file_, {.game = "idle", .rate_hz = 30, .rooms = 1, .players_max = 1}));
        RecordWriter writer(1 << 16);
        for (std::uint64_t tick = 1; tick <= ticks; ++tick) writer.tick(tick);
        writer.end();
        writer.seal();
        file_.insert(file_.end(), writer.sealed().begin(), writer.sealed().end());
        EXPECT_EQ(reader_.open(file_), RecordReader::Opened::fine);
    }

    // Each as large as says its tick, so that it is known again.
    void play_all(KeptStates& states) {
        Playback playback(reader_, 0, {.game = &game_, .outbox = &nowhere_});
        while (playback.advance() == Playback::State::playing) {
            if (states.want(playback)) {
                states.keep(playback, std::vector<std::byte>(playback.tick()));
            }
        }
        EXPECT_EQ(playback.tick(), ticks);
    }

    static constexpr std::uint64_t ticks = 100;

    std::vector<std::byte> file_;
    RecordReader reader_;
    Idle game_;
    Nowhere nowhere_;
};

TEST_F(KeptStatesOfAMatch, AreOneEverySoManyTicks) {
    KeptStates states(1 << 20, playback_size, 10);
    play_all(states);
    EXPECT_EQ(states.count(), 10U);
    for (std::uint64_t tick = 0; tick <= ticks; ++tick) {
        const KeptStates::State* const state = states.before(tick);
        if (tick < 10) {
            EXPECT_EQ(state, nullptr);
            continue;
        }
        ASSERT_NE(state, nullptr);
        EXPECT_EQ(state->playback.tick(), tick / 10 * 10);
        EXPECT_EQ(state->game.size(), tick / 10 * 10);
    }
}

TEST_F(KeptStatesOfAMatch, AreNotKeptTwice) {
    KeptStates states(1 << 20, playback_size, 10);
    play_all(states);
    play_all(states);
    EXPECT_EQ(states.count(), 10U);
}

TEST_F(KeptStatesOfAMatch, AreFewerWhereThereIsNoRoomForAll) {
    constexpr std::size_t size_max = 600;
    KeptStates states(size_max, playback_size, 10);
    play_all(states);
    EXPECT_LE(states.size(), size_max);
    EXPECT_GE(states.count(), 2U);
    std::uint64_t before = 0;
    std::size_t size = 0;
    for (std::uint64_t tick = 1; tick <= ticks; ++tick) {
        const KeptStates::State* const state = states.before(tick);
        if (state == nullptr || state->playback.tick() != tick) continue;
        EXPECT_GE(tick, before + 20) << "they lie as far apart everywhere";
        before = tick;
        size += playback_size + state->game.size();
    }
    EXPECT_EQ(size, states.size());
}

}  // namespace
}  // namespace ringtick
