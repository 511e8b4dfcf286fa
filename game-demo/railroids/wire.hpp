#pragma once

#include "railroids/rules.hpp"
#include "replica/bounded_list.hpp"
#include "replica/fields.hpp"
#include "replica/protocol.hpp"

#include <cstddef>
#include <cstdint>

// Every message of Railroids, described once (see replica/fields.hpp) and drawn as byte tables in
// game-demo/README.md. Server and client both include this file.
namespace railroids {

using ringtick::BoundedList;
using ringtick::MessageKind;
using ringtick::MessageTag;

inline constexpr std::uint16_t protocol_version = 1;

using Name = BoundedList<char, 24>;

// How many bits this world's ids and coordinates need. Both sides know it from the welcome.
struct Scale {
    std::uint32_t ships = 0;
    unsigned id_bits = 0;
    unsigned position_bits = 0;
    std::uint32_t position_max = 0;  // In quanta.

    static constexpr Scale of(std::uint32_t ships, std::int32_t side) {
        const auto quanta = static_cast<std::uint32_t>(side * quanta_per_unit);
        return {.ships = ships,
                .id_bits = ringtick::bits_for(ships),
                .position_bits = ringtick::bits_for(quanta),
                .position_max = quanta};
    }
};

struct Hello {
    MessageTag tag{.kind = MessageKind::hello};
    std::uint16_t protocol = protocol_version;
    std::uint64_t schema = 0;
    Name name;
};

struct Welcome {
    MessageTag tag{.kind = MessageKind::welcome};
    std::uint16_t tick_rate_hz = default_tick_rate_hz;
    ShipId id = 0;
    std::uint32_t tick = 0;
    std::uint64_t seed = 0;
    std::uint16_t side = 0;
    std::uint16_t people_max = 0;  // Ids below this are people, from here on bots.
    std::uint16_t bots = 0;
};

struct InputMessage {
    static constexpr std::int64_t view_back_unit = 256;  // Of 1/65,536 tick.

    MessageTag tag{.kind = MessageKind::input};
    std::uint32_t acknowledged_tick = 0;
    std::uint32_t tick = 0;  // Of the first input; the others follow one by one.
    std::uint16_t sent_us = 0;
    BoundedList<Input, 8> inputs;
    std::uint16_t view_back = 0;  // With fire only: from the acknowledged tick, in 1/256 tick.
};

// The viewer's own ship in full, so that a client can go on from it by itself.
struct OwnState {
    static constexpr std::uint8_t alive = 1;
    static constexpr std::uint8_t in_beacon = 2;
    static constexpr std::uint8_t thrusting = 4;
    static constexpr std::uint8_t braking = 8;

    std::uint8_t flags = 0;
    std::int32_t x = 0;  // Raw Fixed, as are the next three.
    std::int32_t y = 0;
    std::int32_t vx = 0;
    std::int32_t vy = 0;
    std::uint16_t heading = 0;
    std::uint8_t aim = 0;
    std::uint8_t energy = 0;
    std::uint8_t cooldown_ticks = 0;
    std::uint8_t respawn_ticks = 0;
    std::uint32_t score = 0;
    std::uint16_t kills = 0;
    std::uint16_t deaths = 0;
    std::uint16_t hits = 0;  // Taken. Wraps.
};

struct ShipRecord {
    static constexpr std::uint8_t thrusting = 1;
    static constexpr std::uint8_t braking = 2;
    static constexpr std::int32_t raw_per_speed = 128;  // 1/32 of a unit per tick.
    static constexpr std::int32_t speed_limit = 511;

    ShipId id = 0;
    std::uint32_t x = 0;  // Quanta.
    std::uint32_t y = 0;
    std::int16_t vx = 0;  // 1/32 unit per tick.
    std::int16_t vy = 0;
    std::uint8_t heading = 0;
    std::uint8_t aim = 0;
    std::uint8_t energy = 0;
    std::uint8_t flags = 0;
};

struct GemRecord {
    std::uint16_t id = 0;
    std::uint32_t x = 0;
    std::uint32_t y = 0;
};

// A shot since the viewer's last snapshot. Skipped snapshots delay it and never lose it, but for
// one that is older than 15 ticks.
struct BeamRecord {
    static constexpr std::uint8_t ticks_ago_max = 15;

    std::uint16_t id = 0;  // Grows by one with each shot in the world. Wraps.
    std::uint8_t ticks_ago = 0;
    ShipId shooter = 0;
    bool is_hit = false;
    ShipId hit = 0;  // Whom, if is_hit.
    std::uint32_t x0 = 0;
    std::uint32_t y0 = 0;
    std::uint32_t x1 = 0;
    std::uint32_t y1 = 0;
};

struct Snapshot {
    static constexpr std::size_t ships_max = 512;
    static constexpr std::size_t gems_max = 512;
    static constexpr std::size_t beams_max = 64;

    ringtick::SnapshotHeader header;
    OwnState own;
    BoundedList<BeamRecord, beams_max> beams;
    BoundedList<ShipRecord, ships_max> ships;  // By ascending id.
    BoundedList<GemRecord, gems_max> gems;     // By ascending id.
};

struct LeaderRecord {
    ShipId id = 0;
    std::uint32_t score = 0;
};

enum class EventType : std::uint8_t { join = 1, leave = 2, kill = 3, standings = 4 };

// EVENT is its tag and then events up to the message's end. Each uses the fields of its type.
struct Event {
    EventType type = EventType::join;
    ShipId id = 0;        // Who joined, left or killed.
    ShipId other = 0;     // Who was killed.
    bool is_new = false;  // Joined just now; otherwise was here before the one who is told.
    Name name;
    std::uint16_t people = 0;
    std::uint16_t bots = 0;
    BoundedList<LeaderRecord, 10> leaders;
};

struct Stats {
    MessageTag tag{.kind = MessageKind::stats};
    std::uint32_t players = 0;
    std::uint32_t tick_rate_hz = 0;
    std::uint32_t tick_work_p50_us = 0;
    std::uint32_t tick_work_p99_us = 0;
    std::uint32_t tick_late_p99_us = 0;
    std::uint32_t snapshots_skipped = 0;
};

enum class ByeReason : std::uint8_t { reload = 1 };  // The page is not of this server's build.

struct Bye {
    MessageTag tag{.kind = MessageKind::bye};
    ByeReason reason = ByeReason::reload;
    std::uint16_t retry_after_s = 0;
};

template <class Codec, class Message>
constexpr void describe_hello(Codec& codec, Message& hello) {
    describe_tag(codec, hello.tag);
    codec.whole(hello.protocol);
    codec.whole(hello.schema);
    codec.list(hello.name, [&](auto& letter) { codec.bits(letter, 8); });
}

template <class Codec, class Message>
constexpr void describe_welcome(Codec& codec, Message& welcome) {
    describe_tag(codec, welcome.tag);
    codec.whole(welcome.tick_rate_hz);
    codec.whole(welcome.id);
    codec.whole(welcome.tick);
    codec.whole(welcome.seed);
    codec.whole(welcome.side);
    codec.whole(welcome.people_max);
    codec.whole(welcome.bots);
}

template <class Codec, class Message>
constexpr void describe_input(Codec& codec, Message& message) {
    describe_tag(codec, message.tag);
    codec.whole(message.acknowledged_tick);
    codec.whole(message.tick);
    codec.whole(message.sent_us);
    bool fires = false;
    codec.list(message.inputs, [&](auto& input) {
        codec.bits(input.buttons, 8);
        codec.bits(input.aim, 8);
        fires = fires || input.pressed(Input::fire);
    });
    codec.only_if(fires, [&] { codec.whole(message.view_back); });
}

template <class Codec, class Own>
constexpr void describe_own(Codec& codec, Own& own) {
    codec.bits(own.flags, 8);
    codec.whole(own.x);
    codec.whole(own.y);
    codec.whole(own.vx);
    codec.whole(own.vy);
    codec.whole(own.heading);
    codec.bits(own.aim, 8);
    codec.bits(own.energy, 8);
    codec.bits(own.cooldown_ticks, 8);
    codec.bits(own.respawn_ticks, 8);
    codec.whole(own.score);
    codec.whole(own.kills);
    codec.whole(own.deaths);
    codec.whole(own.hits);
}

template <class Codec, class Ship>
constexpr void describe_ship(Codec& codec, Ship& ship, const Scale& scale) {
    codec.bits(ship.id, scale.id_bits);
    codec.bits(ship.x, scale.position_bits);
    codec.bits(ship.y, scale.position_bits);
    codec.ranged(ship.vx, -ShipRecord::speed_limit, ShipRecord::speed_limit);
    codec.ranged(ship.vy, -ShipRecord::speed_limit, ShipRecord::speed_limit);
    codec.bits(ship.heading, 8);
    codec.bits(ship.aim, 8);
    codec.ranged(ship.energy, 0, rules::energy_max);
    codec.bits(ship.flags, 2);
}

template <class Codec, class Gem>
constexpr void describe_gem(Codec& codec, Gem& gem, const Scale& scale) {
    codec.whole(gem.id);
    codec.bits(gem.x, scale.position_bits);
    codec.bits(gem.y, scale.position_bits);
}

template <class Codec, class Beam>
constexpr void describe_beam(Codec& codec, Beam& beam, const Scale& scale) {
    codec.whole(beam.id);
    codec.bits(beam.ticks_ago, 4);
    codec.bits(beam.shooter, scale.id_bits);
    codec.bits(beam.is_hit, 1);
    codec.only_if(beam.is_hit, [&] { codec.bits(beam.hit, scale.id_bits); });
    codec.bits(beam.x0, scale.position_bits);
    codec.bits(beam.y0, scale.position_bits);
    codec.bits(beam.x1, scale.position_bits);
    codec.bits(beam.y1, scale.position_bits);
}

// What comes before the ships and gems.
template <class Codec, class Header, class Own, class Beams>
constexpr void describe_snapshot_start(
    Codec& codec, Header& header, Own& own, Beams& beams, const Scale& scale) {
    describe_snapshot_header(codec, header);
    describe_own(codec, own);
    codec.list(beams, [&](auto& beam) { describe_beam(codec, beam, scale); });
}

template <class Codec, class Message>
constexpr void describe_snapshot(Codec& codec, Message& snapshot, const Scale& scale) {
    describe_snapshot_start(codec, snapshot.header, snapshot.own, snapshot.beams, scale);
    codec.list(snapshot.ships, [&](auto& ship) { describe_ship(codec, ship, scale); });
    codec.list(snapshot.gems, [&](auto& gem) { describe_gem(codec, gem, scale); });
}

template <class Codec, class Record>
constexpr void describe_event(Codec& codec, Record& event) {
    codec.one_of(event.type, EventType::join, EventType::standings, 8);
    codec.only_if(event.type == EventType::join, [&] {
        codec.whole(event.id);
        codec.bits(event.is_new, 8);
        codec.list(event.name, [&](auto& letter) { codec.bits(letter, 8); });
    });
    codec.only_if(event.type == EventType::leave, [&] { codec.whole(event.id); });
    codec.only_if(event.type == EventType::kill, [&] {
        codec.whole(event.id);
        codec.whole(event.other);
    });
    codec.only_if(event.type == EventType::standings, [&] {
        codec.whole(event.people);
        codec.whole(event.bots);
        codec.list(event.leaders, [&](auto& leader) {
            codec.whole(leader.id);
            codec.whole(leader.score);
        });
    });
}

template <class Codec, class Message>
constexpr void describe_stats(Codec& codec, Message& stats) {
    describe_tag(codec, stats.tag);
    codec.whole(stats.players);
    codec.whole(stats.tick_rate_hz);
    codec.whole(stats.tick_work_p50_us);
    codec.whole(stats.tick_work_p99_us);
    codec.whole(stats.tick_late_p99_us);
    codec.whole(stats.snapshots_skipped);
}

template <class Codec, class Message>
constexpr void describe_bye(Codec& codec, Message& bye) {
    describe_tag(codec, bye.tag);
    codec.one_of(bye.reason, ByeReason::reload, ByeReason::reload, 8);
    codec.whole(bye.retry_after_s);
}

// The layout of all of the above in one number, compared in HELLO.
std::uint64_t schema_hash();

// Each returns the bytes written, or 0 if `out` is too small.
std::size_t encode(const Hello& hello, std::span<std::byte> out);
std::size_t encode(const Welcome& welcome, std::span<std::byte> out);
std::size_t encode(const InputMessage& message, std::span<std::byte> out);
std::size_t encode(const ringtick::Pong& pong, std::span<std::byte> out);
std::size_t encode(const ringtick::Rate& rate, std::span<std::byte> out);
std::size_t encode(const Stats& stats, std::span<std::byte> out);
std::size_t encode(const Bye& bye, std::span<std::byte> out);
std::size_t encode(const Snapshot& snapshot, const Scale& scale, std::span<std::byte> out);

// Each returns false for bytes that are not exactly one such message, and for values that no
// server or client of ours sends.
bool decode(std::span<const std::byte> in, Hello& hello);
bool decode(std::span<const std::byte> in, Welcome& welcome);
bool decode(std::span<const std::byte> in, InputMessage& message);
bool decode(std::span<const std::byte> in, ringtick::Ping& ping);
bool decode(std::span<const std::byte> in, ringtick::Rate& rate);
bool decode(std::span<const std::byte> in, Stats& stats);
bool decode(std::span<const std::byte> in, Bye& bye);
bool decode(std::span<const std::byte> in, const Scale& scale, Snapshot& snapshot);

}  // namespace railroids
