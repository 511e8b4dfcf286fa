#pragma once

#include "railroids/rules.hpp"
#include "railroids/terrain.hpp"
#include "replica/declared.hpp"

#include <cstdint>

namespace railroids {

// Where a person or a bot sits: one for each id, used or not.
struct Ship {
    enum class State : std::uint8_t { absent, dead, alive };

    State state = State::absent;
    std::uint32_t life = 0;  // Each has its number, whosever it is; 0: none yet.
    bool thrusting = false;
    bool braking = false;
    bool aims_ahead = false;
    std::int8_t turning = 0;  // -1 left, 1 right.
    FixedVector position;
    FixedVector velocity;  // Units per tick.
    Angle heading;
    Angle aim;
    std::uint8_t energy = 0;
    std::uint8_t cooldown_ticks = 0;
    std::uint8_t respawn_ticks = 0;
    std::uint32_t score = 0;
    std::uint16_t kills = 0;
    std::uint16_t deaths = 0;
    std::uint16_t hits = 0;  // Taken.

    bool alive() const { return state == State::alive; }
    bool present() const { return state != State::absent; }
    bool shown() const { return alive(); }
    // As the rules leave it between two ticks.
    bool is_possible() const {
        const bool waits = respawn_ticks > 0;
        return waits == (state == State::dead) && (life != 0) == present();
    }

    // What everyone is told of a ship in sight.
    static constexpr auto wire = ringtick::fields(
        ringtick::Number<&Ship::turning, -1, 1>{.steers = true},
        ringtick::Flag<&Ship::thrusting>{.steers = true},
        ringtick::Flag<&Ship::braking>{.steers = true},
        ringtick::Flag<&Ship::aims_ahead>{.steers = true},
        ringtick::Motion<&Ship::position, &Ship::velocity>{.quanta_per_unit = quanta_per_unit},
        ringtick::Direction<&Ship::heading>{.bits = 8},
        ringtick::Direction<&Ship::aim>{.bits = 8, .tolerance = 3},
        ringtick::Number<&Ship::energy, 0, rules::energy_max>{},
        ringtick::Number<&Ship::state, 0, 2>{});

    // What its pilot is told of it besides, to the last digit, so that a client can go on from it
    // by itself.
    static constexpr auto owner_wire = ringtick::fields(
        ringtick::Number<&Ship::turning, -1, 1>{.steers = true},
        ringtick::Flag<&Ship::thrusting>{.steers = true},
        ringtick::Flag<&Ship::braking>{.steers = true},
        ringtick::Flag<&Ship::aims_ahead>{.steers = true},
        ringtick::Motion<&Ship::position, &Ship::velocity>{.quanta_per_unit = Fixed::one,
                                                           .tolerance = 0,
                                                           .speed_quanta_per_unit = Fixed::one,
                                                           .speed_tolerance = 0,
                                                           .speed_max = 64},
        ringtick::Direction<&Ship::heading>{.bits = 16, .tolerance = 0},
        ringtick::Direction<&Ship::aim>{.bits = 16, .tolerance = 0},
        ringtick::Number<&Ship::energy, 0, rules::energy_max>{},
        ringtick::Number<&Ship::state, 0, 2>{},
        ringtick::Number<&Ship::cooldown_ticks, 0, rules::rail_cooldown>{},
        ringtick::Number<&Ship::respawn_ticks, 0, rules::respawn_ticks>{},
        ringtick::Count<&Ship::score>{},
        ringtick::Count<&Ship::kills>{},
        ringtick::Count<&Ship::deaths>{},
        ringtick::Count<&Ship::hits>{});
};

// One tick of one ship, which depends on nothing but the ship, its input, the terrain and the
// tick's number. A client goes on with these very functions: of its own ship with the inputs that
// it makes, of every other with the controls that its pilot held last.

// Moves a living ship on by its input: true if it fires.
bool obey(Ship& ship, Input input, const Terrain& terrain);
// Of a shot along the aim, once all have moved.
void recoil(Ship& ship);
// What comes back by itself.
void regain(Ship& ship, std::uint64_t tick);
// Without an input: as obey() and regain() would with the last one held, and no shot. Of the dead,
// the wait for the next life goes by.
void coast(Ship& ship, std::uint64_t tick, const Terrain& terrain);

}  // namespace railroids
