// What of a client predicts the own ship: the server's rules for one ship, and which of its news no
// client can foresee.
#include "railroids/client.hpp"

namespace railroids {

Ship ClientSide::own(const Snapshot& snapshot) {
    const OwnState& own = snapshot.own;
    Ship ship;
    ship.state = (own.flags & OwnState::alive) != 0 ? Ship::State::alive : Ship::State::dead;
    ship.thrusting = (own.flags & OwnState::thrusting) != 0;
    ship.braking = (own.flags & OwnState::braking) != 0;
    ship.position = {Fixed::from_raw(own.x), Fixed::from_raw(own.y)};
    ship.velocity = {Fixed::from_raw(own.vx), Fixed::from_raw(own.vy)};
    ship.heading = Angle{own.heading};
    ship.aim = Angle::from_byte(own.aim);
    ship.energy = own.energy;
    ship.cooldown_ticks = own.cooldown_ticks;
    ship.deaths = own.deaths;
    ship.hits = own.hits;
    return ship;
}

// Where the dead come back, and when they are hit, is the server's to say.
void ClientSide::predict(Ship& ship, Input input) const {
    if (!ship.alive()) return;
    if (obey(ship, input, terrain_)) recoil(ship);
}

bool ClientSide::agree(const Ship& a, const Ship& b) {
    return a.state == b.state && a.position == b.position && a.velocity == b.velocity &&
           a.heading == b.heading && a.cooldown_ticks == b.cooldown_ticks;
}

bool ClientSide::explains(const Ship& before, const Ship& now) {
    return before.state != now.state || before.deaths != now.deaths || before.hits != now.hits;
}

}  // namespace railroids
