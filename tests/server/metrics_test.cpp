#include "server/metrics.hpp"

#include "server/metric_rows.hpp"
#include "server/sizes.hpp"
#include "tick/game.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {
namespace {

constexpr std::size_t figures = 24;
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

// As many figures as page_size_max() reckons with, with long names, and all that they can be.
class CountingGame final : public Game {
public:
    CountingGame() {
        for (std::size_t i = 0; i < figures; ++i) {
            names_[i] = "a_figure_that_takes_much_room_" + std::to_string(10 + i);
            counters_[i] = {names_[i].c_str(), most};
        }
    }
    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t, std::span<const Command>, Outbox&) override {}
    std::size_t write_snapshot(PlayerId, std::span<std::byte>) override { return 0; }
    std::span<const GameCounter> counters() override { return counters_; }

private:
    std::array<std::string, figures> names_;
    std::array<GameCounter, figures> counters_{};
};

RoomName longest_name() {
    const auto name = RoomName::from(std::string(RoomName::size_max, 'w'));
    return name ? *name : RoomName();
}

class MetricsTest : public testing::Test {
protected:
    void add_rooms(std::size_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            RoomFigures room{.name = longest_name(),
                             .number = i + 1,
                             .shard = 255,
                             .players = most_players,
                             .players_max = most_players,
                             .tick_p99_ns = most,
                             .messages_dropped = most,
                             .counters_count = figures};
            std::ranges::copy(game.counters(), room.counters.begin());
            total.rooms.push_back(room);
        }
        report.rooms = total.rooms;
    }
    std::string prometheus(std::size_t size_max) {
        std::string page(size_max, '\0');
        page.resize(write_prometheus(page, report));
        return page;
    }

    static constexpr std::uint32_t most_players = 60'000;
    CountingGame game;
    std::vector<Figures> shards{Figures{}};
    Figures total;
    Report report{.shards = shards, .total = &total};
};

// Goal: what the server reserves for a page is enough for the largest there can be.
// Method: as many rooms as may be asked for. Half of what does not depend on them is left over, so
// that counters have room to grow and the page to be added to.
TEST_F(MetricsTest, EveryPageFitsWithTheMostRoomsAndTwoDozenCountersInEach) {
    constexpr std::uint32_t rooms_max = 1'024;
    add_rooms(rooms_max);
    const std::size_t reserve = page_size_max(0, 1) / 2;
    std::string page(page_size_max(rooms_max, 1) - reserve, '\0');
    EXPECT_GT(write_rooms_json(page, report), std::size_t{rooms_max} * 50);
    for (const auto write : {write_prometheus, write_stats_json}) {
        EXPECT_GT(write(page, report), std::size_t{rooms_max} * figures * 50);
    }
}

TEST_F(MetricsTest, EveryPageFitsWithTheMostThreadsAndAllThatEachCanHaveCounted) {
    constexpr std::uint32_t shards_max = 256;
    Figures& one = shards.front();
    one.loop.allocations_counted = true;
    for (Histogram* values :
         {&one.loop.played.late, &one.loop.played.work, &one.loop.idle.late, &one.loop.idle.work,
          &one.loop.cqes_per_reap, &one.ring.sqes_per_enter}) {
        values->record(most);
    }
    one.loop.ticks = one.loop.turns = one.net.accepted = one.net.messages_sent = most;
    shards.assign(shards_max, one);
    report.shards = shards;
    const std::size_t reserve = page_size_max(0, 1) / 2;
    std::string page(page_size_max(0, shards_max) - reserve, '\0');
    for (const auto write : {write_prometheus, write_stats_json}) {
        EXPECT_GT(write(page, report), std::size_t{shards_max} * 100);
    }
}

TEST_F(MetricsTest, TheLineOfTotalsFitsItsPlaceWhateverWasCounted) {
    LoopStats& loop = total.loop;
    for (Histogram* values : {&loop.played.late, &loop.played.work, &loop.idle.late,
                              &loop.idle.work, &loop.cqes_per_reap, &total.ring.sqes_per_enter}) {
        values->record(most);
    }
    loop.allocations_counted = true;
    loop.ticks = loop.ticks_forgiven = loop.ticks_overrun = loop.allocations_after_warmup = most;
    std::array<char, totals_size_max> line{};
    EXPECT_GT(write_totals_json(line, report), 0U);
}

TEST_F(MetricsTest, AChunkOfSendsIsCountedBelowTheBoundThatHoldsIt) {
    RingStats& ring = shards.front().ring;
    for (const std::uint64_t submitted : {0U, 3U, 63U, 128U}) ring.sqes_per_enter.record(submitted);
    const std::string page = prometheus(page_size_max(0, 1));
    for (const std::string_view line :
         {"{le=\"0\"} 1\n", "{le=\"3\"} 2\n", "{le=\"63\"} 3\n", "{le=\"255\"} 4\n"}) {
        EXPECT_NE(page.find("ringtick_sqes_per_enter_bucket" + std::string(line)), page.npos)
            << line;
    }
    EXPECT_NE(page.find("ringtick_sqes_per_enter_sum 194\n"), page.npos);
}

TEST_F(MetricsTest, TheControlIsAsOldAsTheLastIdleTickOrElseAsTheRun) {
    LoopStats loop;
    loop.started_ns = 1'000'000'000;
    loop.now_ns = 8'000'000'000;
    EXPECT_DOUBLE_EQ(idle_control_age_s(loop), 7);
    loop.idle_at_ns = 5'000'000'000;
    EXPECT_DOUBLE_EQ(idle_control_age_s(loop), 3);
}

}  // namespace
}  // namespace ringtick
