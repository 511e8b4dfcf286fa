#include "ws/message_decoder.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {
namespace {

constexpr std::size_t input_size = 16;  // A player's input.
constexpr std::size_t inputs_count = 100;

// Final, binary and masked; the payload is zeroes.
std::vector<std::byte> input_frames() {
    std::vector<std::byte> wire;
    for (std::size_t i = 0; i < inputs_count; ++i) {
        wire.insert(wire.end(), {std::byte{0x82}, std::byte{0x80 | input_size}, std::byte{1},
                                 std::byte{2}, std::byte{3}, std::byte{4}});
        wire.resize(wire.size() + input_size);
    }
    return wire;
}

// Decodes everything, in reads of at most `read_size` bytes, and counts the messages.
std::size_t count_messages(MessageDecoder& decoder,
                           std::span<std::byte> wire,
                           std::size_t read_size,
                           std::span<std::byte> assembly) {
    using Kind = MessageDecoder::Event::Kind;
    std::size_t count = 0;
    while (!wire.empty()) {
        std::span<std::byte> input = wire.first(std::min(read_size, wire.size()));
        wire = wire.subspan(input.size());
        for (auto event = decoder.next(input, assembly); event.kind != Kind::need_input;
             event = decoder.next(input, assembly)) {
            if (event.kind == Kind::message && event.payload.size() == input_size) count += 1;
        }
    }
    return count;
}

// Measures: a burst of small messages in one read, and in reads that cut nearly every one.
// Leaves out: the kernel, and what is done with a message.
void decode_inputs(benchmark::State& state) {
    auto wire = input_frames();
    std::vector<std::byte> assembly(input_size);
    MessageDecoder decoder({.message_size_max = input_size, .fragments_max = 1});

    for ([[maybe_unused]] auto _ : state) {
        const auto count =
            count_messages(decoder, wire, static_cast<std::size_t>(state.range(0)), assembly);
        // Always all of them; their bytes are masked again and again, which changes no cost.
        if (count != inputs_count) return state.SkipWithError("a message was lost");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(inputs_count));
}
BENCHMARK(decode_inputs)->ArgName("read")->Arg(65'536)->Arg(13);

}  // namespace
}  // namespace ringtick

BENCHMARK_MAIN();
