#include "ws/mask.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {
namespace {

constexpr MaskingKey key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};

// RFC 6455, section 5.3, to the letter: what the wide one has to beat to be worth its lines.
void unmask_plainly(std::span<std::byte> bytes, MaskingKey plain_key, std::uint64_t offset) {
    for (std::byte& byte : bytes) byte ^= plain_key[offset++ % plain_key.size()];
}

bool is_right(void (*unmask_bytes)(std::span<std::byte>, MaskingKey, std::uint64_t)) {
    std::vector<std::byte> bytes(1000, std::byte{'x'});
    unmask_bytes(bytes, key, 3);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != (std::byte{'x'} ^ key[(i + 3) % 4])) return false;
    }
    return true;
}

// Measures: the loop, on bytes in the first-level cache, at an odd address as behind a short
// header. Leaves out: the header, and memory.
template <auto unmask_bytes>
void unmask_payload(benchmark::State& state) {
    if (!is_right(unmask_bytes)) return state.SkipWithError("the mask is wrong");
    std::vector<std::byte> memory(static_cast<std::size_t>(state.range(0)) + 6);
    const std::span<std::byte> payload = std::span(memory).subspan(6);

    for ([[maybe_unused]] auto _ : state) {
        unmask_bytes(payload, key, 0);
        benchmark::DoNotOptimize(payload.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
// An input, a short message, an Ethernet payload, a snapshot.
BENCHMARK(unmask_payload<unmask>)->ArgName("payload")->Arg(16)->Arg(125)->Arg(1400)->Arg(16'384);
BENCHMARK(unmask_payload<unmask_plainly>)
    ->ArgName("payload")
    ->Arg(16)
    ->Arg(125)
    ->Arg(1400)
    ->Arg(16'384);

}  // namespace
}  // namespace ringtick

BENCHMARK_MAIN();
