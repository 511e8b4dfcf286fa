#pragma once

#include "railroids/rules.hpp"
#include "railroids/terrain.hpp"

#include <cstdint>

namespace railroids {

// Where a person or a bot sits: one for each id, used or not.
struct Ship {
    enum class State : std::uint8_t { absent, dead, alive };

    State state = State::absent;
    std::uint32_t life = 0;  // Each has its number, whosever it is; 0: none yet.
    bool thrusting = false;
    bool braking = false;
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
};

// One tick of one ship, which depends on nothing but the ship, its input and the terrain: a client
// predicts its own ship with these very functions.
void steer(Ship& ship, Input input);
void fly(Ship& ship, const Terrain& terrain);
// Both, and the railgun's trigger: true if the ship fires.
bool obey(Ship& ship, Input input, const Terrain& terrain);
// Of a shot along the aim, once all have moved.
void recoil(Ship& ship);

}  // namespace railroids
