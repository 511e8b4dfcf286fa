import { Button } from '../world';

const turn = 2 * Math.PI;
const nose_slack = 0.07;  // Radians: less than the ship turns in a tick, or it would swing.

// The button that brings the nose round by the shorter way, or none.
export function turn_towards(wanted: number, heading: number): number {
  const off = ((((wanted - heading) % turn) + 1.5 * turn) % turn) - turn / 2;
  if (Math.abs(off) < nose_slack) return 0;
  return off > 0 ? Button.right : Button.left;
}

// A stick of a gamepad, or one under a thumb: from the middle to the rim is 1.
export interface Stick {
  x: number;
  y: number;
}

const dead_zone = 0.2;  // Neither thumbs nor sticks rest in the very middle.
const thrust_from = 0.6;

export function is_pulled(stick: Stick): boolean {
  return Math.hypot(stick.x, stick.y) > dead_zone;
}

export function angle_of(stick: Stick): number {
  return Math.atan2(stick.y, stick.x);
}

// The ship turns to where the stick points, and goes there if it is pulled far.
export function steer_by(stick: Stick, heading: number): number {
  if (!is_pulled(stick)) return 0;
  const thrust = Math.hypot(stick.x, stick.y) > thrust_from ? Button.thrust : 0;
  return turn_towards(angle_of(stick), heading) | thrust;
}
