#include "railroids/snapshot.hpp"

#include "replica/view_reader.hpp"

namespace railroids {

namespace {

using ringtick::FieldReader;
using ringtick::SnapshotHeader;
using ringtick::ViewSpan;

// The own ship, told in full to begin with and then as corrections of what it does by itself.
void read_own(FieldReader& reader,
              const Snapshot* before,
              Ship& own,
              const ViewSpan& span,
              const Terrain& terrain) {
    const ringtick::Telling telling{Ship::owner_wire, span.extent};
    if (before == nullptr) {
        own = Ship{};
        describe_whole(reader, telling, own);
        return;
    }
    own = before->own;
    for (std::uint32_t i = 1; i < span.tick - span.since; ++i) {
        step_model(telling, own, [&](Ship& ship) { coast(ship, span.since + i, terrain); });
    }
    const auto step = [&](Ship& ship) { coast(ship, span.tick, terrain); };
    bool is_corrected = false;
    reader.bits(is_corrected, 1);
    if (is_corrected) {
        read_step(reader, telling, own, step);
    } else {
        step_model(telling, own, step);
    }
}

template <class List, class Step>
bool read_list(
    FieldReader& reader, const ViewSpan& span, const List* before, List& after, Step step) {
    using Entity = decltype(after[0].entity);
    ringtick::ViewReader<Entity, List::capacity, Step> list_reader(reader, span, step);
    return list_reader.read(before, after);
}

}  // namespace

bool decode(std::span<const std::byte> in,
            const Scale& scale,
            const Terrain& terrain,
            const Snapshot* before,
            Snapshot& after) {
    FieldReader reader(in);
    SnapshotHeader& header = after.header;
    describe_snapshot_header(reader, header, before != nullptr ? before->header.tick : 0);
    const bool is_keyframe = (header.tag.flags & SnapshotHeader::keyframe) != 0;
    if (!reader.ok() || header.tag.kind != MessageKind::snapshot) return false;
    if (is_keyframe) before = nullptr;
    if (!is_keyframe && before == nullptr) return false;

    ViewSpan span{.since = before != nullptr ? before->header.tick : header.tick,
                  .tick = header.tick,
                  .extent = scale.extent(),
                  .ids = scale.ships,
                  .id_bits = scale.id_bits};
    read_own(reader, before, after.own, span, terrain);
    reader.list(after.beams, [&](auto& beam) { describe_beam(reader, beam, scale); });
    const bool ships_fine =
        read_list(reader, span, before != nullptr ? &before->ships : nullptr, after.ships,
                  [&](Ship& ship, std::uint32_t tick) { coast(ship, tick, terrain); });
    span.ids = gem_places(scale.ships);
    span.id_bits = ringtick::bits_for(span.ids);
    return ships_fine &&
           read_list(reader, span, before != nullptr ? &before->gems : nullptr, after.gems,
                     [](Gem&, std::uint32_t) {}) &&
           reader.finished();
}

}  // namespace railroids
