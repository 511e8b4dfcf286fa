#pragma once

#include "railroids/gem.hpp"
#include "railroids/rules.hpp"
#include "railroids/ship.hpp"
#include "replica/bounded_list.hpp"
#include "replica/declared_fields.hpp"
#include "replica/fields.hpp"
#include "replica/game_types.hpp"
#include "replica/protocol.hpp"
#include "replica/session.hpp"
#include "replica/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

// What of Railroids travels, described once (see replica/fields.hpp) and drawn as byte tables in
// game-demo/README.md. Server and client both include this file.
namespace railroids {

using ringtick::BoundedList;
using ringtick::MessageKind;
using ringtick::MessageTag;

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

// What HELLO says besides.
struct Greeting {
    Name name;

    template <class Codec, class Record>
    static constexpr void describe(Codec& codec, Record& greeting) {
        codec.list(greeting.name, [&](auto& letter) { codec.bits(letter, 8); });
    }
};

// What WELCOME says besides.
struct Facts {
    std::uint64_t seed = 0;
    std::uint16_t side = 0;
    std::uint16_t people_max = 0;  // Ids below this are people, from here on bots.
    std::uint16_t bots_max = 0;    // So many ids are theirs.
    std::uint16_t bots = 0;        // Who fly now.

    bool is_possible(ShipId id) const {
        return std::uint32_t{people_max} + bots_max <= ships_max && id < people_max + bots_max &&
               bots <= bots_max && side >= side_min && side <= side_max;
    }
    // However many bots fly now.
    constexpr Scale scale() const { return Scale::of(std::uint32_t{people_max} + bots_max, side); }

    template <class Codec, class Record>
    static constexpr void describe(Codec& codec, Record& facts) {
        codec.whole(facts.seed);
        codec.whole(facts.side);
        codec.whole(facts.people_max);
        codec.whole(facts.bots_max);
        codec.whole(facts.bots);
    }
};

// A shot since the viewer's last snapshot. Skipped snapshots delay it and never lose it, but for
// one that is older than 15 ticks. Places are in units: it is drawn and gone.
struct BeamRecord {
    static constexpr std::uint8_t ticks_ago_max = 15;
    static constexpr unsigned ticks_ago_bits = 4;
    static constexpr std::int32_t reach = 1023;  // Of a shot, in x and in y.

    std::uint8_t ticks_ago = 0;
    std::uint16_t id = 0;  // Grows by one with each shot in the world. Wraps.
    ShipId shooter = 0;
    bool is_hit = false;
    ShipId hit = 0;  // Whom, if is_hit.
    std::int32_t x = 0;
    std::int32_t y = 0;
    std::int32_t dx = 0;  // From there to its end.
    std::int32_t dy = 0;
};

using Beams = BoundedList<BeamRecord, 64>;

// What is the same in whatever tick it is told.
template <class Codec, class Beam>
constexpr void describe_shot(Codec& codec, Beam& beam, const Scale& scale) {
    codec.whole(beam.id);
    codec.bits(beam.shooter, scale.id_bits);
    codec.bits(beam.is_hit, 1);
    codec.only_if(beam.is_hit, [&] { codec.bits(beam.hit, scale.id_bits); });
    codec.ranged(beam.x, 0, scale.side);
    codec.ranged(beam.y, 0, scale.side);
    codec.ranged(beam.dx, -BeamRecord::reach, BeamRecord::reach);
    codec.ranged(beam.dy, -BeamRecord::reach, BeamRecord::reach);
}

template <class Codec, class Beam>
constexpr void describe_beam(Codec& codec, Beam& beam, const Scale& scale) {
    codec.bits(beam.ticks_ago, BeamRecord::ticks_ago_bits);
    describe_shot(codec, beam, scale);
}

// The game's names for what travels (see replica/game_types.hpp).
struct Messages {
    using Input = railroids::Input;
    using Entities = ringtick::Types<Ship, Gem>;
    using Own = Ship;
    using Passing = Beams;
    using Greeting = railroids::Greeting;
    using Facts = railroids::Facts;

    static std::uint64_t rules_hash();
};

using Hello = ringtick::Hello<Messages>;
using Welcome = ringtick::Welcome<Messages>;
using InputMessage = ringtick::InputMessage<Messages>;
using Snapshot = ringtick::Snapshot<Messages>;

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

// The layout of all of the above in one number, compared in HELLO.
std::uint64_t schema_hash();

}  // namespace railroids
