#pragma once

#include "railroids/ship.hpp"
#include "railroids/terrain.hpp"
#include "railroids/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace railroids {

// What both sides know of a world (see replica/snapshot.hpp). Both must live as long.
class SharedRules {
public:
    SharedRules(const Scale& scale, const Terrain& terrain) : scale_(scale), terrain_(terrain) {}

    ringtick::Extent extent() const { return scale_.extent(); }
    std::uint32_t ids(std::type_identity<Ship>) const { return scale_.ships; }
    std::uint32_t ids(std::type_identity<Gem>) const { return gem_places(scale_.ships); }
    void step(Ship& ship, std::uint32_t tick) const { coast(ship, tick, terrain_); }
    void step(Gem&, std::uint32_t) const {}

    template <class Codec, class List>
    void passing(Codec& codec, List& beams) const {
        codec.list(beams, [&](auto& beam) { describe_beam(codec, beam, scale_); });
    }

private:
    const Scale& scale_;
    const Terrain& terrain_;
};

// ringtick::read_snapshot with these rules.
bool decode(std::span<const std::byte> in,
            const Scale& scale,
            const Terrain& terrain,
            const Snapshot* before,
            Snapshot& after);

}  // namespace railroids
