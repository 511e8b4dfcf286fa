#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "railroids/client.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace {

using railroids::RailroidsClient;

constexpr railroids::Welcome welcome = [] {
    railroids::Welcome message;
    message.tick_rate_hz = railroids::default_tick_rate_hz;
    message.id = 1;
    message.side = 2825;
    message.people_max = 4;
    message.bots = 150;
    return message;
}();

// What is accepted is written again to the same bytes: there is one way to say a thing, and nothing
// in a message goes unread.
void expect_canonical(std::span<const std::byte> message) {
    std::array<std::byte, 8> bytes{};
    ringtick::Rate rate;
    if (!decode(message, rate)) return;
    const std::size_t size = encode(rate, bytes);
    ASSERT(std::ranges::equal(message, std::span(bytes).first(size)));
}

// The view is drawn with whole numbers that a ship out of its range would overflow.
void expect_sane(const railroids::View& view) {
    ASSERT(view.ship_count <= static_cast<int>(railroids::View::ships_max));
    for (std::int32_t i = 0; i < view.ship_count; ++i) {
        ASSERT(view.ship_x[i] >= -1000.0F);
        ASSERT(view.ship_x[i] <= 1000.0F + static_cast<float>(welcome.side));
    }
}

}  // namespace

// The input is messages, each behind its size in two bytes; one of no size stands for a welcome, so
// that the seeds stay good when it changes. Property: whatever a server sends, a client flies,
// draws frames and stays within its memory.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto client = std::make_unique<RailroidsClient>();
    static std::array<std::byte, 64> welcome_bytes;
    static const auto greeting =
        std::span(welcome_bytes).first(railroids::encode(welcome, welcome_bytes));
    ringtick::ByteReader reader(std::as_bytes(std::span(data, size)));
    ringtick::Nanoseconds now = std::chrono::seconds(1);
    client->start(now);
    while (reader.left() > 0) {
        const std::size_t wanted = reader.get<std::uint16_t>();
        const auto message = reader.take(std::min(wanted, reader.left()));
        now += std::chrono::milliseconds(20);
        client->on_message(wanted == 0 ? greeting : message, now);
        std::array<std::byte, 64> inputs;
        const auto buttons = static_cast<std::uint8_t>(wanted & railroids::Input::all_buttons);
        client->want({.buttons = buttons}, now);
        if (wanted % 3 != 0) client->write_inputs(now, inputs);
        client->advance(now);
        expect_canonical(message);
        expect_sane(client->view());
    }
    ASSERT(client->numbers().snapshot_divisor >= 1);
    ASSERT(client->numbers().snapshot_divisor <= ringtick::Rate::divisor_max);
    for (std::int32_t id = -1; id < 200; id += 40) client->game().name_of(id);
    return 0;
}
