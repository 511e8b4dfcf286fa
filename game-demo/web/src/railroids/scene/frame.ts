import type { World } from '../world';
import type { Camera } from './camera';

// One picture: what there is, from where it is seen, and when.
export interface Frame {
  world: World;
  camera: Camera;
  time_s: number;
  dt: number;  // Seconds that passed there since the last picture,
  eye_dt: number;  // and here: what is shown may stand still, or go faster.
  aim: number;  // Where the own gun points now, before the server has heard of it.
  name_of(id: number): string;
}
