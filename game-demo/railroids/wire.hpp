#pragma once

#include "railroids/rules.hpp"
#include "replica/bounded_list.hpp"
#include "replica/declared_fields.hpp"
#include "replica/fields.hpp"
#include "replica/protocol.hpp"

#include <cstddef>
#include <cstdint>

// Every message of Railroids but the snapshot (snapshot.hpp), described once (see
// replica/fields.hpp) and drawn as byte tables in game-demo/README.md. Server and client both
// include this file.
namespace railroids {

using ringtick::BoundedList;
using ringtick::MessageKind;
using ringtick::MessageTag;

inline constexpr std::uint16_t protocol_version = 1;

using Name = BoundedList<char, 24>;

// How many ids this world has and how large it is. Both sides know it from the welcome.
struct Scale {
    std::uint32_t ships = 0;
    unsigned id_bits = 0;
    std::int32_t side = 0;

    static constexpr Scale of(std::uint32_t ships, std::int32_t side) {
        return {.ships = ships, .id_bits = ringtick::bits_for(ships), .side = side};
    }
    constexpr ringtick::Extent extent() const { return {side}; }
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

// Each returns false for bytes that are not exactly one such message, and for values that no
// server or client of ours sends.
bool decode(std::span<const std::byte> in, Hello& hello);
bool decode(std::span<const std::byte> in, Welcome& welcome);
bool decode(std::span<const std::byte> in, InputMessage& message);
bool decode(std::span<const std::byte> in, ringtick::Ping& ping);
bool decode(std::span<const std::byte> in, ringtick::Rate& rate);
bool decode(std::span<const std::byte> in, Stats& stats);
bool decode(std::span<const std::byte> in, Bye& bye);

}  // namespace railroids
