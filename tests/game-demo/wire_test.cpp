#include "railroids/wire.hpp"

#include "railroids/snapshot.hpp"
#include "replica/change.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace railroids {
namespace {

using Bytes = std::vector<std::byte>;

constexpr Scale scale = Scale::of(2200, 10'240);

TEST(Wire, WritesTheViewedMomentWithAShotOnly) {
    InputMessage message;
    message.view_back = 500;
    message.inputs.push({.buttons = Input::thrust});
    Bytes bytes(64);
    const std::size_t without = encode(message, bytes);
    message.inputs[0].buttons = Input::fire;
    const std::size_t with = encode(message, bytes);
    EXPECT_EQ(with, without + 2);

    InputMessage read;
    ASSERT_TRUE(decode(std::span(bytes).first(with), read));
    EXPECT_EQ(read.view_back, 500);
}

// game-demo/README.md draws every message; these are the sizes it gives.
TEST(Wire, HasTheSizesThatAreDrawn) {
    Bytes bytes(16'384);
    Hello hello;
    hello.name.push('A');
    InputMessage input;
    input.inputs.push({});
    ringtick::FieldMeter ping;
    const ringtick::Ping message;
    ringtick::Ping::describe(ping, message);
    EXPECT_EQ(encode(hello, bytes), 43U + 1);
    EXPECT_EQ(encode(Welcome{}, bytes), 50U);
    EXPECT_EQ(encode(input, bytes), 12U + 2);
    EXPECT_EQ(ping.bit_count(), 5U * 8);
    EXPECT_EQ(encode(ringtick::Pong{}, bytes), 9U);
    ringtick::Pong asked;
    asked.tag.flags = ringtick::Pong::tells_put_off;
    EXPECT_EQ(encode(asked, bytes), 10U);
    asked.put_off.push({.type = 1, .id = 7});
    EXPECT_EQ(encode(asked, bytes), 13U);
    EXPECT_EQ(encode(ringtick::Rate{}, bytes), 2U);
    EXPECT_EQ(encode(ringtick::Bye{}, bytes), 4U);
    EXPECT_EQ(encode(ringtick::Stats{}, bytes), 25U);
}

TEST(Wire, HasRecordsOfTheBitsThatAreDrawn) {
    const auto bits_of = [](auto describe, const auto& record) {
        ringtick::FieldMeter meter;
        describe(meter, record);
        return meter.bit_count();
    };
    const std::size_t id = scale.id_bits;
    const std::size_t place = 14;
    const auto ship = [](auto& codec, auto& record) {
        ringtick::describe_whole(codec, ringtick::Telling{Ship::wire, scale.extent()}, record);
    };
    const auto gem = [](auto& codec, auto& record) {
        ringtick::describe_whole(codec, ringtick::Telling{Gem::wire, scale.extent()}, record);
    };
    const auto beam = [](auto& codec, auto& record) { describe_beam(codec, record, scale); };
    const auto event = [](auto& codec, auto& record) { describe_event(codec, record); };
    EXPECT_EQ(bits_of(ship, Ship{}), 2 * (place + 12) + 36 + 46);
    EXPECT_EQ(bits_of(gem, Gem{}), 2 * (place + 3));
    EXPECT_EQ(bits_of(beam, BeamRecord{}), 21 + id + 2 * place + 22);
    EXPECT_EQ(bits_of(beam, BeamRecord{.is_hit = true}), 21 + 2 * id + 2 * place + 22);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::join}), 5U * 8);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::leave}), 3U * 8);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::kill}), 5U * 8);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::standings}), 6U * 8);
}

// Buttons that there are not have no bits to be said with.
TEST(Wire, RefusesAMessageOfNoInput) {
    InputMessage message;
    Bytes bytes(64);
    EXPECT_FALSE(decode(std::span(bytes).first(encode(message, bytes)), message));
    message.inputs.push({.buttons = Input::all_buttons, .aim = 255});
    EXPECT_TRUE(decode(std::span(bytes).first(encode(message, bytes)), message));
    EXPECT_EQ(message.inputs[0].buttons, Input::all_buttons);
}

// All 256 values of the byte: six rates, and nothing else, not even in its unused bits.
TEST(Wire, RefusesARateThatNoServerKeeps) {
    ringtick::Rate rate;
    for (unsigned value = 0; value < 256; ++value) {
        const Bytes bytes{std::byte{8}, static_cast<std::byte>(value)};
        const bool kept = value < ringtick::Rate::divisor_max;
        ASSERT_EQ(decode(bytes, rate), kept) << value;
        if (!kept) continue;
        EXPECT_EQ(rate.divisor, value + 1);
    }
    EXPECT_FALSE(decode(Bytes{std::byte{8}}, rate));
    EXPECT_FALSE(decode(Bytes{std::byte{8}, std::byte{1}, std::byte{0}}, rate));
}

TEST(Wire, RefusesAWelcomeToAWorldThatCannotBe) {
    const auto welcome = [](const Facts& facts, ShipId id) {
        Welcome made;
        static_cast<Facts&>(made) = facts;
        made.tick_rate_hz = 30;
        made.id = id;
        return made;
    };
    const Welcome good =
        welcome({.side = side_min, .people_max = 4, .bots_max = 12, .bots = 10}, 13);
    Bytes bytes(64);
    Welcome read;
    EXPECT_TRUE(decode(std::span(bytes).first(encode(good, bytes)), read));
    for (const Welcome& bad :
         {welcome({.side = side_min, .people_max = 4}, 4),
          welcome({.side = side_min - 1, .people_max = 4}, 0),
          welcome({.side = 40'000, .people_max = 4}, 0),
          welcome({.side = side_min, .people_max = 4, .bots_max = 10, .bots = 11}, 3),
          welcome({.side = side_min, .people_max = 65'000, .bots_max = 65'000}, 0)}) {
        EXPECT_FALSE(decode(std::span(bytes).first(encode(bad, bytes)), read));
    }
}

}  // namespace
}  // namespace railroids
