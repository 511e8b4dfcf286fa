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

// What we compress must come back as it was.
bool is_right(Deflater& deflater, Inflater& inflater, const std::string& state) {
    std::vector<std::byte> out(state.size());
    const std::size_t size = deflater.deflate(15, as_bytes(state), out);
    const auto inflated = inflater.inflate(std::span(out).first(size));
    return size > 0 && as_text(inflated.message) == state;
}

// Measures: one snapshot, compressed by itself. Leaves out: the frame around it.
void deflate_state(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::string plain = json_state(size);
    std::vector<std::byte> out(size);
    Deflater deflater;
    Inflater inflater(size);
    if (!is_right(deflater, inflater, plain)) return state.SkipWithError("it does not come back");

    std::size_t compressed = 0;
    for ([[maybe_unused]] auto _ : state) {
        compressed = deflater.deflate(15, as_bytes(plain), out);
        benchmark::DoNotOptimize(compressed);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
    state.counters["left"] = static_cast<double>(compressed) / static_cast<double>(size);
}

// Measures: a message of a client, inflated. Leaves out: the decoder around it.
void inflate_state(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::string plain = json_state(size);
    std::vector<std::byte> out(size);
    Deflater deflater;
    Inflater inflater(size);
    if (!is_right(deflater, inflater, plain)) return state.SkipWithError("it does not come back");

    const auto compressed = std::span(out).first(deflater.deflate(15, as_bytes(plain), out));
    for ([[maybe_unused]] auto _ : state) {
        const auto result = inflater.inflate(compressed);
        benchmark::DoNotOptimize(result.message.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

// From the smallest that is tried to the largest that a server sends by default.
BENCHMARK(deflate_state)->ArgName("state")->Arg(512)->Arg(2'048)->Arg(16'384);
BENCHMARK(inflate_state)->ArgName("state")->Arg(512)->Arg(2'048)->Arg(16'384);

}  // namespace
}  // namespace ringtick

BENCHMARK_MAIN();
