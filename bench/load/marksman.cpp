#include "load/marksman.hpp"

#include <chrono>

namespace ringtick::swarm {

namespace {

using railroids::Fixed;
using railroids::FixedVector;
using railroids::ray_to_circle;
using railroids::View;

constexpr float still = 0.15F;   // Units a second: a hundredth of a unit until the shot lands.
constexpr float flying = 60.0F;  // Who is slower proves nothing.
constexpr Nanoseconds patience = std::chrono::seconds(10);

// What was drawn, as the rules count: back from the float that it was turned into for drawing.
Fixed from_float(float value) {
    return Fixed::from_raw(static_cast<std::int32_t>(value * Fixed::one));
}
FixedVector from_floats(float x, float y) {
    return {from_float(x), from_float(y)};
}
FixedVector own_place(const View& view) {
    return from_floats(view.own_x, view.own_y);
}
FixedVector place_of(const View& view, std::int32_t i) {
    return from_floats(view.ship_x[i], view.ship_y[i]);
}
float square_of_speed(float x, float y) {
    return x * x + y * y;
}

// Which of the drawn ships the ray meets first, if no drawn rock stops it before.
std::optional<std::int32_t> first_drawn(const View& view, std::uint8_t aim) {
    const FixedVector from = own_place(view);
    const FixedVector direction = unit_vector(Angle::from_byte(aim));
    Fixed nearest = railroids::rules::rail_range;
    for (std::int32_t i = 0; i < view.asteroid_count; ++i) {
        const FixedVector place = from_floats(view.asteroid_x[i], view.asteroid_y[i]);
        nearest =
            ray_to_circle(place - from, direction, from_float(view.asteroid_radius[i]), nearest);
    }
    std::optional<std::int32_t> found;
    for (std::int32_t i = 0; i < view.ship_count; ++i) {
        if (view.ship_id[i] == view.own_id) continue;
        const Fixed distance = ray_to_circle(place_of(view, i) - from, direction,
                                             railroids::rules::ship_radius, nearest);
        if (distance >= nearest) continue;
        nearest = distance;
        found = i;
    }
    return found;
}

bool is_drawn(const View& view, std::int32_t id) {
    for (std::int32_t i = 0; i < view.ship_count; ++i) {
        if (view.ship_id[i] == id) return true;
    }
    return false;
}

}  // namespace

Marksman::Marksman(std::uint64_t seed)
    : client_(std::make_unique<railroids::RailroidsClient>()), rng_(seed) {
}

void Marksman::start(Nanoseconds now) {
    client_->start(now);
    shot_.reset();
    last_beam_ = -1;
}

void Marksman::on_message(std::span<const std::byte> message, Nanoseconds now) {
    client_->on_message(message, now);
}

std::size_t Marksman::play(Nanoseconds now, std::span<std::byte> out) {
    using railroids::Input;
    client_->advance(now);
    judge(now);
    if (client_->inputs_due(now) == 0) return 0;
    std::uint8_t buttons = Input::brake;
    if (ready()) {
        if (const auto target = choose_target(aim_)) {
            buttons |= Input::fire;
            shot_ = {.target = *target, .hits_before = client_->view().hit_serial, .fired = now};
        }
    }
    client_->want({.buttons = buttons, .aim = aim_}, now);
    return client_->write_inputs(now, out);
}

bool Marksman::ready() const {
    const View& view = client_->view();
    const bool loaded = view.own_alive != 0 && view.own_cooldown_ms == 0;
    return loaded && !shot_ && square_of_speed(view.own_vx, view.own_vy) < still * still;
}

// Whoever comes first from a random one on, at a random place across it.
std::optional<std::int32_t> Marksman::choose_target(std::uint8_t& aim) {
    const View& view = client_->view();
    if (view.ship_count == 0) return std::nullopt;
    const auto begin =
        static_cast<std::int32_t>(rng_.below(static_cast<std::uint32_t>(view.ship_count)));
    for (std::int32_t k = 0; k < view.ship_count; ++k) {
        const std::int32_t i = (begin + k) % view.ship_count;
        if (square_of_speed(view.ship_vx[i], view.ship_vy[i]) < flying * flying) continue;
        const FixedVector way = place_of(view, i) - own_place(view);
        const FixedVector across = with_length({-way.y, way.x}, railroids::rules::ship_radius);
        const FixedVector point = way + across * Fixed::ratio(rng_.between(-100, 100), 100);
        // To the nearest of the 256 directions in which one can shoot.
        const std::uint8_t wanted = (angle_of(point) + Angle{128}).to_byte();
        if (first_drawn(view, wanted) != i) continue;
        aim = wanted;
        return view.ship_id[i];
    }
    return std::nullopt;
}

void Marksman::judge(Nanoseconds now) {
    const View& view = client_->view();
    for (std::int32_t i = 0; i < view.beam_count; ++i) {
        if (view.beam_shooter[i] != view.own_id || view.beam_id[i] == last_beam_) continue;
        last_beam_ = view.beam_id[i];
        if (shot_) judge_beam(*shot_, view.beam_hit[i]);
        shot_.reset();
    }
    if (!shot_ || now - shot_->fired < patience) return;
    tally_.never_fired += 1;  // The shooter was killed first.
    shot_.reset();
}

// A beam is drawn with the ships of its tick. Who died in that tick is not among them any more.
void Marksman::judge_beam(const Shot& shot, std::int32_t hit) {
    const View& view = client_->view();
    tally_.shots += 1;
    if (hit == shot.target) {
        tally_.hits += 1;
    } else if (!is_drawn(view, shot.target)) {
        tally_.target_gone += 1;
    } else if (hit >= 0) {
        tally_.hits_other += 1;
    } else if (view.hit_serial != shot.hits_before) {
        tally_.shooter_pushed += 1;
    } else {
        tally_.missed += 1;
    }
}

}  // namespace ringtick::swarm
