#pragma once

#include "railroids/rules.hpp"
#include "railroids/ship.hpp"
#include "replica/grid.hpp"
#include "replica/history.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace railroids {

using ringtick::Grid;
using ringtick::Rect;
using ringtick::TickTime;

// The ships as one pilot saw them: what a shot asks whom it hits (lag compensation). Rewound are
// places, not fates: who has died or left since is not there, and who came back since, or came
// anew, is not where it was before. So nobody dies twice, and nobody is hit in a life that began
// after the shooter looked.
class Past {
public:
    struct Ray {
        ShipId shooter = 0;
        FixedVector from;
        FixedVector direction;  // Of length one.
        Fixed range;
    };
    struct Target {
        ShipId id = nobody;
        Fixed distance;
    };

    // The present. Both must live as long.
    Past(std::span<const Ship> ships, const Grid& grid) : ships_(ships), grid_(grid) {}
    // An instant before it.
    Past(std::span<const Ship> ships, const Grid& grid, const ringtick::History::Instant& instant);

    bool is_rewound() const { return instant_.has_value(); }
    Target first_hit(const Ray& ray) const;

private:
    bool may_touch(const Ray& ray, FixedVector there) const;
    std::optional<FixedVector> place_of(ShipId id) const;

    std::span<const Ship> ships_;
    const Grid& grid_;
    std::optional<ringtick::History::Instant> instant_;
    // How far from a ship's place now a ray may pass that it stops; one unit is for rounding.
    Fixed reach_ = rules::ship_radius + Fixed::from_int(1);
};

}  // namespace railroids
