// What a bot of the load wants, as ringtick-swarm's players do (bench/load/players.cpp): a new wish
// with every fourteenth input or so.

import { Button } from './ship.mjs';

export class Pilot {
  buttons = 0;
  aim = 0;
  #state;

  constructor(seed) {
    this.#state = mix(seed + 1);
  }

  // The next input.
  steer() {
    if (!this.#chance(7)) return;
    this.buttons = this.#chance(60) ? Button.thrust : 0;
    if (this.#chance(40)) this.buttons |= this.#chance(50) ? Button.left : Button.right;
    if (this.#chance(10)) this.buttons |= Button.brake;
    this.aim = this.#below(256);
  }

  #chance(percent) {
    return this.#below(100) < percent;
  }

  // A counter and a mixer.
  #below(bound) {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    return Math.floor((mix(this.#state) / 2 ** 32) * bound);
  }
}

// Any 32 bits to others that look nothing like them (MurmurHash3's last step).
function mix(bits) {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
