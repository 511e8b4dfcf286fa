#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "railroids/client.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "game-demo/match.hpp"

namespace {

using railroids::RailroidsClient;

using railroids::Bytes;

// What a server says to a player in a few seconds of a match: the welcome, events, snapshots of
// both encoders.
std::vector<Bytes> spoken() {
    constexpr std::uint16_t us = 1;
    railroids::Match match({.seed = 1, .players_max = 4, .bots = 60});
    std::vector<Bytes> messages;
    match.join(0, "Ann");
    match.join(us, "Bob");
    ringtick::Ping ping;
    for (std::uint32_t tick = 1; tick <= 80; ++tick) {
        ping.tag.flags = tick / 16 % 2 == 0 ? 0 : ringtick::Ping::wants_cells;
        match.say(us, railroids::encoded(ping));
        match.say(0, railroids::input(tick, railroids::Input::thrust | railroids::Input::fire));
        match.mailbox.letters.clear();
        match.step();
        for (railroids::Mailbox::Letter& letter : match.mailbox.letters) {
            if (letter.slot == us) messages.push_back(std::move(letter.bytes));
        }
        if (tick % 7 != 0) messages.push_back(match.snapshot(us));
    }
    return messages;
}

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
        ASSERT(view.ship_x[i] <= 1000.0F + static_cast<float>(view.world_side));
    }
}

// One message of the input, or the server's own next one, perhaps with some of its bytes changed.
struct Heard {
    Bytes bytes;
    bool is_true = false;
};

Heard hear(ringtick::ByteReader& input, std::size_t& next) {
    static const std::vector<Bytes> script = spoken();
    constexpr unsigned damaged = 0xFF00;
    const unsigned size = input.get<std::uint16_t>();
    if (size > 0 && size < damaged) {
        const auto raw = input.take(std::min<std::size_t>(size, input.left()));
        return {.bytes = {raw.begin(), raw.end()}};
    }
    if (next == script.size()) return {};
    Heard heard{.bytes = script[next++], .is_true = size == 0};
    for (unsigned places = size % 8 + 1; size != 0 && places > 0 && input.left() >= 3; --places) {
        const std::size_t place = input.get<std::uint16_t>() % heard.bytes.size();
        heard.bytes[place] ^= static_cast<std::byte>(input.get<std::uint8_t>());
    }
    return heard;
}

}  // namespace

// The input is messages, each behind its size in two bytes. One of no size stands for what a server
// said next (the first is its welcome), so that the seeds stay good whatever changes; one of
// 0xFF00 and more for the same with bytes changed: place and change of each follow.
// Properties: who is told truly from the beginning refuses nothing. Whatever a server sends, a
// client flies, draws frames and stays within its memory.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto client = std::make_unique<RailroidsClient>();
    ringtick::ByteReader reader(std::as_bytes(std::span(data, size)));
    ringtick::Nanoseconds now = std::chrono::seconds(1);
    client->start(now);
    std::size_t next = 0;
    bool told_truly = true;
    for (unsigned round = 0; reader.left() > 0; ++round) {
        const Heard heard = hear(reader, next);
        told_truly = told_truly && heard.is_true;
        now += std::chrono::milliseconds(20);
        const bool understood = client->on_message(heard.bytes, now).has_value();
        ASSERT(understood || !told_truly);
        std::array<std::byte, 64> inputs;
        const auto buttons = static_cast<std::uint8_t>(round & railroids::Input::all_buttons);
        client->want({.buttons = buttons}, now);
        if (round % 3 != 0) client->write_inputs(now, inputs);
        client->advance(now);
        expect_canonical(heard.bytes);
        expect_sane(client->view());
    }
    ASSERT(client->numbers().snapshot_divisor >= 1);
    ASSERT(client->numbers().snapshot_divisor <= ringtick::Rate::divisor_max);
    for (std::int32_t id = -1; id < 200; id += 40) client->game().name_of(id);
    return 0;
}
