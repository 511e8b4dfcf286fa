#include "railroids/snapshot_writer.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstddef>

namespace railroids {

namespace {

using ringtick::SnapshotHeader;

constexpr std::int32_t margin = 128;
constexpr std::int32_t hysteresis = 64;  // Who flies along the edge does not come and go.

Rect box_around(FixedVector center, std::int32_t more) {
    return Rect::around(center, Fixed::from_int(view_width / 2 + more),
                        Fixed::from_int(view_height / 2 + more));
}

bool crosses(const Beam& beam, const Rect& box) {
    return std::max(beam.from.x, beam.to.x) >= box.x0 &&
           std::min(beam.from.x, beam.to.x) <= box.x1 &&
           std::max(beam.from.y, beam.to.y) >= box.y0 && std::min(beam.from.y, beam.to.y) <= box.y1;
}

BeamRecord record_of(const Beam& beam, std::uint64_t ago) {
    const std::int32_t x = beam.from.x.floor();
    const std::int32_t y = beam.from.y.floor();
    const auto along = [](std::int32_t offset) {
        return std::clamp(offset, -BeamRecord::reach, BeamRecord::reach);
    };
    return {.id = beam.id,
            .ticks_ago = static_cast<std::uint8_t>(ago),
            .shooter = beam.shooter,
            .is_hit = beam.hit != nobody,
            .hit = beam.hit != nobody ? beam.hit : ShipId{0},
            .x = x,
            .y = y,
            .dx = along(beam.to.x.floor() - x),
            .dy = along(beam.to.y.floor() - y)};
}

// What is nearer before what is farther: weight 64 up close, the own ship there, 1 at the edge.
std::uint32_t urgency_of(FixedVector off) {
    constexpr std::int64_t near = squared(Fixed::from_int(160));
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(64 * near / (dot(off, off) + 1), 1, 64));
}

}  // namespace

SnapshotWriter::SnapshotWriter(const World& world, const Scale& scale, std::size_t players_max)
    : world_(world),
      scale_(scale),
      ships_(world.ships(), world.ship_grid(), scale, scale.ships),
      gems_(world.gems(), world.gem_grid(), scale, gem_places(scale.ships)),
      told_(players_max),
      known_(std::make_unique_for_overwrite<Known[]>(players_max * 2 *
                                                     (Snapshot::ships_max + Snapshot::gems_max))) {
    seen_.reserve(std::max(world.ships().size(), world.gems().size()));
}

void SnapshotWriter::begin_tick() {
    const auto tick = static_cast<std::uint32_t>(world_.tick());
    ships_.models.advance(tick, ships_.entities, [this](Ship& ship, std::uint32_t now) {
        coast(ship, now, world_.terrain());
    });
    gems_.models.advance(tick, gems_.entities, [](Gem&, std::uint32_t) {});
}

std::size_t SnapshotWriter::write(const Viewer& viewer, std::span<std::byte> out) {
    ASSERT(viewer.id < told_.size());
    const auto tick = static_cast<std::uint32_t>(world_.tick());
    if (latest(viewer.id).tick == tick) take_back(viewer.id);  // Asked again: that one never left.
    if (tick - latest(viewer.id).tick > SnapshotHeader::ticks_since_max) forget(viewer.id);
    const std::size_t size = write_after(viewer, latest(viewer.id), out);
    // A list that has grown out of the room there is for its changes is begun anew.
    if (size == 0) forget(viewer.id);
    return size;
}

std::size_t SnapshotWriter::write_after(const Viewer& viewer,
                                        const Baseline& before,
                                        std::span<std::byte> out) {
    const FixedVector center = world_.ships()[viewer.id].position;
    const Sight sight{.center = center,
                      .inner = box_around(center, margin),
                      .outer = box_around(center, margin + hysteresis)};
    Told& told = told_[viewer.id];
    const unsigned now = told.latest;
    const unsigned next = 1U - now;
    Baseline& after = told.baselines[next];
    after = {.tick = static_cast<std::uint32_t>(world_.tick()), .own = before.own};

    ringtick::FieldWriter writer(out);
    const SnapshotHeader header = header_for(viewer, before);
    describe_snapshot_header(writer, header, before.tick);
    write_own(writer, before, after.own, viewer.id);
    write_beams(writer, before.tick, sight.inner);

    Lists lists{.before = known_ships(viewer.id, now).first(before.ship_count),
                .after = known_ships(viewer.id, next),
                .since = before.tick};
    const std::size_t for_gems = ringtick::ViewWriter<Gem>::least_width_max(before.gem_count);
    if (writer.overflowed() || writer.bits_left() < for_gems) return 0;
    lists.bits_max = writer.bits_left() - for_gems;
    const auto ship_count = write_list(writer, ships_, sight, lists);
    if (!ship_count) return 0;
    lists.before = known_gems(viewer.id, now).first(before.gem_count);
    lists.after = known_gems(viewer.id, next);
    lists.bits_max = writer.bits_left();
    const auto gem_count = write_list(writer, gems_, sight, lists);
    if (!gem_count) return 0;

    const std::size_t size = writer.finish();
    ASSERT(!writer.overflowed());
    after.ship_count = *ship_count;
    after.gem_count = *gem_count;
    told.latest = static_cast<std::uint8_t>(next);
    return size;
}

void SnapshotWriter::take_back(ShipId viewer) {
    told_[viewer].latest ^= 1;
}

void SnapshotWriter::forget(ShipId viewer) {
    told_[viewer] = {};
}

std::span<ringtick::Known> SnapshotWriter::known_ships(ShipId viewer, unsigned generation) {
    constexpr std::size_t both = Snapshot::ships_max + Snapshot::gems_max;
    const std::size_t place = (std::size_t{viewer} * 2 + generation) * both;
    return {known_.get() + place, Snapshot::ships_max};
}

std::span<ringtick::Known> SnapshotWriter::known_gems(ShipId viewer, unsigned generation) {
    return {known_ships(viewer, generation).data() + Snapshot::ships_max, Snapshot::gems_max};
}

SnapshotHeader SnapshotWriter::header_for(const Viewer& viewer, const Baseline& before) const {
    const auto tick = static_cast<std::uint32_t>(world_.tick());
    const bool is_keyframe = before.tick == 0;
    const bool skipped = !is_keyframe && tick > before.tick + 1;
    const auto stamp = static_cast<std::int32_t>(viewer.input_stamp - tick);
    return {
        .tag = {.kind = MessageKind::snapshot,
                .flags = static_cast<std::uint8_t>((is_keyframe ? SnapshotHeader::keyframe : 0) |
                                                   SnapshotHeader::own_state |
                                                   (skipped ? SnapshotHeader::rate_delayed : 0))},
        .tick = tick,
        .input_tick = static_cast<std::int8_t>(std::clamp(stamp, -128, 127)),
        .input_lead = viewer.input_lead,
    };
}

// `own` is what the viewer was told of its ship and becomes what it is told now; the counterpart of
// read_own in snapshot.cpp.
void SnapshotWriter::write_own(ringtick::FieldWriter& writer,
                               const Baseline& before,
                               Ship& own,
                               ShipId id) const {
    const Ship& actual = world_.ships()[id];
    const auto tick = static_cast<std::uint32_t>(world_.tick());
    const ringtick::Telling telling{Ship::owner_wire, scale_.extent()};
    if (before.tick == 0) {
        begin_model(telling, own, actual);
        return describe_whole(writer, telling, own);
    }
    for (std::uint32_t between = before.tick + 1; between < tick; ++between) {
        step_model(telling, own, [&](Ship& ship) { coast(ship, between, world_.terrain()); });
    }
    const auto miss =
        follow(telling, own, actual, [&](Ship& ship) { coast(ship, tick, world_.terrain()); });
    writer.bits(miss.mask != 0, 1);
    if (miss.mask != 0) write_miss(writer, telling, miss, own, actual);
}

// Each shot once: those since the last snapshot that was written for this viewer. The latest, if
// they take more than a quarter of the room.
void SnapshotWriter::write_beams(ringtick::FieldWriter& writer,
                                 std::uint32_t since,
                                 const Rect& box) {
    const std::size_t bits_max = writer.bits_left() / 4;
    beams_.clear();
    ringtick::FieldMeter meter;
    world_.for_each_beam([&](const Beam& beam) {
        const std::uint64_t ago = world_.tick() - beam.tick;
        if (beam.tick <= since || ago > BeamRecord::ticks_ago_max) return false;
        if (!crosses(beam, box)) return true;
        const BeamRecord record = record_of(beam, ago);
        describe_beam(meter, record, scale_);
        if (meter.bit_count() > bits_max) return false;
        beams_.push(record);
        return !beams_.full();
    });
    writer.list(beams_, [&](const auto& beam) { describe_beam(writer, beam, scale_); });
}

// How many are in the list then; nothing if not the least fits.
template <class Entity>
std::optional<std::uint16_t> SnapshotWriter::write_list(ringtick::FieldWriter& writer,
                                                        Kind<Entity>& kind,
                                                        const Sight& sight,
                                                        const Lists& lists) {
    see(kind, sight, lists.before, lists.after.size());
    const auto count = kind.writer.write(
        writer,
        {.before = lists.before, .since = lists.since, .seen = seen_, .bits_max = lists.bits_max},
        lists.after,
        [&](std::uint16_t id) { return urgency_of(kind.entities[id].position - sight.center); });
    if (!count) return std::nullopt;
    return static_cast<std::uint16_t>(*count);
}

// Fills seen_ with what is in sight, the nearest if there is too much of it, by ascending id.
template <class Entity>
void SnapshotWriter::see(Kind<Entity>& kind,
                         const Sight& sight,
                         std::span<const Known> known,
                         std::size_t most) {
    const auto place_of = [&](std::uint16_t id) { return kind.entities[id].position; };
    kind.near.clear();
    kind.grid.for_each_near(sight.outer, [&](std::uint16_t id) {
        const bool is_near = kind.entities[id].shown() && sight.outer.contains(place_of(id));
        if (is_near) kind.near.insert(id);
    });
    seen_.clear();
    std::size_t place = 0;
    kind.near.for_each([&](std::uint16_t id) {
        while (place < known.size() && known[place].id < id) place += 1;
        const bool was_seen = place < known.size() && known[place].id == id;
        if (was_seen || sight.inner.contains(place_of(id))) seen_.push_back(id);
    });
    if (seen_.size() <= most) return;
    const auto distance = [&](std::uint16_t id) {
        const FixedVector off = place_of(id) - sight.center;
        return dot(off, off);
    };
    const auto nearer = [&](std::uint16_t a, std::uint16_t b) {
        return distance(a) != distance(b) ? distance(a) < distance(b) : a < b;
    };
    const auto last = seen_.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(seen_.begin(), last, seen_.end(), nearer);
    seen_.resize(most);
    std::ranges::sort(seen_);
}

}  // namespace railroids
