#pragma once

#include "railroids/box_index.hpp"
#include "railroids/wire.hpp"
#include "railroids/world.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace railroids {

// Writes the shots in sight into snapshots (as wire.hpp lays Beams out). Each is packed once,
// whoever sees it. Memory at construction.
class BeamTeller {
public:
    // Both must live as long.
    BeamTeller(const World& world, const Scale& scale, std::uint32_t snapshot_bytes);

    // Each shot since that tick that crosses the box; the latest, if they take more than a quarter
    // of the room, or of a snapshot's budget if there is one.
    [[gnu::flatten]] void write(ringtick::FieldWriter& out, std::uint32_t since, const Rect& box);

private:
    // As it is told in its own tick. Later its first bits, ticks_ago, are another number.
    struct Packed {
        std::uint64_t tick = 0;
        Rect box{};
        unsigned width = 0;
        std::array<std::uint64_t, 2> bits{};
    };

    std::uint64_t first_since(std::uint32_t since) const;
    void pack_new();
    Packed pack(const Beam& beam) const;
    const Packed& packed(std::uint64_t number) const { return packed_[number & last_place_]; }

    const World& world_;
    const Scale& scale_;
    std::size_t bits_max_;
    std::vector<Packed> packed_;  // A ring, of a power of two; the newest is packed_count_ - 1.
    std::size_t last_place_;      // In the ring.
    BoxIndex index_;
    std::uint64_t packed_count_ = 0;
    std::uint64_t first_now_ = 0;                                 // The first of this tick.
    std::vector<const Beam*> new_;                                // While they are packed.
    std::uint64_t packed_to_ = 0;                                 // This tick.
    ringtick::BoundedList<const Packed*, Beams::capacity> seen_;  // By whom is being written to.
};

}  // namespace railroids
