#include "railroids/past.hpp"

#include "railroids/terrain.hpp"

#include <algorithm>
#include <cstdlib>

namespace railroids {

Past::Past(std::span<const Ship> ships, const Grid& grid, const ringtick::History::Instant& instant)
    : ships_(ships), grid_(grid), instant_(instant) {
    // As far as it can fly in these ticks, of which the last is the one under way, and one tick
    // more: a rock can turn a ship a hair farther than it flies.
    const auto ticks = static_cast<std::int32_t>(instant.ticks_back() + 1);
    reach_ += rules::speed_max * ticks;
}

// The grid knows the present. So the box is widened by what a ship can have flown meanwhile, and
// whoever is in it is asked where it was.
Past::Target Past::first_hit(const Ray& ray) const {
    const FixedVector to = ray.from + ray.direction * ray.range;
    const Rect box{std::min(ray.from.x, to.x) - reach_, std::min(ray.from.y, to.y) - reach_,
                   std::max(ray.from.x, to.x) + reach_, std::max(ray.from.y, to.y) + reach_};
    Target target{.distance = ray.range};
    grid_.for_each_near(box, [&](ShipId id) {
        // Who died earlier in this tick stops no more rays.
        if (id == ray.shooter || !ships_[id].alive()) return;
        if (!may_touch(ray, ships_[id].position - ray.from)) return;
        const auto place = place_of(id);
        if (!place) return;
        const Fixed distance =
            ray_to_circle(*place - ray.from, ray.direction, rules::ship_radius, target.distance);
        if (distance < target.distance) target = {.id = id, .distance = distance};
    });
    return target;
}

// By where it is now; cheaper than to ask where it was.
bool Past::may_touch(const Ray& ray, FixedVector there) const {
    const std::int64_t beside = cross(ray.direction, there) >> Fixed::fraction_bits;
    return std::abs(beside) <= reach_.raw();
}

std::optional<FixedVector> Past::place_of(ShipId id) const {
    const Ship& ship = ships_[id];
    return instant_ ? instant_->find(id, ship.life) : ship.position;
}

}  // namespace railroids
