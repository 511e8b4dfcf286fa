#include "railroids/wire.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace railroids {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::int32_t side = 10'240;
constexpr Scale scale = Scale::of(2200, side);

template <class T>
T random_in(ringtick::Rng& rng, std::int32_t low, std::int32_t high) {
    return static_cast<T>(rng.between(low, high));
}

std::uint32_t random_place(ringtick::Rng& rng) {
    return rng.below(scale.position_max + 1);
}

void fill(Snapshot& snapshot, ringtick::Rng& rng) {
    snapshot.header = {.tag = {.kind = MessageKind::snapshot, .flags = 3},
                       .tick = static_cast<std::uint32_t>(rng.next()),
                       .input_tick = random_in<std::int8_t>(rng, -128, 127),
                       .input_lead = random_in<std::int8_t>(rng, -128, 127)};
    snapshot.own = {.flags = 1,
                    .x = random_in<std::int32_t>(rng, 0, side * Fixed::one),
                    .vy = -70'000,
                    .heading = 60'000,
                    .energy = 77,
                    .score = 3'000'000'000,
                    .hits = 65'535};
    snapshot.beams.clear();
    snapshot.ships.clear();
    snapshot.gems.clear();
    for (std::uint32_t i = rng.below(5); i > 0; --i) {
        const bool is_hit = rng.chance(50);
        snapshot.beams.push({.id = random_in<std::uint16_t>(rng, 0, 65'535),
                             .ticks_ago = random_in<std::uint8_t>(rng, 0, 15),
                             .shooter = random_in<ShipId>(rng, 0, 2199),
                             .is_hit = is_hit,
                             .hit = is_hit ? random_in<ShipId>(rng, 0, 2199) : ShipId{0},
                             .x0 = random_place(rng),
                             .y0 = random_place(rng),
                             .x1 = random_place(rng),
                             .y1 = random_place(rng)});
    }
    std::int32_t id = -1;
    for (std::uint32_t i = rng.below(100); i > 0; --i) {
        id += rng.between(1, 20);
        snapshot.ships.push({.id = static_cast<ShipId>(id),
                             .x = random_place(rng),
                             .y = random_place(rng),
                             .vx = random_in<std::int16_t>(rng, -511, 511),
                             .vy = random_in<std::int16_t>(rng, -511, 511),
                             .heading = random_in<std::uint8_t>(rng, 0, 255),
                             .aim = random_in<std::uint8_t>(rng, 0, 255),
                             .energy = random_in<std::uint8_t>(rng, 0, 100),
                             .flags = random_in<std::uint8_t>(rng, 0, 3)});
        snapshot.gems.push(
            {.id = static_cast<std::uint16_t>(id), .x = random_place(rng), .y = random_place(rng)});
    }
}

Bytes encoded(const Snapshot& snapshot) {
    Bytes bytes(16'384);
    bytes.resize(encode(snapshot, scale, bytes));
    return bytes;
}

// Goal: decoding undoes encoding, for every field.
// Method: what was decoded is encoded again; equal bytes mean equal fields. A few fields are also
// looked at by hand, for a field that is never written would go unnoticed.
TEST(Wire, DecodesTheSnapshotThatWasEncoded) {
    const auto written = std::make_unique<Snapshot>();
    const auto read = std::make_unique<Snapshot>();
    ringtick::Rng rng(1);
    for (int round = 0; round < 2000; ++round) {
        fill(*written, rng);
        const Bytes bytes = encoded(*written);
        ASSERT_TRUE(decode(bytes, scale, *read)) << round;
        EXPECT_EQ(encoded(*read), bytes);
        EXPECT_EQ(read->own.vy, -70'000);
        EXPECT_EQ(read->own.score, 3'000'000'000U);
        EXPECT_EQ(read->own.hits, 65'535);
        ASSERT_EQ(read->ships.size(), written->ships.size());
        for (std::size_t i = 0; i < read->ships.size(); ++i) {
            EXPECT_EQ(read->ships[i].id, written->ships[i].id);
            EXPECT_EQ(read->ships[i].x, written->ships[i].x);
            EXPECT_EQ(read->ships[i].vy, written->ships[i].vy);
            EXPECT_EQ(read->ships[i].flags, written->ships[i].flags);
        }
    }
}

TEST(Wire, RefusesASnapshotCutAtAnyByteOrFollowedByOne) {
    const auto snapshot = std::make_unique<Snapshot>();
    ringtick::Rng rng(2);
    fill(*snapshot, rng);
    Bytes bytes = encoded(*snapshot);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(decode(std::span(bytes).first(cut), scale, *snapshot)) << cut;
    }
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(decode(bytes, scale, *snapshot));
}

void expect_sane(const Snapshot& snapshot) {
    std::int32_t last = -1;
    for (const ShipRecord& ship : snapshot.ships) {
        EXPECT_GT(ship.id, last);
        EXPECT_LT(ship.id, scale.ships);
        EXPECT_LE(ship.x, scale.position_max);
        EXPECT_LE(ship.y, scale.position_max);
        EXPECT_LE(ship.energy, rules::energy_max);
        last = ship.id;
    }
}

// Goal: whatever bytes come, what is accepted is in range, and nothing is read beyond them (the
// sanitizer's run of this test sees that).
TEST(Wire, AcceptsOnlySaneSnapshotsFromDamagedOnes) {
    const auto snapshot = std::make_unique<Snapshot>();
    const auto read = std::make_unique<Snapshot>();
    ringtick::Rng rng(3);
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        if (round % 100 == 0) fill(*snapshot, rng);
        Bytes bytes = encoded(*snapshot);
        for (std::uint32_t flips = 1 + rng.below(4); flips > 0; --flips) {
            const std::size_t at = rng.below(static_cast<std::uint32_t>(bytes.size()));
            bytes[at] ^= static_cast<std::byte>(1U << rng.below(8));
        }
        if (!decode(bytes, scale, *read)) continue;
        accepted += 1;
        expect_sane(*read);
    }
    EXPECT_GT(accepted, 100);
}

TEST(Wire, AcceptsOnlySaneSnapshotsFromNoise) {
    const auto read = std::make_unique<Snapshot>();
    ringtick::Rng rng(4);
    for (int round = 0; round < 50'000; ++round) {
        Bytes bytes(rng.below(200));
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.below(256));
        if (!bytes.empty()) bytes[0] = std::byte{0x34};  // Else the tag alone refuses nearly all.
        if (decode(bytes, scale, *read)) expect_sane(*read);
    }
}

TEST(Wire, RefusesASnapshotOfAFormThatIsNotThere) {
    const auto snapshot = std::make_unique<Snapshot>();
    ringtick::Rng rng(5);
    fill(*snapshot, rng);
    snapshot->header.tag.flags = ringtick::SnapshotHeader::own_state;  // A delta: not yet.
    EXPECT_FALSE(decode(encoded(*snapshot), scale, *snapshot));
}

TEST(Wire, RefusesShipsOutOfOrder) {
    const auto snapshot = std::make_unique<Snapshot>();
    snapshot->header.tag = {.kind = MessageKind::snapshot, .flags = 3};
    snapshot->ships.push({.id = 5});
    snapshot->ships.push({.id = 5});
    EXPECT_FALSE(decode(encoded(*snapshot), scale, *snapshot));
}

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
    const auto owner = std::make_unique<Snapshot>();
    Snapshot& snapshot = *owner;
    snapshot.header.tag = {.kind = MessageKind::snapshot, .flags = 3};
    ringtick::FieldMeter ping;
    const ringtick::Ping message;
    describe_ping(ping, message);
    EXPECT_EQ(encode(hello, bytes), 12U + 1);
    EXPECT_EQ(encode(Welcome{}, bytes), 23U);
    EXPECT_EQ(encode(input, bytes), 12U + 2);
    EXPECT_EQ(ping.bit_count(), 5U * 8);
    EXPECT_EQ(encode(ringtick::Pong{}, bytes), 9U);
    EXPECT_EQ(encode(ringtick::Rate{}, bytes), 2U);
    EXPECT_EQ(encode(Bye{}, bytes), 4U);
    EXPECT_EQ(encode(Stats{}, bytes), 25U);
    EXPECT_EQ(encode(snapshot, scale, bytes), 45U);
}

TEST(Wire, HasRecordsOfTheBitsThatAreDrawn) {
    const auto bits_of = [](auto describe, const auto& record) {
        ringtick::FieldMeter meter;
        describe(meter, record);
        return meter.bit_count();
    };
    const std::size_t id = scale.id_bits;
    const std::size_t place = scale.position_bits;
    const auto ship = [](auto& codec, auto& record) { describe_ship(codec, record, scale); };
    const auto gem = [](auto& codec, auto& record) { describe_gem(codec, record, scale); };
    const auto beam = [](auto& codec, auto& record) { describe_beam(codec, record, scale); };
    const auto event = [](auto& codec, auto& record) { describe_event(codec, record); };
    EXPECT_EQ(bits_of(ship, ShipRecord{}), id + 2 * place + 45);
    EXPECT_EQ(bits_of(gem, GemRecord{}), 16 + 2 * place);
    EXPECT_EQ(bits_of(beam, BeamRecord{}), 21 + id + 4 * place);
    EXPECT_EQ(bits_of(beam, BeamRecord{.is_hit = true}), 21 + 2 * id + 4 * place);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::join}), 5U * 8);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::leave}), 3U * 8);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::kill}), 5U * 8);
    EXPECT_EQ(bits_of(event, Event{.type = EventType::standings}), 6U * 8);
}

TEST(Wire, RefusesAnInputWithUnknownButtonsOrNone) {
    InputMessage message;
    Bytes bytes(64);
    EXPECT_FALSE(decode(std::span(bytes).first(encode(message, bytes)), message));
    message.inputs.push({.buttons = 64});
    EXPECT_FALSE(decode(std::span(bytes).first(encode(message, bytes)), message));
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
    const Welcome good{.id = 3, .side = side_min, .people_max = 4, .bots = 10};
    Bytes bytes(64);
    Welcome read;
    EXPECT_TRUE(decode(std::span(bytes).first(encode(good, bytes)), read));
    for (const Welcome& bad :
         {Welcome{.id = 4, .side = side_min, .people_max = 4},
          Welcome{.id = 0, .side = side_min - 1, .people_max = 4},
          Welcome{.id = 0, .side = 40'000, .people_max = 4},
          Welcome{.id = 0, .side = side_min, .people_max = 65'000, .bots = 65'000}}) {
        EXPECT_FALSE(decode(std::span(bytes).first(encode(bad, bytes)), read));
    }
}

}  // namespace
}  // namespace railroids
