#include "railroids/snapshot_writer.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstddef>

namespace railroids {

namespace {

constexpr std::int32_t margin = 128;
constexpr Fixed half_width = Fixed::from_int(view_width / 2 + margin);
constexpr Fixed half_height = Fixed::from_int(view_height / 2 + margin);

std::uint32_t to_quanta(Fixed coordinate, const World& world) {
    const std::int32_t most = world.terrain().side() * quanta_per_unit;
    return static_cast<std::uint32_t>(std::clamp(coordinate.raw() / raw_per_quantum, 0, most));
}

std::int16_t to_speed(Fixed speed) {
    constexpr std::int32_t limit = ShipRecord::speed_limit;
    return static_cast<std::int16_t>(
        std::clamp(speed.raw() / ShipRecord::raw_per_speed, -limit, limit));
}

bool crosses(const Beam& beam, const Rect& box) {
    return std::max(beam.from.x, beam.to.x) >= box.x0 &&
           std::min(beam.from.x, beam.to.x) <= box.x1 &&
           std::max(beam.from.y, beam.to.y) >= box.y0 && std::min(beam.from.y, beam.to.y) <= box.y1;
}

std::size_t bits_of(const Snapshot& snapshot, const Scale& scale) {
    ringtick::FieldMeter meter;
    describe_snapshot(meter, snapshot, scale);
    return meter.bit_count();
}

std::size_t ship_bits(const Scale& scale) {
    ringtick::FieldMeter meter;
    const ShipRecord ship;
    describe_ship(meter, ship, scale);
    return meter.bit_count();
}

std::size_t gem_bits(const Scale& scale) {
    ringtick::FieldMeter meter;
    const GemRecord gem;
    describe_gem(meter, gem, scale);
    return meter.bit_count();
}

}  // namespace

SnapshotWriter::SnapshotWriter(std::size_t candidates_max)
    : snapshot_(std::make_unique<Snapshot>()) {
    candidates_.reserve(candidates_max);
}

std::size_t SnapshotWriter::write(const World& world,
                                  const Scale& scale,
                                  const Viewer& viewer,
                                  std::span<std::byte> out) {
    const FixedVector center = world.ships()[viewer.id].position;
    const Rect box = Rect::around(center, half_width, half_height);
    Snapshot& snapshot = *snapshot_;
    snapshot.ships.clear();
    snapshot.gems.clear();
    fill_header(world, viewer);
    snapshot.own = own_state(world, viewer.id);
    fill_beams(world, viewer, box);

    // What does not fit into `out` is left away: first gems, then ships, then beams.
    const std::size_t bits_max = out.size() * 8;
    if (bits_of(snapshot, scale) > bits_max) snapshot.beams.clear();
    std::size_t used = bits_of(snapshot, scale);
    if (used > bits_max) return 0;
    fill_ships(world, box, center, (bits_max - used) / ship_bits(scale));
    used = bits_of(snapshot, scale);
    fill_gems(world, box, center, (bits_max - used) / gem_bits(scale));
    return encode(snapshot, scale, out);
}

void SnapshotWriter::fill_header(const World& world, const Viewer& viewer) {
    using ringtick::SnapshotHeader;
    const bool skipped = viewer.last_tick != 0 && world.tick() > viewer.last_tick + 1;
    const auto stamp =
        static_cast<std::int32_t>(viewer.input_stamp - static_cast<std::uint32_t>(world.tick()));
    snapshot_->header = {
        .tag = {.kind = MessageKind::snapshot,
                .flags =
                    static_cast<std::uint8_t>(SnapshotHeader::keyframe | SnapshotHeader::own_state |
                                              (skipped ? SnapshotHeader::rate_delayed : 0))},
        .tick = static_cast<std::uint32_t>(world.tick()),
        .input_tick = static_cast<std::int8_t>(std::clamp(stamp, -128, 127)),
        .input_lead = viewer.input_lead,
    };
}

// Each shot once: those since the last snapshot that was written for this viewer.
void SnapshotWriter::fill_beams(const World& world, const Viewer& viewer, const Rect& box) {
    auto& beams = snapshot_->beams;
    beams.clear();
    world.for_each_beam([&](const Beam& beam) {
        const std::uint64_t ago = world.tick() - beam.tick;
        if (beam.tick <= viewer.last_tick || ago > BeamRecord::ticks_ago_max) return false;
        if (!crosses(beam, box)) return true;
        beams.push({.id = beam.id,
                    .ticks_ago = static_cast<std::uint8_t>(ago),
                    .shooter = beam.shooter,
                    .is_hit = beam.hit != nobody,
                    .hit = beam.hit != nobody ? beam.hit : ShipId{0},
                    .x0 = to_quanta(beam.from.x, world),
                    .y0 = to_quanta(beam.from.y, world),
                    .x1 = to_quanta(beam.to.x, world),
                    .y1 = to_quanta(beam.to.y, world)});
        return !beams.full();
    });
}

void SnapshotWriter::fill_ships(const World& world,
                                const Rect& box,
                                FixedVector center,
                                std::size_t most) {
    candidates_.clear();
    world.ship_grid().for_each_near(box, [&](ShipId id) {
        const Ship& ship = world.ships()[id];
        if (!ship.alive() || !box.contains(ship.position)) return;
        const FixedVector off = ship.position - center;
        candidates_.push_back({.distance = dot(off, off), .id = id});
    });
    keep_nearest(std::min(most, Snapshot::ships_max));
    for (const Candidate& candidate : candidates_) {
        const Ship& ship = world.ships()[candidate.id];
        snapshot_->ships.push({
            .id = candidate.id,
            .x = to_quanta(ship.position.x, world),
            .y = to_quanta(ship.position.y, world),
            .vx = to_speed(ship.velocity.x),
            .vy = to_speed(ship.velocity.y),
            .heading = ship.heading.to_byte(),
            .aim = ship.aim.to_byte(),
            .energy = ship.energy,
            .flags = static_cast<std::uint8_t>((ship.thrusting ? ShipRecord::thrusting : 0) |
                                               (ship.braking ? ShipRecord::braking : 0)),
        });
    }
}

void SnapshotWriter::fill_gems(const World& world,
                               const Rect& box,
                               FixedVector center,
                               std::size_t most) {
    candidates_.clear();
    world.gem_grid().for_each_near(box, [&](std::uint16_t id) {
        const Gem& gem = world.gems()[id];
        if (gem.ticks_left == 0 || !box.contains(gem.position)) return;
        const FixedVector off = gem.position - center;
        candidates_.push_back({.distance = dot(off, off), .id = id});
    });
    keep_nearest(std::min(most, Snapshot::gems_max));
    for (const Candidate& candidate : candidates_) {
        const Gem& gem = world.gems()[candidate.id];
        snapshot_->gems.push({.id = candidate.id,
                              .x = to_quanta(gem.position.x, world),
                              .y = to_quanta(gem.position.y, world)});
    }
}

// Leaves the nearest, by ascending id as the wire wants them.
void SnapshotWriter::keep_nearest(std::size_t most) {
    if (candidates_.size() > most) {
        const auto nearer = [](const Candidate& a, const Candidate& b) {
            return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
        };
        const auto last = candidates_.begin() + static_cast<std::ptrdiff_t>(most);
        std::nth_element(candidates_.begin(), last, candidates_.end(), nearer);
        candidates_.resize(most);
    }
    std::ranges::sort(candidates_, {}, &Candidate::id);
}

OwnState own_state(const World& world, ShipId id) {
    const Ship& ship = world.ships()[id];
    const bool in_beacon = ship.alive() && world.in_beacon(ship.position);
    const int flags = (ship.alive() ? OwnState::alive : 0) | (in_beacon ? OwnState::in_beacon : 0) |
                      (ship.thrusting ? OwnState::thrusting : 0) |
                      (ship.braking ? OwnState::braking : 0);
    return {.flags = static_cast<std::uint8_t>(flags),
            .x = ship.position.x.raw(),
            .y = ship.position.y.raw(),
            .vx = ship.velocity.x.raw(),
            .vy = ship.velocity.y.raw(),
            .heading = ship.heading.turns,
            .aim = ship.aim.to_byte(),
            .energy = ship.energy,
            .cooldown_ticks = ship.cooldown_ticks,
            .respawn_ticks = ship.respawn_ticks,
            .score = ship.score,
            .kills = ship.kills,
            .deaths = ship.deaths,
            .hits = ship.hits};
}

}  // namespace railroids
