#include "base/bytes.hpp"
#include "ws/utf8.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ringtick {
namespace {

std::string repeated(std::string_view piece, std::size_t size) {
    std::string text;
    while (text.size() + piece.size() <= size) text += piece;
    return text;
}

bool is_valid(std::string_view text) {
    Utf8Validator validator;
    return validator.push(as_bytes(text)) && validator.at_boundary();
}

// It must accept this text, and refuse it with one byte changed in the middle.
bool is_right(std::string text) {
    const bool accepted = is_valid(text);
    text[text.size() / 2] = '\xFF';
    return accepted && !is_valid(text);
}

// Measures: one whole text in the first-level cache. Leaves out: everything around it.
void validate(benchmark::State& state, std::string_view piece) {
    const std::string text = repeated(piece, static_cast<std::size_t>(state.range(0)));
    if (!is_right(text)) return state.SkipWithError("the verdict is wrong");

    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(is_valid(text));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

// What it costs to be handed one byte at a time: no fast path, and the floor to compare with.
void validate_bytewise(benchmark::State& state) {
    const std::string text = repeated("plain ", static_cast<std::size_t>(state.range(0)));
    for ([[maybe_unused]] auto _ : state) {
        Utf8Validator validator;
        bool valid = true;
        for (const char& c : text) valid = valid && validator.push(as_bytes({&c, 1}));
        if (!valid) return state.SkipWithError("the verdict is wrong");
        benchmark::DoNotOptimize(valid);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

// A name, a chat line, a document.
BENCHMARK_CAPTURE(validate, ascii, "plain ")->ArgName("text")->Arg(16)->Arg(125)->Arg(16'384);
BENCHMARK_CAPTURE(validate, french, "le caf\xC3\xA9 est pr\xC3\xAAt, ")
    ->ArgName("text")
    ->Arg(125)
    ->Arg(16'384);
BENCHMARK_CAPTURE(validate, greek, "\xCE\xBA\xCF\x8C\xCF\x83\xCE\xBC\xCE\xB5 ")
    ->ArgName("text")
    ->Arg(125)
    ->Arg(16'384);
BENCHMARK_CAPTURE(validate, emoji, "\xF0\x9F\x9A\x82")->ArgName("text")->Arg(125)->Arg(16'384);
BENCHMARK(validate_bytewise)->ArgName("text")->Arg(125)->Arg(16'384);

}  // namespace
}  // namespace ringtick

BENCHMARK_MAIN();
