#pragma once

#include "railroids/id_set.hpp"
#include "railroids/snapshot.hpp"
#include "railroids/world.hpp"
#include "replica/view_writer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace railroids {

// For whom, and what has to be said about its connection.
struct Viewer {
    ShipId id = 0;  // Below the number of players.
    std::uint32_t input_stamp = 0;
    std::int8_t input_lead = 0;
};

// Writes what became of the world for one player since its last snapshot: a view of 1920 x 1080
// around its ship and a margin, so that nothing pops up at the edge. Of too many ships the nearest
// are taken. The memory is its own; of a player's, pages are touched as it sees more.
class SnapshotWriter {
public:
    // Both must live as long.
    SnapshotWriter(const World& world, const Scale& scale, std::size_t players_max);

    // After the world's tick, before the first write().
    void begin_tick();
    // Returns the bytes used of `out`; 0: not even the least that has to be told fits.
    std::size_t write(const Viewer& viewer, std::span<std::byte> out);
    // The last snapshot that was written for it never left: what it knows is what it knew before.
    void take_back(ShipId viewer);
    // It knows nothing: the next snapshot is a keyframe.
    void forget(ShipId viewer);
    // Where whoever sees this ship is told that it is.
    FixedVector told_place(ShipId id) const { return ship_models_.model(id).position; }
    // Of the last snapshot that it was sent; 0: none.
    std::uint32_t last_tick(ShipId viewer) const { return latest(viewer).tick; }

private:
    // What a viewer has been told, when its snapshot of this tick is applied.
    struct Baseline {
        std::uint32_t tick = 0;
        std::uint16_t ship_count = 0;
        std::uint16_t gem_count = 0;
        Ship own;
    };
    struct Told {
        std::array<Baseline, 2> baselines{};  // In turns: one is taken back if it never left.
        std::uint8_t latest = 0;
    };
    // What is near, before what the viewer knew decides about the margin.
    struct Nearby {
        FixedVector center;
        Rect inner;  // What comes into it is shown,
        Rect outer;  // until it leaves this.
    };

    const Baseline& latest(ShipId viewer) const {
        return told_[viewer].baselines[told_[viewer].latest];
    }
    std::span<ringtick::Known> known_ships(ShipId viewer, unsigned generation);
    std::span<ringtick::Known> known_gems(ShipId viewer, unsigned generation);

    ringtick::SnapshotHeader header_for(const Viewer& viewer, const Baseline& before) const;
    void write_own(ringtick::FieldWriter& writer,
                   const Baseline& before,
                   Ship& own,
                   ShipId id) const;
    void fill_beams(std::uint32_t since, const Rect& box, std::size_t bits_max);
    template <class Entities>
    void see(const Entities& entities,
             const Grid& grid,
             std::span<const ringtick::Known> known,
             const Nearby& nearby,
             std::size_t most);

    const World& world_;
    const Scale& scale_;
    ringtick::Models<Ship> ship_models_;
    ringtick::Models<Gem> gem_models_;
    ringtick::ViewWriter<Ship> ship_writer_;
    ringtick::ViewWriter<Gem> gem_writer_;
    std::vector<Told> told_;                    // By player.
    std::unique_ptr<ringtick::Known[]> known_;  // Two lists of ships and of gems for each player.

    // Of the snapshot that is being written.
    decltype(Snapshot::beams) beams_;
    std::vector<std::uint16_t> candidates_;
    IdSet candidate_set_;
    std::vector<std::uint16_t> seen_;
};

}  // namespace railroids
