#include "railroids/beam_teller.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace railroids {

namespace {

BeamRecord record_of(const Beam& beam) {
    const std::int32_t x = beam.from.x.floor();
    const std::int32_t y = beam.from.y.floor();
    const auto along = [](std::int32_t offset) {
        return std::clamp(offset, -BeamRecord::reach, BeamRecord::reach);
    };
    return {.id = beam.id,
            .shooter = beam.shooter,
            .is_hit = beam.hit != nobody,
            .hit = beam.hit != nobody ? beam.hit : ShipId{0},
            .x = x,
            .y = y,
            .dx = along(beam.to.x.floor() - x),
            .dy = along(beam.to.y.floor() - y)};
}

bool touch(const Rect& a, const Rect& b) {
    return a.x1 >= b.x0 && a.x0 <= b.x1 && a.y1 >= b.y0 && a.y0 <= b.y1;
}

}  // namespace

BeamTeller::BeamTeller(const World& world, const Scale& scale, std::uint32_t snapshot_bytes)
    : world_(world),
      scale_(scale),
      bits_max_(snapshot_bytes > 0 ? std::size_t{snapshot_bytes} * 8 / 4 : ~std::size_t{0}),
      packed_(world.beams_max()) {
    new_.reserve(packed_.size());
}

void BeamTeller::write(ringtick::FieldWriter& writer, std::uint32_t since, const Rect& box) {
    if (packed_to_ != world_.tick()) pack_new();
    std::size_t room = std::min(writer.bits_left() / 4, bits_max_);
    const std::size_t oldest = packed_count_ - std::min(packed_count_, packed_.size());
    seen_.clear();
    for (std::size_t i = packed_count_; i-- > oldest && !seen_.full();) {
        const Packed& beam = packed_[i % packed_.size()];
        const std::uint64_t ago = world_.tick() - beam.tick;
        if (beam.tick <= since || ago > BeamRecord::ticks_ago_max) break;
        if (!touch(beam.box, box)) continue;
        const std::size_t width = BeamRecord::ticks_ago_bits + beam.width;
        if (width > room) break;
        room -= width;
        seen_.push(&beam);
    }
    writer.list(seen_, [&](const Packed* beam) {
        writer.bits(world_.tick() - beam->tick, BeamRecord::ticks_ago_bits);
        writer.packed(beam->bits, beam->width);
    });
}

void BeamTeller::pack_new() {
    new_.clear();
    world_.for_each_beam([&](const Beam& beam) {
        if (beam.tick > packed_to_) new_.push_back(&beam);
        return beam.tick > packed_to_;
    });
    for (auto beam = new_.rbegin(); beam != new_.rend(); ++beam) {
        packed_[packed_count_++ % packed_.size()] = pack(**beam);
    }
    packed_to_ = world_.tick();
}

BeamTeller::Packed BeamTeller::pack(const Beam& beam) const {
    Packed packed{.tick = beam.tick,
                  .box = {.x0 = std::min(beam.from.x, beam.to.x),
                          .y0 = std::min(beam.from.y, beam.to.y),
                          .x1 = std::max(beam.from.x, beam.to.x),
                          .y1 = std::max(beam.from.y, beam.to.y)}};
    ringtick::FieldWriter writer(packed.bits);
    const BeamRecord record = record_of(beam);
    describe_shot(writer, record, scale_);
    packed.width = static_cast<unsigned>(packed.bits.size() * 8 - writer.bits_left());
    writer.finish();
    ASSERT(!writer.overflowed());
    return packed;
}

}  // namespace railroids
