#include "base/bytes.hpp"
#include "ws/deflater.hpp"
#include "ws/inflater.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace ringtick {
namespace {

// A game's state as a game without a packer would send it.
std::string json_state(std::size_t size) {
    std::mt19937 random(1);
    std::string text = "{\"players\":[";
    while (text.size() < size) {
        text += "{\"id\":" + std::to_string(random() % 500) +
                ",\"x\":" + std::to_string(random() % 10'000) +
                ",\"y\":" + std::to_string(random() % 10'000) +
                ",\"heading\":" + std::to_string(random() % 360) + "},";
    }
    text.resize(size);
    return text;
}

// A state of the size that a benchmark asks for, compressed and inflated again.
struct RoundTrip {
    explicit RoundTrip(const benchmark::State& state)
        : plain(json_state(static_cast<std::size_t>(state.range(0)))),
          out(plain.size()),
          inflater(plain.size()),
          compressed_size(compress()) {}

    std::size_t compress() { return deflater.deflate(15, as_bytes(plain), out); }
    std::span<const std::byte> compressed() const { return std::span(out).first(compressed_size); }
    // What we compress must come back as it was.
    bool is_right() {
        return compressed_size > 0 && as_text(inflater.inflate(compressed()).message) == plain;
    }

    std::string plain;
    std::vector<std::byte> out;
    Deflater deflater;
    Inflater inflater;
    std::size_t compressed_size;
};

void count_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

// Measures: one snapshot, compressed by itself. Leaves out: the frame around it.
void deflate_state(benchmark::State& state) {
    RoundTrip trip(state);
    if (!trip.is_right()) return state.SkipWithError("it does not come back");

    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(trip.compress());
    count_bytes(state);
    state.counters["left"] =
        static_cast<double>(trip.compressed_size) / static_cast<double>(trip.plain.size());
}

// Measures: a message of a client, inflated. Leaves out: the decoder around it.
void inflate_state(benchmark::State& state) {
    RoundTrip trip(state);
    if (!trip.is_right()) return state.SkipWithError("it does not come back");

    for ([[maybe_unused]] auto _ : state) {
        const auto result = trip.inflater.inflate(trip.compressed());
        benchmark::DoNotOptimize(result.message.data());
    }
    count_bytes(state);
}

// From the smallest that is tried to the largest that a server sends by default.
BENCHMARK(deflate_state)->ArgName("state")->Arg(512)->Arg(2'048)->Arg(16'384);
BENCHMARK(inflate_state)->ArgName("state")->Arg(512)->Arg(2'048)->Arg(16'384);

}  // namespace
}  // namespace ringtick

BENCHMARK_MAIN();
