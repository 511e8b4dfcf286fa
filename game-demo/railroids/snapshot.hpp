#pragma once

#include "railroids/gem.hpp"
#include "railroids/ship.hpp"
#include "railroids/wire.hpp"
#include "replica/view.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace railroids {

// A shot since the viewer's last snapshot. Skipped snapshots delay it and never lose it, but for
// one that is older than 15 ticks. Places are in units: it is drawn and gone.
struct BeamRecord {
    static constexpr std::uint8_t ticks_ago_max = 15;
    static constexpr std::int32_t reach = 1023;  // Of a shot, in x and in y.

    std::uint16_t id = 0;  // Grows by one with each shot in the world. Wraps.
    std::uint8_t ticks_ago = 0;
    ShipId shooter = 0;
    bool is_hit = false;
    ShipId hit = 0;  // Whom, if is_hit.
    std::int32_t x = 0;
    std::int32_t y = 0;
    std::int32_t dx = 0;  // From there to its end.
    std::int32_t dy = 0;
};

// What a viewer knows of the world at one tick.
//
//     header, own ship, beams, ships in sight, gems in sight
struct Snapshot {
    static constexpr std::size_t ships_max = 512;
    static constexpr std::size_t gems_max = 512;
    static constexpr std::size_t beams_max = 64;

    ringtick::SnapshotHeader header;
    Ship own;  // As its owner_wire declares it.
    BoundedList<BeamRecord, beams_max> beams;
    ringtick::VisibleList<Ship, ships_max> ships;  // By ascending id.
    ringtick::VisibleList<Gem, gems_max> gems;
};

template <class Codec, class Beam>
constexpr void describe_beam(Codec& codec, Beam& beam, const Scale& scale) {
    codec.whole(beam.id);
    codec.bits(beam.ticks_ago, 4);
    codec.bits(beam.shooter, scale.id_bits);
    codec.bits(beam.is_hit, 1);
    codec.only_if(beam.is_hit, [&] { codec.bits(beam.hit, scale.id_bits); });
    codec.ranged(beam.x, 0, scale.side);
    codec.ranged(beam.y, 0, scale.side);
    codec.ranged(beam.dx, -BeamRecord::reach, BeamRecord::reach);
    codec.ranged(beam.dy, -BeamRecord::reach, BeamRecord::reach);
}

// `before` is the snapshot that this one goes on from, null if there is none. False for bytes that
// no writer of ours wrote, and for a delta without a snapshot before it: then `after` means
// nothing.
bool decode(std::span<const std::byte> in,
            const Scale& scale,
            const Terrain& terrain,
            const Snapshot* before,
            Snapshot& after);

}  // namespace railroids
