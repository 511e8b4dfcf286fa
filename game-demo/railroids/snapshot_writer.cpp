#include "railroids/snapshot_writer.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstddef>

namespace railroids {

namespace {

// Whose values make no difference to how many bits they take.
constexpr ShipRecord any_ship;
constexpr GemRecord any_gem;

constexpr unsigned ships_count_bits = ringtick::FieldWriter::count_width<decltype(Snapshot::ships)>;
constexpr unsigned gems_count_bits = ringtick::FieldWriter::count_width<decltype(Snapshot::gems)>;

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

template <class Describe>
unsigned bits_of(Describe describe) {
    ringtick::FieldMeter meter;
    describe(meter);
    return static_cast<unsigned>(meter.bit_count());
}

ShipRecord record_of(const Ship& ship, ShipId id, const World& world) {
    return {
        .id = id,
        .x = to_quanta(ship.position.x, world),
        .y = to_quanta(ship.position.y, world),
        .vx = to_speed(ship.velocity.x),
        .vy = to_speed(ship.velocity.y),
        .heading = ship.heading.to_byte(),
        .aim = ship.aim.to_byte(),
        .energy = ship.energy,
        .flags = static_cast<std::uint8_t>((ship.thrusting ? ShipRecord::thrusting : 0) |
                                           (ship.braking ? ShipRecord::braking : 0)),
    };
}

GemRecord record_of(const Gem& gem, std::uint16_t id, const World& world) {
    return {.id = id, .x = to_quanta(gem.position.x, world), .y = to_quanta(gem.position.y, world)};
}

}  // namespace

SnapshotWriter::SnapshotWriter(const World& world, const Scale& scale)
    : world_(world),
      scale_(scale),
      ship_bits_(bits_of([&](auto& codec) { describe_ship(codec, any_ship, scale); })),
      gem_bits_(bits_of([&](auto& codec) { describe_gem(codec, any_gem, scale); })),
      packed_ships_(world.ships().size()),
      packed_gems_(world.gems().size()),
      seen_(std::max(world.ships().size(), world.gems().size())) {
    candidates_.reserve(std::max(world.ships().size(), world.gems().size()));
}

// What a ship or gem looks like on the wire is the same for everyone: once a tick.
void SnapshotWriter::begin_tick() {
    const auto ships = world_.ships();
    for (std::size_t i = 0; i < ships.size(); ++i) {
        if (!ships[i].alive()) continue;
        const ShipRecord record = record_of(ships[i], static_cast<ShipId>(i), world_);
        packed_ships_.pack(i, [&](auto& codec) { describe_ship(codec, record, scale_); });
    }
    const auto gems = world_.gems();
    for (std::size_t i = 0; i < gems.size(); ++i) {
        if (gems[i].ticks_left == 0) continue;
        const GemRecord record = record_of(gems[i], static_cast<std::uint16_t>(i), world_);
        packed_gems_.pack(i, [&](auto& codec) { describe_gem(codec, record, scale_); });
    }
}

std::size_t SnapshotWriter::write(const Viewer& viewer, std::span<std::byte> out) {
    const FixedVector center = world_.ships()[viewer.id].position;
    const Rect box = Rect::around(center, half_width, half_height);
    const ringtick::SnapshotHeader header = header_for(viewer);
    const OwnState own = own_state(world_, viewer.id);
    fill_beams(viewer, box);

    // What does not fit into `out` is left away: first gems, then ships, then beams.
    constexpr std::size_t counts_bits = std::size_t{ships_count_bits} + gems_count_bits;
    const auto bits_left = [&] {
        const std::size_t used = counts_bits + bits_of([&](auto& codec) {
                                     describe_snapshot_start(codec, header, own, beams_, scale_);
                                 });
        return static_cast<std::ptrdiff_t>(out.size() * 8) - static_cast<std::ptrdiff_t>(used);
    };
    if (bits_left() < 0) beams_.clear();
    std::ptrdiff_t left = bits_left();
    if (left < 0) return 0;

    ringtick::FieldWriter writer(out);
    describe_snapshot_start(writer, header, own, beams_, scale_);
    see_ships(box, center, static_cast<std::size_t>(left) / ship_bits_);
    left -= static_cast<std::ptrdiff_t>(seen_.size() * ship_bits_);
    writer.bits(seen_.size(), ships_count_bits);
    seen_.for_each([&](ShipId id) { writer.packed(packed_ships_[id], ship_bits_); });
    see_gems(box, center, static_cast<std::size_t>(left) / gem_bits_);
    writer.bits(seen_.size(), gems_count_bits);
    seen_.for_each([&](std::uint16_t id) { writer.packed(packed_gems_[id], gem_bits_); });

    const std::size_t size = writer.finish();
    ASSERT(!writer.overflowed());
    return size;
}

ringtick::SnapshotHeader SnapshotWriter::header_for(const Viewer& viewer) const {
    using ringtick::SnapshotHeader;
    const bool skipped = viewer.last_tick != 0 && world_.tick() > viewer.last_tick + 1;
    const auto stamp =
        static_cast<std::int32_t>(viewer.input_stamp - static_cast<std::uint32_t>(world_.tick()));
    return {
        .tag = {.kind = MessageKind::snapshot,
                .flags =
                    static_cast<std::uint8_t>(SnapshotHeader::keyframe | SnapshotHeader::own_state |
                                              (skipped ? SnapshotHeader::rate_delayed : 0))},
        .tick = static_cast<std::uint32_t>(world_.tick()),
        .input_tick = static_cast<std::int8_t>(std::clamp(stamp, -128, 127)),
        .input_lead = viewer.input_lead,
    };
}

// Each shot once: those since the last snapshot that was written for this viewer.
void SnapshotWriter::fill_beams(const Viewer& viewer, const Rect& box) {
    beams_.clear();
    world_.for_each_beam([&](const Beam& beam) {
        const std::uint64_t ago = world_.tick() - beam.tick;
        if (beam.tick <= viewer.last_tick || ago > BeamRecord::ticks_ago_max) return false;
        if (!crosses(beam, box)) return true;
        beams_.push({.id = beam.id,
                     .ticks_ago = static_cast<std::uint8_t>(ago),
                     .shooter = beam.shooter,
                     .is_hit = beam.hit != nobody,
                     .hit = beam.hit != nobody ? beam.hit : ShipId{0},
                     .x0 = to_quanta(beam.from.x, world_),
                     .y0 = to_quanta(beam.from.y, world_),
                     .x1 = to_quanta(beam.to.x, world_),
                     .y1 = to_quanta(beam.to.y, world_)});
        return !beams_.full();
    });
}

void SnapshotWriter::see_ships(const Rect& box, FixedVector center, std::size_t most) {
    const auto ships = world_.ships();
    candidates_.clear();
    world_.ship_grid().for_each_near(box, [&](ShipId id) {
        if (ships[id].alive() && box.contains(ships[id].position)) candidates_.push_back(id);
    });
    see_nearest(std::min(most, Snapshot::ships_max), center,
                [&](ShipId id) { return ships[id].position; });
}

void SnapshotWriter::see_gems(const Rect& box, FixedVector center, std::size_t most) {
    const auto gems = world_.gems();
    candidates_.clear();
    world_.gem_grid().for_each_near(box, [&](std::uint16_t id) {
        if (gems[id].ticks_left > 0 && box.contains(gems[id].position)) candidates_.push_back(id);
    });
    see_nearest(std::min(most, Snapshot::gems_max), center,
                [&](std::uint16_t id) { return gems[id].position; });
}

// Of the candidates the nearest, if there are too many.
template <class PlaceOf>
void SnapshotWriter::see_nearest(std::size_t most, FixedVector center, PlaceOf place_of) {
    if (candidates_.size() > most) {
        const auto nearer = [&](std::uint16_t a, std::uint16_t b) {
            const FixedVector off_a = place_of(a) - center;
            const FixedVector off_b = place_of(b) - center;
            const auto distance_a = dot(off_a, off_a);
            const auto distance_b = dot(off_b, off_b);
            return distance_a != distance_b ? distance_a < distance_b : a < b;
        };
        const auto last = candidates_.begin() + static_cast<std::ptrdiff_t>(most);
        std::nth_element(candidates_.begin(), last, candidates_.end(), nearer);
        candidates_.resize(most);
    }
    seen_.clear();
    for (const std::uint16_t id : candidates_) seen_.insert(id);
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
