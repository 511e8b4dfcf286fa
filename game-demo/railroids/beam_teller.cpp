#include "railroids/beam_teller.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <span>

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
      packed_(std::bit_ceil(world.beams_max())),
      last_place_(packed_.size() - 1),
      index_(scale.side, packed_.size()) {
    new_.reserve(packed_.size());
}

void BeamTeller::write(ringtick::FieldWriter& out, std::uint32_t since, const Rect& box) {
    if (packed_to_ != world_.tick()) pack_new();
    std::size_t room = std::min(out.bits_left() / 4, bits_max_);
    seen_.clear();
    index_.for_each_near(box, first_since(since), packed_count_, [&](std::uint64_t number) {
        const Packed& beam = packed(number);
        if (!touch(beam.box, box)) return true;
        if (beam.width > room) return false;
        room -= beam.width;
        seen_.push(&beam);
        return !seen_.full();
    });
    ringtick::FieldWriter writer = out;
    writer.list(seen_, [&](const Packed* beam) {
        writer.packed(beam->bits[0] | (world_.tick() - beam->tick), 64);
        writer.packed(beam->bits[1], beam->width - 64);
    });
    out = writer;
}

// The first that is to be told to somebody who knows of all up to that tick.
std::uint64_t BeamTeller::first_since(std::uint32_t since) const {
    const std::uint64_t oldest =
        packed_count_ - std::min<std::uint64_t>(packed_count_, packed_.size());
    std::uint64_t first = since < world_.tick() ? first_now_ : packed_count_;
    if (since + 1 >= world_.tick()) return first;
    const auto is_told = [&](const Packed& beam) {
        return beam.tick > since && world_.tick() - beam.tick <= BeamRecord::ticks_ago_max;
    };
    while (first > oldest && is_told(packed(first - 1))) first -= 1;
    return first;
}

[[gnu::noinline]] void BeamTeller::pack_new() {
    new_.clear();
    first_now_ = packed_count_;
    world_.for_each_beam([&](const Beam& beam) {
        if (beam.tick > packed_to_) new_.push_back(&beam);
        return beam.tick > packed_to_;
    });
    for (auto beam = new_.rbegin(); beam != new_.rend(); ++beam) {
        if ((*beam)->tick < world_.tick()) first_now_ = packed_count_ + 1;
        const Packed& added = packed_[packed_count_ & last_place_] = pack(**beam);
        index_.add(packed_count_++, added.box);
    }
    packed_to_ = world_.tick();
}

BeamTeller::Packed BeamTeller::pack(const Beam& beam) const {
    Packed packed{.tick = beam.tick,
                  .box = {.x0 = std::min(beam.from.x, beam.to.x),
                          .y0 = std::min(beam.from.y, beam.to.y),
                          .x1 = std::max(beam.from.x, beam.to.x),
                          .y1 = std::max(beam.from.y, beam.to.y)}};
    ringtick::FieldWriter writer(std::as_writable_bytes(std::span(packed.bits)));
    const BeamRecord record = record_of(beam);
    describe_beam(writer, record, scale_);
    packed.width = static_cast<unsigned>(sizeof(packed.bits) * 8 - writer.bits_left());
    writer.finish();
    ASSERT(!writer.overflowed());
    ASSERT(packed.width >= 64);
    return packed;
}

}  // namespace railroids
