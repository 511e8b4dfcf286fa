// Who sees whom: Railroids' rectangle around the own ship (snapshot_writer.cpp), found through the
// same grid (grid.hpp), built anew each tick by a counting sort.

import { one, view } from './ship.mjs';

const cell = 256 * one;
const half_width = (view.width / 2 + view.margin) * one;
const half_height = (view.height / 2 + view.margin) * one;

export class Grid {
  #across;
  #starts; // Where each cell's slots begin; one more at the end.
  #slots;
  #cells; // Of each slot, while building.

  constructor(side, slots_max) {
    this.#across = Math.floor((side * one) / cell) + 1;
    this.#starts = new Int32Array(this.#across * this.#across + 1);
    this.#slots = new Int32Array(slots_max);
    this.#cells = new Int32Array(slots_max);
  }

  // `ships` has a ship or undefined in each slot.
  build(ships) {
    const starts = this.#starts.fill(0);
    for (let slot = 0; slot < ships.length; ++slot) {
      const ship = ships[slot];
      if (ship === undefined) continue;
      this.#cells[slot] = this.#column(ship.y) * this.#across + this.#column(ship.x);
      starts[this.#cells[slot]] += 1;
    }
    for (let i = 0, end = 0; i < starts.length; ++i) starts[i] = end += starts[i];
    for (let slot = ships.length - 1; slot >= 0; --slot) {
      if (ships[slot] !== undefined) this.#slots[--starts[this.#cells[slot]]] = slot;
    }
  }

  // Writes the slots of all ships that `eye` sees into `found`; returns how many.
  seen_from(eye, ships, found) {
    const [x0, x1] = [eye.x - half_width, eye.x + half_width];
    const [y0, y1] = [eye.y - half_height, eye.y + half_height];
    const [left, right] = [this.#column(x0), this.#column(x1)];
    let count = 0;
    for (let row = this.#column(y0); row <= this.#column(y1); ++row) {
      const end = this.#starts[row * this.#across + right + 1];
      for (let i = this.#starts[row * this.#across + left]; i < end; ++i) {
        const slot = this.#slots[i];
        const { x, y } = ships[slot];
        if (x >= x0 && x <= x1 && y >= y0 && y <= y1) found[count++] = slot;
      }
    }
    return count;
  }

  #column(coordinate) {
    return Math.min(Math.max(Math.floor(coordinate / cell), 0), this.#across - 1);
  }
}

// What one player sees, kept from tick to tick so that only what comes and goes is told to the
// StateView.
export class Sight {
  #seen_at; // The tick of the last look that found each slot.
  #slots;
  #before;
  #count = 0;

  constructor(slots_max) {
    this.#seen_at = new Uint32Array(slots_max);
    this.#slots = new Int32Array(slots_max);
    this.#before = new Int32Array(slots_max);
  }

  // Ticks begin at 1, and a look comes every tick.
  look(eye, { tick, grid, ships }, { enters, leaves }) {
    [this.#slots, this.#before] = [this.#before, this.#slots];
    const count_before = this.#count;
    this.#count = grid.seen_from(eye, ships, this.#slots);
    for (let i = 0; i < this.#count; ++i) {
      const slot = this.#slots[i];
      if (this.#seen_at[slot] === 0 || this.#seen_at[slot] !== tick - 1) enters(slot);
      this.#seen_at[slot] = tick;
    }
    for (let i = 0; i < count_before; ++i) {
      if (this.#seen_at[this.#before[i]] === tick - 1) leaves(this.#before[i]);
    }
  }

  // The ship in this slot is gone from the world. True if it was seen.
  forget(slot, tick) {
    const seen = this.#seen_at[slot] === tick;
    this.#seen_at[slot] = 0;
    return seen;
  }
}
