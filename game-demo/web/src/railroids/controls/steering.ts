import { Button } from '../world';

const turn = 2 * Math.PI;
const nose_slack = 0.07;  // Radians: less than the ship turns in a tick, or it would swing.

// The button that brings the nose round by the shorter way, or none.
export function turn_towards(wanted: number, heading: number): number {
  const off = ((((wanted - heading) % turn) + 1.5 * turn) % turn) - turn / 2;
  if (Math.abs(off) < nose_slack) return 0;
  return off > 0 ? Button.right : Button.left;
}
