// How a ship flies: Railroids' rules (game-demo/railroids/rules.hpp and ship.cpp) in the same whole
// numbers, so that both worlds move alike. A coordinate is a Fixed, 4096 to the unit; an angle is
// 1/65,536 of a turn. Every product stays below 2^53, where a double is exact.

export const one = 4096;
const ship_radius = 14 * one;
const turn = Math.trunc((6 * 65_536) / 360);
const thrust = Math.trunc((38 * one) / 100);
const speed_max = 12 * one;
const drag_divisor = 64;
const brake_divisor = 14;
const energy_max = 100;
const regain_every = 30; // Ticks for one point of energy.

export const Button = { thrust: 1, left: 2, right: 4, fire: 8, brake: 16, aim_ahead: 32 };
export const Flag = { thrusting: 1, braking: 2 };

export const view = { width: 1920, height: 1080, margin: 128 };
const ships_per_view = 40;
const side_min = 2400;
const side_max = 32_000;

// The world's side for about 40 ships in a view, in units.
export function side_for(ships) {
  const area_per_ship = Math.trunc((view.width * view.height) / ships_per_view);
  const side = Math.floor(Math.sqrt(area_per_ship * ships));
  return Math.min(Math.max(side, side_min), side_max);
}

// base/angle.hpp's table: the sine by its Taylor series with 28 binary digits.
const quarter_sine = Int32Array.from({ length: 257 }, (_, step) => {
  const digits = 28n;
  const x = (421_657_428n * BigInt(step)) / 256n;
  const square = (x * x) >> digits;
  let term = x;
  let sum = x;
  for (let n = 3n; n <= 9n; n += 2n) {
    term = -((term * square) >> digits) / (n * (n - 1n));
    sum += term;
  }
  return Number((sum + (1n << (digits - 13n))) >> (digits - 12n));
});

function sine(angle) {
  const step = (angle & 0xffff) >> 6;
  const within = step & 0xff;
  const value = quarter_sine[step & 0x100 ? 256 - within : within];
  return step & 0x200 ? -value : value;
}

export class Ship {
  heading = 0;
  aim = 0; // A byte.
  vx = 0; // Fixed units a tick, as is vy.
  vy = 0;
  energy = energy_max;
  flags = 0;

  constructor(x, y) {
    this.x = x;
    this.y = y;
  }

  // One tick.
  step(buttons, aim, tick, side) {
    this.#steer(buttons, aim);
    this.#fly(side);
    if (tick % regain_every === 0 && this.energy < energy_max) this.energy += 1;
  }

  #steer(buttons, aim) {
    if (buttons & Button.left) this.heading = (this.heading - turn) & 0xffff;
    if (buttons & Button.right) this.heading = (this.heading + turn) & 0xffff;
    this.aim = buttons & Button.aim_ahead ? this.heading >> 8 : aim;
    this.flags = 0;
    if (buttons & Button.thrust) {
      this.flags |= Flag.thrusting;
      this.vx += (sine(this.heading + 16_384) * thrust) >> 12;
      this.vy += (sine(this.heading) * thrust) >> 12;
    }
    if (buttons & Button.brake) {
      this.flags |= Flag.braking;
      this.vx -= (this.vx / brake_divisor) | 0;
      this.vy -= (this.vy / brake_divisor) | 0;
    }
  }

  #fly(side) {
    this.vx -= (this.vx / drag_divisor) | 0;
    this.vy -= (this.vy / drag_divisor) | 0;
    const square = this.vx * this.vx + this.vy * this.vy;
    if (square > speed_max * speed_max) {
      const speed = Math.floor(Math.sqrt(square));
      this.vx = ((this.vx * speed_max) / speed) | 0;
      this.vy = ((this.vy * speed_max) / speed) | 0;
    }
    this.x += this.vx;
    this.y += this.vy;
    this.#bounce(side * one - ship_radius);
  }

  // Off the walls, where half the speed is lost, and a little energy.
  #bounce(high) {
    const x = Math.min(Math.max(this.x, ship_radius), high);
    const y = Math.min(Math.max(this.y, ship_radius), high);
    if (x === this.x && y === this.y) return;
    if (x !== this.x) this.vx = (-this.vx / 2) | 0;
    if (y !== this.y) this.vy = (-this.vy / 2) | 0;
    this.x = x;
    this.y = y;
    if (this.energy > 1) this.energy -= 1;
  }
}

// As positions and speeds travel: eighths of a unit, and 1/32 of a unit a tick.
export function to_quanta(coordinate) {
  return (coordinate / 512) | 0;
}
export function to_speed(speed) {
  return Math.min(Math.max((speed / 128) | 0, -511), 511);
}
