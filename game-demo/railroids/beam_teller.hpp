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
    BeamTeller(const World& world, const Scale& scale);  // Both must live as long.

    // Each shot since that tick that crosses the box; the latest, if they take more than a quarter
    // of the room.
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
    std::vector<Packed> packed_;  // A ring, the newest at packed_count_ - 1.
    std::size_t packed_count_ = 0;
    std::vector<const Beam*> new_;                                // While they are packed.
    std::uint64_t packed_to_ = 0;                                 // This tick.
    ringtick::BoundedList<const Packed*, Beams::capacity> seen_;  // By whom is being written to.
};

}  // namespace railroids
