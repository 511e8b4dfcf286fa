#pragma once

#include "base/angle.hpp"
#include "base/fixed.hpp"
#include "replica/declared.hpp"

#include <cstdint>

// Railroids: ships with inertia and a railgun among asteroids, a beacon to hold, and gems where
// someone died. Whole numbers only, and no time but the tick's number: a match is a pure function
// of its seed and its inputs.
namespace railroids {

using ringtick::Angle;
using ringtick::Fixed;
using ringtick::FixedVector;

using ShipId = std::uint16_t;  // People first, by player slot, then bots.
inline constexpr ShipId nobody = 0xFFFF;
inline constexpr std::uint32_t ships_max = 0xFFFF;

// Positions travel in eighths of a unit; a unit is a pixel at zoom 1.
inline constexpr std::int32_t quanta_per_unit = 8;
inline constexpr std::int32_t raw_per_quantum = Fixed::one / quanta_per_unit;

inline constexpr std::int32_t view_width = 1920;
inline constexpr std::int32_t view_height = 1080;
inline constexpr std::int32_t sight_margin = 128;     // Nothing pops up at the view's edge,
inline constexpr std::int32_t sight_hysteresis = 64;  // nor comes and goes who flies along it.
inline constexpr std::int32_t ships_per_view = 40;
inline constexpr std::int32_t side_min = 2400;
inline constexpr std::int32_t side_max = 32'000;

// Durations in ticks, written for 30 of them a second.
inline constexpr std::uint16_t default_tick_rate_hz = 30;

namespace rules {

inline constexpr Fixed ship_radius = Fixed::from_int(14);
inline constexpr Angle turn = Angle::from_degrees(6);
inline constexpr Fixed thrust = Fixed::ratio(38, 100);
inline constexpr Fixed speed_max = Fixed::from_int(12);
inline constexpr Fixed leap = Fixed::from_int(400);  // Farther between two snapshots is no flight.
inline constexpr std::int32_t drag_divisor = 64;
inline constexpr std::int32_t brake_divisor = 14;

inline constexpr std::uint8_t energy_max = 100;
inline constexpr std::uint8_t regain_every = 30;  // Ticks for one point of energy.
inline constexpr std::uint8_t bounce_energy = 1;

inline constexpr Fixed rail_range = Fixed::from_int(900);
inline constexpr std::uint8_t rail_cooldown = 20;
inline constexpr std::uint8_t rail_energy = 40;
inline constexpr Fixed rail_recoil = Fixed::ratio(3, 2);
inline constexpr Fixed rail_push = Fixed::from_int(3);  // Of a ship that is hit.

inline constexpr std::uint8_t respawn_ticks = 90;

inline constexpr Fixed beacon_radius = Fixed::from_int(600);
inline constexpr std::uint32_t beacon_ticks = 1800;  // Before it moves on.
inline constexpr std::uint32_t beacon_score_every = 30;
inline constexpr std::uint32_t beacon_score = 1;

inline constexpr std::uint32_t kill_score = 10;
inline constexpr std::uint32_t gem_score = 3;
inline constexpr std::uint8_t gem_energy = 15;
inline constexpr std::uint32_t gems_per_death = 4;
inline constexpr std::uint16_t gem_ticks = 900;
inline constexpr Fixed gem_reach = Fixed::from_int(30);

}  // namespace rules

// What a player wants for one tick.
struct Input {
    static constexpr std::uint8_t thrust = 1;
    static constexpr std::uint8_t left = 2;
    static constexpr std::uint8_t right = 4;
    static constexpr std::uint8_t fire = 8;
    static constexpr std::uint8_t brake = 16;
    static constexpr std::uint8_t aim_ahead = 32;  // Aim follows the heading: a keyboard alone.
    static constexpr std::uint8_t all_buttons = 63;

    std::uint8_t buttons = aim_ahead;
    std::uint8_t aim = 0;  // 1/256 of a turn, as Angle counts.

    constexpr bool pressed(std::uint8_t button) const { return (buttons & button) != 0; }
    // A trigger that was pulled fires, though the tick it was pulled in is skipped.
    constexpr void absorb(Input skipped) {
        if (skipped.pressed(fire)) buttons |= fire;
    }
    constexpr void let_go() { buttons &= aim_ahead; }  // Aiming as before.
    constexpr bool looks_back() const { return pressed(fire); }
    friend bool operator==(Input, Input) = default;

    static constexpr auto wire =
        ringtick::fields(ringtick::Number<&Input::buttons, 0, all_buttons>{},
                         ringtick::Number<&Input::aim, 0, 255>{});
};

}  // namespace railroids
