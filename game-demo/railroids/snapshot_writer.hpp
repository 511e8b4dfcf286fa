#pragma once

#include "railroids/id_set.hpp"
#include "railroids/snapshot.hpp"
#include "railroids/world.hpp"
#include "replica/view_writer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
    FixedVector told_place(ShipId id) const { return ships_.models.model(id).position; }
    // Of all that told_place() will be, in a world that is alike.
    std::uint64_t ships_hash() const { return ships_.models.hash(); }

private:
    using Known = ringtick::Known;

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
    // All that is kept of one type of entity.
    template <class Entity>
    struct Kind {
        Kind(std::span<const Entity> all, const Grid& where, const Scale& scale, std::uint32_t ids)
            : entities(all),
              grid(where),
              models(all.size(), scale.extent()),
              writer(models, ringtick::bits_for(ids)),
              near(all.size()) {}

        std::span<const Entity> entities;
        const Grid& grid;
        ringtick::Models<Entity> models;
        ringtick::ViewWriter<Entity> writer;
        IdSet near;
    };
    // Where to look for what is seen.
    struct Sight {
        FixedVector center;
        Rect inner;  // What comes into it is shown,
        Rect outer;  // until it leaves this.
    };
    // A viewer's list of one type, as it was and where it is to be.
    struct Lists {
        std::span<const Known> before;
        std::span<Known> after;
        std::uint32_t since = 0;
        std::size_t bits_max = 0;
    };

    const Baseline& latest(ShipId viewer) const {
        return told_[viewer].baselines[told_[viewer].latest];
    }
    std::span<Known> known_ships(ShipId viewer, unsigned generation);
    std::span<Known> known_gems(ShipId viewer, unsigned generation);

    std::size_t write_after(const Viewer& viewer, const Baseline& before, std::span<std::byte> out);
    ringtick::SnapshotHeader header_for(const Viewer& viewer, const Baseline& before) const;
    void write_own(ringtick::FieldWriter& writer,
                   const Baseline& before,
                   Ship& own,
                   ShipId id) const;
    void write_beams(ringtick::FieldWriter& writer, std::uint32_t since, const Rect& box);
    template <class Entity>
    std::optional<std::uint16_t> write_list(ringtick::FieldWriter& writer,
                                            Kind<Entity>& kind,
                                            const Sight& sight,
                                            const Lists& lists);
    template <class Entity>
    void see(Kind<Entity>& kind,
             const Sight& sight,
             std::span<const Known> known,
             std::size_t most);

    const World& world_;
    const Scale& scale_;
    Kind<Ship> ships_;
    Kind<Gem> gems_;
    std::vector<Told> told_;          // By player.
    std::unique_ptr<Known[]> known_;  // Two lists of ships and of gems for each player.

    // Of the snapshot that is being written.
    decltype(Snapshot::beams) beams_;
    std::vector<std::uint16_t> seen_;
};

}  // namespace railroids
