#include "base/rng.hpp"
#include "railroids/client.hpp"
#include "railroids/railroids.hpp"
#include "railroids/snapshot.hpp"
#include "tick/nowhere.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace railroids {
namespace {

using Bytes = std::vector<std::byte>;

// A match in full swing: everyone has said hello and ten seconds have passed.
class Match {
public:
    Match(std::uint16_t people, std::uint16_t bots) : Match(people, bots, people) {}
    Match(std::uint16_t people, std::uint16_t bots, std::uint16_t expected)
        : game({.seed = 1, .players_max = people, .bots = bots, .players_expected = expected}) {
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

// People who fly about as the load generator's do.
class Flown : public Match {
public:
    // The fewer the world is made for, the more of them are in sight.
    Flown(std::uint16_t people, std::uint16_t expected)
        : Match(people, 0, expected), inputs_(people) {
        for (int i = 0; i < 300; ++i) fly();
    }

    void fly() {
        std::vector<ringtick::Command> commands;
        for (std::uint16_t slot = 0; slot < inputs_.size(); ++slot) {
            Steering& steering = inputs_[slot];
            if (rng_.chance(8)) {
                steering.input.buttons =
                    static_cast<std::uint8_t>(rng_.below(Input::all_buttons + 1U)) | Input::thrust;
                steering.input.aim = static_cast<std::uint8_t>(rng_.below(256));
            }
            InputMessage message;
            message.acknowledged_tick = static_cast<std::uint32_t>(tick);
            message.tick = static_cast<std::uint32_t>(tick + 1);
            message.inputs.push(steering.input);
            const std::size_t size = encode(message, steering.bytes);
            commands.push_back({.player = {slot}, .bytes = std::span(steering.bytes).first(size)});
        }
        game.tick(++tick, commands, outbox);
    }
    void encode_by_cells() {
        Bytes ping(8);
        ringtick::Ping message;
        message.tag.flags |= ringtick::Ping::wants_cells;
        ping.resize(encode(message, ping));
        std::vector<ringtick::Command> commands;
        for (std::uint16_t slot = 0; slot < inputs_.size(); ++slot) {
            commands.push_back({.player = {slot}, .bytes = ping});
        }
        game.tick(++tick, commands, outbox);
    }
    // In a view of 1920 x 1080 around a ship, on average.
    double in_sight() const {
        std::size_t count = 0;
        for (const Ship& viewer : game.world().ships()) {
            const auto view =
                ringtick::Rect::around(viewer.position, Fixed::from_int(960), Fixed::from_int(540));
            count += static_cast<std::size_t>(std::ranges::count_if(
                game.world().ships(),
                [&](const Ship& ship) { return ship.shown() && view.contains(ship.position); }));
        }
        return static_cast<double>(count) / static_cast<double>(inputs_.size());
    }

private:
    struct Steering {
        Input input{};
        std::array<std::byte, 64> bytes{};
    };

    std::vector<Steering> inputs_;
    ringtick::Rng rng_{1};
};

// Measures: one snapshot for each of so many people, who all fly; reported for one of them, with
// its part of what is done once a tick (of cells: all of them are written anew).
// Leaves out: the tick (paused), the send. A snapshot a tick, so that its beams are of one tick.
void write_snapshot(benchmark::State& state) {
    const auto people = static_cast<std::uint16_t>(state.range(0));
    Flown match(people, static_cast<std::uint16_t>(state.range(1)));
    if (state.range(2) != 0) match.encode_by_cells();
    Bytes out(16'384);
    for (std::uint16_t slot = 0; slot < people; ++slot) match.game.write_snapshot({slot}, out);
    match.fly();
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
        match.fly();
        state.ResumeTiming();
    }
    const auto count = static_cast<double>(state.iterations());
    state.counters["bytes_mean"] = static_cast<double>(bytes) / count;
    state.counters["in_sight"] = match.in_sight();
}
BENCHMARK(write_snapshot)
    ->ArgNames({"people", "room_for", "cells"})
    ->ArgsProduct({{1000}, {1000}, {0, 1}})
    ->ArgsProduct({{850}, {64}, {0, 1}});

// A crowd: all of them steer at random as the load generator's do, but who is far from the middle
// turns back to it.
class Crowd {
public:
    static constexpr std::uint16_t people = 500;

    explicit Crowd(std::uint32_t snapshot_bytes)
        : game({.seed = 1,
                .players_max = people,
                .players_expected = 40,
                .snapshot_bytes = snapshot_bytes}),
          inputs_(people) {
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

    void step() {
        std::vector<Bytes> messages;
        std::vector<ringtick::Command> commands;
        messages.reserve(people);
        for (std::uint16_t slot = 0; slot < people; ++slot) {
            if (rng_.chance(8)) inputs_[slot] = steered(game.world().ships()[slot]);
            InputMessage message;
            message.tick = static_cast<std::uint32_t>(tick + 1);
            message.inputs.push(inputs_[slot]);
            Bytes bytes(64);
            bytes.resize(encode(message, bytes));
            messages.push_back(std::move(bytes));
            commands.push_back({.player = {slot}, .bytes = messages.back()});
        }
        game.tick(++tick, commands, outbox);
    }

    // How many living ships a player has in view, on average.
    double in_view() const {
        std::size_t count = 0;
        const auto ships = game.world().ships();
        for (const Ship& viewer : ships) {
            const Rect view = Rect::around(viewer.position, Fixed::from_int(view_width / 2),
                                           Fixed::from_int(view_height / 2));
            count += static_cast<std::size_t>(std::ranges::count_if(ships, [&](const Ship& ship) {
                return ship.alive() && view.contains(ship.position);
            }));
        }
        return static_cast<double>(count) / people;
    }

    Railroids game;
    ringtick::Nowhere outbox;
    std::uint64_t tick = 0;

private:
    Input steered(const Ship& ship) {
        const Fixed middle = Fixed::from_int(game.world().terrain().side() / 2);
        const FixedVector way = FixedVector{middle, middle} - ship.position;
        const bool lost = dot(way, way) > squared(Fixed::from_int(200));
        const std::uint8_t turn =
            cross(unit_vector(ship.heading), way) > 0 ? Input::right : Input::left;
        const std::uint32_t any = rng_.below(Input::all_buttons + 1U) | Input::thrust;
        return {.buttons = static_cast<std::uint8_t>(lost ? turn | Input::thrust : any),
                .aim = static_cast<std::uint8_t>(rng_.below(256))};
    }

    std::vector<Input> inputs_;
    ringtick::Rng rng_{7};
};

// Whether what a player is told is read, and is the world: all of it within the declared tolerance
// if nothing may be put off, else nearly all.
bool tells_the_world(Crowd& crowd, double wrong_max) {
    const World& world = crowd.game.world();
    const Scale scale = Scale::of(Crowd::people, world.terrain().side());
    auto before = std::make_unique<Snapshot>();
    auto after = std::make_unique<Snapshot>();
    Bytes out(16'384);
    std::size_t wrong = 0;
    std::size_t seen = 0;
    constexpr int ticks = 100;
    for (int i = 0; i < ticks; ++i) {
        crowd.step();
        const std::size_t size = crowd.game.write_snapshot({0}, out);
        const auto message = std::span(out).first(size);
        if (!decode(message, scale, world.terrain(), i > 0 ? before.get() : nullptr, *after)) {
            return false;
        }
        std::swap(before, after);
        for (const auto& ship : before->of<Ship>()) {
            const FixedVector off = world.ships()[ship.id].position - ship.entity.position;
            const bool is_near =
                std::max(std::abs(off.x.raw()), std::abs(off.y.raw())) <= Fixed::one / 4;
            wrong += is_near ? 0 : 1;
        }
        seen += before->of<Ship>().size();
    }
    return static_cast<double>(wrong) <= wrong_max * static_cast<double>(seen);
}

// Measures: one snapshot in a crowd with a budget of so many bytes (0: none), with the search for
// what is in sight; for each of 500 people in turn.
// Leaves out: the tick (paused), the send.
void write_snapshot_in_crowd(benchmark::State& state) {
    const auto budget = static_cast<std::uint32_t>(state.range(0));
    Crowd crowd(budget);
    if (!tells_the_world(crowd, budget == 0 ? 0 : 0.05)) {
        return state.SkipWithError("what is told is not the world");
    }
    Bytes out(16'384);
    std::vector<std::size_t> sizes;
    std::uint16_t slot = 0;
    for ([[maybe_unused]] auto _ : state) {
        const std::size_t size = crowd.game.write_snapshot({slot}, out);
        benchmark::DoNotOptimize(out.data());
        sizes.push_back(size);
        if (++slot < Crowd::people) continue;
        slot = 0;
        state.PauseTiming();
        crowd.step();
        state.ResumeTiming();
    }
    // The first of each are keyframes.
    sizes.erase(sizes.begin(),
                sizes.begin() + std::min<std::ptrdiff_t>(std::ssize(sizes),
                                                         20 * std::ptrdiff_t{Crowd::people}));
    if (sizes.empty()) return;
    std::ranges::sort(sizes);
    const auto share = [&](double part) {
        return static_cast<double>(
            sizes[static_cast<std::size_t>(part * static_cast<double>(sizes.size() - 1))]);
    };
    state.counters["bytes_p50"] = share(0.5);
    state.counters["bytes_p99"] = share(0.99);
    state.counters["bytes_max"] = share(1);
    state.counters["in_view"] = crowd.in_view();
}
BENCHMARK(write_snapshot_in_crowd)->ArgName("budget")->Arg(0)->Arg(300)->Arg(600)->Arg(1200);

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
