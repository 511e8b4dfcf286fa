#include "railroids/snapshot_writer.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace railroids {

namespace {

using ringtick::Known;
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

// The own ship before all others, then the nearer before the farther: weight 64 up close, 1 at the
// edge. Gems do not move and can wait.
std::uint32_t urgency_of(FixedVector off) {
    constexpr std::int64_t near = squared(Fixed::from_int(160));
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(64 * near / (dot(off, off) + 1), 1, 64));
}

}  // namespace

SnapshotWriter::SnapshotWriter(const World& world, const Scale& scale, std::size_t players_max)
    : world_(world),
      scale_(scale),
      ship_models_(world.ships().size(), scale.extent()),
      gem_models_(world.gems().size(), scale.extent()),
      ship_writer_(ship_models_, scale.id_bits),
      gem_writer_(gem_models_, ringtick::bits_for(gem_places(scale.ships))),
      told_(players_max),
      known_(std::make_unique_for_overwrite<Known[]>(players_max * 2 *
                                                     (Snapshot::ships_max + Snapshot::gems_max))),
      candidate_set_(std::max(world.ships().size(), world.gems().size())) {
    candidates_.reserve(std::max(world.ships().size(), world.gems().size()));
    seen_.reserve(std::max(Snapshot::ships_max, Snapshot::gems_max));
}

void SnapshotWriter::begin_tick() {
    const auto tick = static_cast<std::uint32_t>(world_.tick());
    ship_models_.advance(tick, world_.ships(), [this](Ship& ship, std::uint32_t now) {
        coast(ship, now, world_.terrain());
    });
    gem_models_.advance(tick, world_.gems(), [](Gem&, std::uint32_t) {});
}

std::size_t SnapshotWriter::write(const Viewer& viewer, std::span<std::byte> out) {
    ASSERT(viewer.id < told_.size());
    Told& told = told_[viewer.id];
    const auto tick = static_cast<std::uint32_t>(world_.tick());
    if (latest(viewer.id).tick == tick) take_back(viewer.id);  // Asked again: that one never left.
    Baseline before = latest(viewer.id);
    if (tick - before.tick > SnapshotHeader::ticks_since_max) before = {};
    // A list that has grown out of the room there is for its changes is begun anew.
    const auto nothing_fits = [&] {
        forget(viewer.id);
        return std::size_t{0};
    };
    const SnapshotHeader header = header_for(viewer, before);
    const FixedVector center = world_.ships()[viewer.id].position;
    const Nearby nearby{.center = center,
                        .inner = box_around(center, margin),
                        .outer = box_around(center, margin + hysteresis)};
    const unsigned next = 1U - told.latest;
    Baseline& after = told.baselines[next];
    after = {.tick = tick, .own = before.own};
    ringtick::FieldWriter writer(out);
    describe_snapshot_header(writer, header, before.tick);
    write_own(writer, before, after.own, viewer.id);
    fill_beams(before.tick, nearby.inner, writer.bits_left() / 4);
    writer.list(beams_, [&](const auto& beam) { describe_beam(writer, beam, scale_); });

    const auto ships_known = known_ships(viewer.id, told.latest).first(before.ship_count);
    const auto gems_known = known_gems(viewer.id, told.latest).first(before.gem_count);
    const std::size_t for_gems = ringtick::ViewWriter<Gem>::least_width_max(gems_known.size());
    if (writer.bits_left() < for_gems) return nothing_fits();
    see(world_.ships(), world_.ship_grid(), ships_known, nearby, Snapshot::ships_max);
    const auto ships = ship_writer_.write(
        writer,
        {.before = ships_known,
         .since = before.tick,
         .seen = seen_,
         .bits_max = writer.bits_left() - for_gems},
        known_ships(viewer.id, next),
        [&](ShipId id) { return urgency_of(world_.ships()[id].position - center); });
    if (!ships || writer.overflowed()) return nothing_fits();
    see(world_.gems(), world_.gem_grid(), gems_known, nearby, Snapshot::gems_max);
    const auto gems = gem_writer_.write(
        writer,
        {.before = gems_known, .since = before.tick, .seen = seen_, .bits_max = writer.bits_left()},
        known_gems(viewer.id, next), [](std::uint16_t) { return 1U; });
    if (!gems) return nothing_fits();

    const std::size_t size = writer.finish();
    ASSERT(!writer.overflowed());
    after.ship_count = static_cast<std::uint16_t>(*ships);
    after.gem_count = static_cast<std::uint16_t>(*gems);
    told.latest = static_cast<std::uint8_t>(next);
    return size;
}

void SnapshotWriter::take_back(ShipId viewer) {
    told_[viewer].latest ^= 1;
}

void SnapshotWriter::forget(ShipId viewer) {
    told_[viewer] = {};
}

std::span<Known> SnapshotWriter::known_ships(ShipId viewer, unsigned generation) {
    constexpr std::size_t both = Snapshot::ships_max + Snapshot::gems_max;
    const std::size_t place = (std::size_t{viewer} * 2 + generation) * both;
    return {known_.get() + place, Snapshot::ships_max};
}

std::span<Known> SnapshotWriter::known_gems(ShipId viewer, unsigned generation) {
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
    std::array<std::byte, 128> memory{};
    ringtick::FieldWriter correction(memory);
    const bool is_corrected = write_step(correction, telling, own, actual,
                                         [&](Ship& ship) { coast(ship, tick, world_.terrain()); });
    const auto width = static_cast<unsigned>(memory.size() * 8 - correction.bits_left());
    correction.finish();
    writer.bits(is_corrected, 1);
    if (is_corrected) writer.packed(memory, width);
}

// Each shot once: those since the last snapshot that was written for this viewer. The latest, if
// they do not all fit.
void SnapshotWriter::fill_beams(std::uint32_t since, const Rect& box, std::size_t bits_max) {
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
}

// Fills seen_ with what is in sight, the nearest if there is too much of it, by ascending id.
template <class Entities>
void SnapshotWriter::see(const Entities& entities,
                         const Grid& grid,
                         std::span<const Known> known,
                         const Nearby& nearby,
                         std::size_t most) {
    candidate_set_.clear();
    grid.for_each_near(nearby.outer, [&](std::uint16_t id) {
        const auto& entity = entities[id];
        if (entity.shown() && nearby.outer.contains(entity.position)) candidate_set_.insert(id);
    });
    candidates_.clear();
    std::size_t place = 0;
    candidate_set_.for_each([&](std::uint16_t id) {
        while (place < known.size() && known[place].id < id) place += 1;
        const bool was_seen = place < known.size() && known[place].id == id;
        if (was_seen || nearby.inner.contains(entities[id].position)) candidates_.push_back(id);
    });
    if (candidates_.size() > most) {
        const auto distance = [&](std::uint16_t id) {
            const FixedVector off = entities[id].position - nearby.center;
            return dot(off, off);
        };
        const auto nearer = [&](std::uint16_t a, std::uint16_t b) {
            return distance(a) != distance(b) ? distance(a) < distance(b) : a < b;
        };
        const auto last = candidates_.begin() + static_cast<std::ptrdiff_t>(most);
        std::nth_element(candidates_.begin(), last, candidates_.end(), nearer);
        candidates_.resize(most);
        std::ranges::sort(candidates_);
    }
    seen_.assign(candidates_.begin(), candidates_.end());
}

}  // namespace railroids
