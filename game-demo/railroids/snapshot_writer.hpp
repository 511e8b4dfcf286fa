#pragma once

#include "railroids/wire.hpp"
#include "railroids/world.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
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
    // `candidates_max`: the most ships or gems that there can be in one place.
    explicit SnapshotWriter(std::size_t candidates_max);

    std::size_t write(const World& world,
                      const Scale& scale,
                      const Viewer& viewer,
                      std::span<std::byte> out);

private:
    struct Candidate {
        std::int64_t distance;
        std::uint16_t id;
    };

    void fill_header(const World& world, const Viewer& viewer);
    void fill_beams(const World& world, const Viewer& viewer, const Rect& box);
    void fill_ships(const World& world, const Rect& box, FixedVector center, std::size_t most);
    void fill_gems(const World& world, const Rect& box, FixedVector center, std::size_t most);
    void keep_nearest(std::size_t most);

    std::vector<Candidate> candidates_;
    std::unique_ptr<Snapshot> snapshot_;
};

OwnState own_state(const World& world, ShipId id);

}  // namespace railroids
