// What moves behind the title: a made-up skirmish in the same form as the real world, so that the
// very code that draws the game draws the invitation. Nothing here is sent or received.

import { layout, view_size } from 'railroids-layout';
import { view_of } from '../ringtick/view';
import { seeded } from './random';
import { nobody, rail_range, ShipFlag, type World } from './world';

const side = 5200;
const middle = side / 2;
const ships = 22;
const rocks = 46;
const beam_ms = 600;
const speed = 190;  // Units a second.
const turn_rate = 1.3;

export class Attract {
  readonly world: World = view_of(layout, new ArrayBuffer(view_size), 0);

  private readonly random = seeded(2);
  private readonly bend = new Float32Array(ships);
  private beams_fired = 0;
  private next_shot_s = 1;

  constructor() {
    const { world, random } = this;
    world.own_id = nobody;
    world.world_side = side;
    world.beacon_x = world.beacon_y = middle;
    world.beacon_radius = 600;
    world.tick_rate_hz = 30;
    world.ship_count = ships;
    for (let i = 0; i < ships; i++) {
      world.ship_id[i] = i + 1;
      world.ship_x[i] = middle + (random() - 0.5) * 2000;
      world.ship_y[i] = middle + (random() - 0.5) * 1300;
      world.ship_heading[i] = random() * 2 * Math.PI;
      world.ship_energy[i] = 40 + 60 * random();
      world.ship_flags[i] = i % 2 ? ShipFlag.bot : 0;
    }
    world.asteroid_count = rocks;
    for (let i = 0; i < rocks; i++) {
      world.asteroid_x[i] = random() * side;
      world.asteroid_y[i] = random() * side;
      world.asteroid_radius[i] = 30 + 80 * random() ** 2;
      world.asteroid_seed[i] = 1000 + i * 17;
    }
  }

  advance(time_s: number, dt: number): void {
    for (let i = 0; i < ships; i++) this.fly(i, dt);
    this.world.beacon_ms_left = 60_000 - ((time_s * 1000) % 60_000);
    this.age_beams(dt);
    if (time_s < this.next_shot_s) return;
    this.next_shot_s = time_s + 0.25 + this.random() * 0.8;
    this.shoot(Math.floor(this.random() * ships));
  }

  // Wanders, and comes back when it strays.
  private fly(i: number, dt: number): void {
    const { world } = this;
    const dx = middle - world.ship_x[i]!;
    const dy = middle - world.ship_y[i]!;
    this.bend[i] = this.bend[i]! * Math.exp(-dt) + (this.random() - 0.5) * 8 * dt;
    const off = Math.atan2(dy, dx) - world.ship_heading[i]!;
    const pull = Math.hypot(dx, dy) > 900 ? Math.sin(off) : 0;
    const heading = world.ship_heading[i]! + (this.bend[i]! + pull) * turn_rate * dt;
    world.ship_heading[i] = heading;
    world.ship_aim[i] = heading;
    world.ship_vx[i] = Math.cos(heading) * speed;
    world.ship_vy[i] = Math.sin(heading) * speed;
    world.ship_x[i]! += world.ship_vx[i]! * dt;
    world.ship_y[i]! += world.ship_vy[i]! * dt;
    world.ship_flags[i] = (world.ship_flags[i]! & ~1) | (Math.abs(this.bend[i]!) < 0.5 ? 1 : 0);
  }

  private shoot(shooter: number): void {
    const { world } = this;
    const target = (shooter + 1 + Math.floor(this.random() * (ships - 1))) % ships;
    const [x, y] = [world.ship_x[shooter]!, world.ship_y[shooter]!];
    const dx = world.ship_x[target]! - x;
    const dy = world.ship_y[target]! - y;
    const distance = Math.hypot(dx, dy);
    if (distance > rail_range || distance < 120) return;
    const hit = this.random() < 0.6;
    const reach = hit ? 1 : rail_range / distance;
    const at = this.beams_fired % 8;
    this.beams_fired += 1;
    world.beam_count = Math.min(8, this.beams_fired);
    world.beam_id[at] = this.beams_fired;
    world.beam_x0[at] = x + (dx / distance) * 20;
    world.beam_y0[at] = y + (dy / distance) * 20;
    world.beam_x1[at] = x + dx * reach;
    world.beam_y1[at] = y + dy * reach;
    world.beam_shooter[at] = world.ship_id[shooter]!;
    world.beam_hit[at] = hit ? world.ship_id[target]! : nobody;
    world.beam_age_ms[at] = 0;
    world.ship_aim[shooter] = Math.atan2(dy, dx);
  }

  private age_beams(dt: number): void {
    const { world } = this;
    for (let i = 0; i < world.beam_count; i++) {
      world.beam_age_ms[i] = Math.min(beam_ms, world.beam_age_ms[i]! + dt * 1000);
    }
  }
}
