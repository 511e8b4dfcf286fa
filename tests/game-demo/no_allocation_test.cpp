#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <span>
#include <vector>

#include "match.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

// None is inlined: where only one of a pair is, the compiler takes the two for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocations += 1;
    void* const memory = std::malloc(size);
    if (memory == nullptr) std::abort();
    return memory;
}
// The analyzer takes this call for the use after the delete that it is part of.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete)
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
// NOLINTEND(clang-analyzer-cplusplus.NewDelete)

namespace railroids {
namespace {

class Sink final : public Outbox {
public:
    void send(PlayerId, std::span<const std::byte> message) override { bytes += message.size(); }
    std::size_t bytes = 0;
};

TEST(Railroids, AllocatesNothingAfterConstruction) {
    constexpr std::uint16_t people = 50;
    Railroids game({.seed = 1, .players_max = people, .bots = 300});
    Sink outbox;
    std::vector<std::byte> snapshot(16'384);
    std::vector<ringtick::Command> commands(std::size_t{2} * people);
    const Bytes greeting = hello("Ann");

    const std::size_t before = allocations;
    EXPECT_GT(before, 0U);  // The counter counts.
    std::size_t bytes = 0;
    std::array<std::byte, 64> input_bytes{};
    for (std::uint64_t tick = 1; tick <= 1000; ++tick) {
        InputMessage message;
        message.tick = static_cast<std::uint32_t>(tick);
        message.inputs.push({.buttons = static_cast<std::uint8_t>(tick / 20 % 32)});
        const std::size_t size = encode(message, input_bytes);
        for (std::uint16_t slot = 0; slot < people; ++slot) {
            if (tick % 200 == 1) game.on_join({slot});
            commands[slot] = {.player = {slot}, .bytes = greeting};
            commands[people + slot] = {.player = {slot},
                                       .bytes = std::span(input_bytes).first(size)};
        }
        game.tick(tick, commands, outbox);
        for (std::uint16_t slot = 0; slot < people; ++slot) {
            bytes += game.write_snapshot({slot}, snapshot);
            if (tick % 200 == 0) game.on_leave({slot});
        }
        if (tick % 30 == 0) game.on_stats({}, outbox);
        game.on_rate({0}, static_cast<std::uint32_t>(1 + tick % 3), outbox);
    }
    EXPECT_EQ(allocations, before);
    EXPECT_GT(bytes, 1'000'000U);
    EXPECT_GT(outbox.bytes, 100'000U);
}

TEST(RailroidsClient, AllocatesNothingAfterConstruction) {
    Match match({.seed = 1, .players_max = 1, .bots = 100});
    const auto client = std::make_unique<RailroidsClient>();
    client->start({});
    match.join(0, "Ann");
    for (int i = 0; i < 200; ++i) {
        const Nanoseconds now = std::chrono::milliseconds(33 * i);
        match.step();
        const Bytes snapshot = match.snapshot(0);
        const std::size_t before = allocations;
        for (const Mailbox::Letter& letter : match.mailbox.letters) {
            client->on_message(letter.bytes, now);
        }
        client->on_message(snapshot, now);
        client->want({.buttons = Input::thrust}, now);
        std::array<std::byte, 64> inputs{};
        const std::size_t size = client->write_inputs(now, inputs);
        client->advance(now);
        EXPECT_EQ(allocations, before);
        match.mailbox.letters.clear();
        match.say(0, Bytes(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    EXPECT_GT(client->view().ship_count, 1);
    EXPECT_GT(client->view().inputs_waiting, 0);
}

}  // namespace
}  // namespace railroids
