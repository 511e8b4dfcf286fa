#pragma once

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
    void write(ringtick::FieldWriter& writer, std::uint32_t since, const Rect& box);

private:
    struct Packed {
        std::uint64_t tick = 0;
        Rect box{};
        unsigned width = 0;
        std::array<std::byte, 16> bits{};
    };

    void pack_new();
    Packed pack(const Beam& beam) const;

    const World& world_;
    const Scale& scale_;
    std::size_t bits_max_;
    std::vector<Packed> packed_;  // A ring, the newest at packed_count_ - 1.
    std::size_t packed_count_ = 0;
    std::vector<const Beam*> new_;                                // While they are packed.
    std::uint64_t packed_to_ = 0;                                 // This tick.
    ringtick::BoundedList<const Packed*, Beams::capacity> seen_;  // By whom is being written to.
};

}  // namespace railroids
