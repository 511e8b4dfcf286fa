#pragma once

#include "railroids/id_set.hpp"
#include "railroids/packed_records.hpp"
#include "railroids/wire.hpp"
#include "railroids/world.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace railroids {

// For whom, and what has to be said about its connection.
struct Viewer {
    ShipId id = 0;
    std::uint64_t last_tick = 0;  // Of the last snapshot written for it; 0: none.
    std::uint32_t input_stamp = 0;
    std::int8_t input_lead = 0;
};

// Writes what one player can see: a view of 1920 x 1080 around its ship and a margin, so that
// nothing pops up at the edge. Of too many ships the nearest are taken. The memory is its own.
class SnapshotWriter {
public:
    // Both must live as long.
    SnapshotWriter(const World& world, const Scale& scale);

    // After the world's tick, before the first write().
    void begin_tick();
    // Returns the bytes used of `out`; 0: not even what is told of the viewer itself fits.
    std::size_t write(const Viewer& viewer, std::span<std::byte> out);

private:
    ringtick::SnapshotHeader header_for(const Viewer& viewer) const;
    void fill_beams(const Viewer& viewer, const Rect& box);
    void see_ships(const Rect& box, FixedVector center, std::size_t most);
    void see_gems(const Rect& box, FixedVector center, std::size_t most);
    template <class PlaceOf>
    void see_nearest(std::size_t most, FixedVector center, PlaceOf place_of);

    const World& world_;
    const Scale& scale_;
    unsigned ship_bits_;
    unsigned gem_bits_;
    PackedRecords packed_ships_;
    PackedRecords packed_gems_;

    // Of the snapshot that is being written.
    decltype(Snapshot::beams) beams_;
    std::vector<std::uint16_t> candidates_;
    IdSet seen_;
};

OwnState own_state(const World& world, ShipId id);

}  // namespace railroids
