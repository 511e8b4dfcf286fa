// What the page draws: the C++ client's view, by name.
import { layout } from 'railroids-layout';
import type { View } from '../ringtick/view';

export type World = View<typeof layout>;

// As in the C++ rules (view.hpp); the build has no other constants to share.
export const enum ShipFlag {
  thrusting = 1,
  bot = 2,
  in_beacon = 4,
  own = 8,
  braking = 16,
}

export const enum FeedKind {
  join = 1,
  leave = 2,
  kill = 3,
}

export const enum Button {
  thrust = 1,
  left = 2,
  right = 4,
  fire = 8,
  brake = 16,
  aim_follows_heading = 32,
}

export const beacon_ticks = 1800;  // Before it moves on.
export const energy_full = 100;
export const rail_range = 900;
export const nobody = -1;
