// What travels of the world: what Railroids tells of a ship in sight (Ship::wire of
// game-demo/railroids/ship.hpp), in the smallest types of Colyseus' that hold it. The controls are
// the flags.

import { schema, t } from '@colyseus/schema';

export const ShipRecord = schema({
  x: t.uint16(), // Eighths of a unit, as is y.
  y: t.uint16(),
  vx: t.int16(), // 1/32 of a unit a tick, as is vy.
  vy: t.int16(),
  heading: t.uint8(), // 1/256 of a turn, as is the aim.
  aim: t.uint8(),
  energy: t.uint8(),
  flags: t.uint8(),
}, 'ShipRecord');

// Types of messages, numbers, which take a byte.
export const input_message = 1; // From a player: two bytes, buttons and aim.
export const welcome_message = 2; // To a player: which of the ships is its own.

export const WorldRecord = schema({
  tick: t.uint32(), // For everyone; the ships for those in whose view they are.
  ships: t.map(ShipRecord).view(),
}, 'WorldRecord');
