#include "railroids/client.hpp"
#include "railroids/railroids.hpp"
#include "tick/nowhere.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace railroids {
namespace {

using Bytes = std::vector<std::byte>;

// A match in full swing: everyone has said hello and ten seconds have passed.
class Match {
public:
    Match(std::uint16_t people, std::uint16_t bots)
        : game({.seed = 1, .players_max = people, .bots = bots, .players_expected = people}) {
        Hello message;
        message.schema = schema_hash();
        Bytes hello(64);
        hello.resize(encode(message, hello));
        std::vector<ringtick::Command> commands;
        for (std::uint16_t slot = 0; slot < people; ++slot) {
            game.on_join({slot});
            commands.push_back({.player = {slot}, .bytes = hello});
        }
        game.tick(++tick, commands, outbox);
        for (int i = 0; i < 300; ++i) step();
    }
    void step() { game.tick(++tick, {}, outbox); }

    Railroids game;
    ringtick::Nowhere outbox;
    std::uint64_t tick = 0;
};

// Measures: the whole tick of a world of bots, who think and steer and shoot.
// Leaves out: people's messages, snapshots, the server.
void tick(benchmark::State& state) {
    Match match(1, static_cast<std::uint16_t>(state.range(0)));
    const std::uint64_t shots = match.game.totals().shots;
    for ([[maybe_unused]] auto _ : state) match.step();
    if (match.game.totals().shots == shots) state.SkipWithError("nobody played");
}
BENCHMARK(tick)->ArgName("bots")->Arg(200)->Arg(2000)->Unit(benchmark::kMicrosecond);

// Measures: whom a shot hits among so many bots, `ago` 1/256 ticks ago or, with 0, in the present.
// Each ship shoots in turn, all round.
// Leaves out: the rock that cuts the ray, and what the hit does.
void first_hit(benchmark::State& state) {
    const auto bots = static_cast<std::uint16_t>(state.range(0));
    Match match(1, bots);
    const World& world = match.game.world();
    const TickTime view = static_cast<TickTime>(match.tick) * ringtick::whole_tick;
    std::uint32_t shot = 0;
    std::uint64_t hits = 0;
    for ([[maybe_unused]] auto _ : state) {
        const auto shooter = static_cast<ShipId>(1 + shot % bots);
        const Past past = world.rewind(view - state.range(1) * 256);
        const Past::Target target = past.first_hit(
            {.shooter = shooter,
             .from = world.ships()[shooter].position,
             .direction = unit_vector(Angle::from_byte(static_cast<std::uint8_t>(shot * 37))),
             .range = rules::rail_range});
        benchmark::DoNotOptimize(target);
        hits += target.id != nobody ? 1 : 0;
        shot += 1;
    }
    if (hits == 0) state.SkipWithError("nobody was hit");
    state.counters["hit"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
}
BENCHMARK(first_hit)->ArgNames({"bots", "ago"})->Args({2000, 0})->Args({2000, 1600});

// Measures: one snapshot for each of 200 people among so many bots; reported for one of them.
// Leaves out: the tick (paused), the send. A snapshot a tick, so that its beams are of one tick.
void write_snapshot(benchmark::State& state) {
    constexpr std::uint16_t people = 200;
    Match match(people, static_cast<std::uint16_t>(state.range(0)));
    Bytes out(16'384);
    std::size_t bytes = 0;
    std::uint16_t slot = 0;
    for ([[maybe_unused]] auto _ : state) {
        const std::size_t size = match.game.write_snapshot({slot}, out);
        if (size == 0) {
            state.SkipWithError("nothing was written");
            break;
        }
        benchmark::DoNotOptimize(out.data());
        bytes += size;
        if (++slot < people) continue;
        slot = 0;
        state.PauseTiming();
        match.step();
        state.ResumeTiming();
    }
    const auto count = static_cast<double>(state.iterations());
    state.counters["bytes_mean"] = static_cast<double>(bytes) / count;
}
BENCHMARK(write_snapshot)->ArgName("bots")->Arg(200)->Arg(2000);

// Measures: decoding a snapshot and drawing it into the view, as a page does once a tick.
// Leaves out: WebAssembly, the drawing.
void decode_and_show(benchmark::State& state) {
    Match match(1, static_cast<std::uint16_t>(state.range(0)));
    const auto client = std::make_unique<RailroidsClient>();
    Nanoseconds now{};
    client->start(now);
    Bytes welcome(64);
    Welcome message;
    message.tick_rate_hz = default_tick_rate_hz;
    message.side = static_cast<std::uint16_t>(match.game.world().terrain().side());
    message.people_max = 1;
    message.bots = static_cast<std::uint16_t>(state.range(0));
    welcome.resize(encode(message, welcome));
    client->on_message(welcome, now);
    Bytes out(16'384);
    for ([[maybe_unused]] auto _ : state) {
        state.PauseTiming();
        match.step();
        const std::size_t size = match.game.write_snapshot({0}, out);
        now += std::chrono::milliseconds(33);
        state.ResumeTiming();
        if (!client->on_message(std::span(out).first(size), now)) {
            state.SkipWithError("the snapshot was refused");
            break;
        }
        client->advance(now);
    }
}
BENCHMARK(decode_and_show)->ArgName("bots")->Arg(200);

}  // namespace
}  // namespace railroids

BENCHMARK_MAIN();
