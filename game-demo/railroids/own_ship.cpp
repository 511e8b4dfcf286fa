// What of a client predicts the own ship: the server's rules for one ship, and which of its news no
// client can foresee.
#include "railroids/client.hpp"

namespace railroids {

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
