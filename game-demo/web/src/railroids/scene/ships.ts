// Ships: hull, light, gun, energy, exhaust, name. Everything but the names is lent from pools each
// frame, so ships come and go at no cost.

import type { Container } from 'pixi.js';
import { colour, colour_of } from '../colours';
import { energy_full, ShipFlag, type World } from '../world';
import { arc_steps, type Atlas } from './atlas';
import type { Effects } from './effects';
import type { Frame } from './frame';
import { Labels } from './labels';
import { MarkPool } from './pool';

export interface Ghost {
  x: number;
  y: number;
  vx: number;
  vy: number;
  seen_s: number;
  born_s: number;
}

const edge = 30;          // Closer to the rim than this, a ship may have flown out of sight.
const birth_s = 0.35;
// In a crowd names would hide the ships: then only people have theirs, and who is near.
const labels_most = 48;
const crowd = 24;
const near = 330;

export class Ships {
  // Where each ship was last seen, by id.
  readonly ghosts = new Map<number, Ghost>();
  private readonly bodies: MarkPool;
  private readonly lights: MarkPool;
  private readonly labels: Labels;
  private frame: Frame | undefined;
  private exhaust_debt = 0;
  private fresh = true;  // Who is there when we begin to look was not born just now.

  constructor(
    private readonly atlas: Atlas,
    private readonly effects: Effects,
    layers: { bodies: Container; lights: Container; labels: Container },
    private readonly on_vanish: (id: number, ghost: Ghost) => void,
  ) {
    this.bodies = new MarkPool(layers.bodies, atlas.player_body);
    this.lights = new MarkPool(layers.lights, atlas.player_glow, 'add');
    this.labels = new Labels(layers.labels, labels_most);
  }

  update(frame: Frame): void {
    const { world, dt } = frame;
    this.frame = frame;
    this.bodies.begin();
    this.lights.begin();
    this.labels.begin();
    // About forty puffs a second for each ship, fewer in a crowd.
    this.exhaust_debt += dt * 40 * Math.min(1, 60 / Math.max(1, world.ship_count));
    const puffs = Math.floor(this.exhaust_debt);
    this.exhaust_debt -= puffs;

    for (let i = 0; i < world.ship_count; i++) this.ship(frame, i, puffs);

    this.bodies.end();
    this.lights.end();
    this.labels.end(frame.eye_dt);
    this.ghosts.forEach(this.forget);
    if (world.ship_count > 0) this.fresh = false;
  }

  clear(): void {
    this.ghosts.clear();
    this.fresh = true;
  }

  // A ship that is gone although its place is in sight did not fly away.
  private readonly forget = (ghost: Ghost, id: number): void => {
    const { camera, time_s } = this.frame!;
    if (ghost.seen_s === time_s) return;
    this.ghosts.delete(id);
    const gone_s = time_s - ghost.seen_s;
    const x = ghost.x + ghost.vx * gone_s;
    const y = ghost.y + ghost.vy * gone_s;
    if (camera.sees(x, y, -edge)) this.on_vanish(id, ghost);
  };

  private ship(frame: Frame, i: number, puffs: number): void {
    const { world, camera, time_s } = frame;
    const id = world.ship_id[i]!;
    const ghost = this.remember(world, i, time_s);
    if (!camera.sees(ghost.x, ghost.y, 60)) return;
    const flags = world.ship_flags[i]!;
    const tint = colour_of(id, world.own_id);
    if (time_s === ghost.born_s) this.welcome(id, ghost, tint);

    this.hull(frame, i, ghost, tint);
    this.gun(frame, i, ghost, tint);
    this.energy(world, i, ghost, tint);
    if (flags & ShipFlag.thrusting) this.thrust(frame, i, ghost, tint, puffs);
    if (!(flags & ShipFlag.own) && this.is_named(frame, flags, ghost)) {
      const alpha = flags & ShipFlag.bot ? 0.75 : 1;
      const label = this.labels.show(id, frame.name_of(id), tint, alpha);
      this.labels.put(label, ghost.x, ghost.y - 30, camera);
    }
  }

  private welcome(id: number, ghost: Ghost, tint: number): void {
    this.effects.birth(ghost, tint, () => this.ghosts.get(id));
  }

  private is_named({ world, camera }: Frame, flags: number, { x, y }: Ghost): boolean {
    if (this.labels.full) return false;
    if (world.ship_count <= crowd || !(flags & ShipFlag.bot)) return true;
    return Math.abs(x - camera.x) < near && Math.abs(y - camera.y) < near;
  }

  private remember(world: World, i: number, time_s: number): Ghost {
    const id = world.ship_id[i]!;
    let ghost = this.ghosts.get(id);
    if (!ghost) {
      ghost = { x: 0, y: 0, vx: 0, vy: 0, seen_s: 0, born_s: this.fresh ? -birth_s : time_s };
      this.ghosts.set(id, ghost);
    }
    ghost.x = world.ship_x[i]!;
    ghost.y = world.ship_y[i]!;
    ghost.vx = world.ship_vx[i]!;
    ghost.vy = world.ship_vy[i]!;
    ghost.seen_s = time_s;
    return ghost;
  }

  private hull(frame: Frame, i: number, { x, y, born_s }: Ghost, tint: number): void {
    const { world } = frame;
    const heading = world.ship_heading[i]!;
    const flags = world.ship_flags[i]!;
    const own = (flags & ShipFlag.own) !== 0;
    const bot = (flags & ShipFlag.bot) !== 0;
    const { bot_body, bot_glow, player_body, player_glow } = this.atlas;
    const grown = Math.min(1, (frame.time_s - born_s) / birth_s);
    const size = grown * (own ? 1.1 : 1);

    const body = this.bodies.take(bot ? bot_body : player_body, x, y, heading);
    body.paint(tint);
    body.scale(size);
    const halo = this.lights.take(this.atlas.dot, x, y);
    halo.paint(tint, (own ? 0.3 : 0.16) * grown);
    halo.scale(0.9);
    const glow = this.lights.take(bot ? bot_glow : player_glow, x, y, heading);
    glow.paint(tint);
    glow.scale(size);
  }

  private gun({ world, aim }: Frame, i: number, { x, y }: Ghost, tint: number): void {
    const own = world.ship_id[i] === world.own_id;
    const gun = this.lights.take(this.atlas.barrel, x, y, own ? aim : world.ship_aim[i]!);
    gun.paint(own ? colour.white : tint, 0.8);
    gun.anchorX = 0.15;
    gun.scale(0.62);
  }

  private energy(world: World, i: number, { x, y }: Ghost, tint: number): void {
    const own = world.ship_id[i] === world.own_id;
    const energy = world.ship_energy[i]! / energy_full;
    if (energy >= 1 && !own) return;
    const step = Math.max(0, Math.min(arc_steps, Math.round(energy * arc_steps)));
    const arc = this.lights.take(this.atlas.arcs[step]!, x, y);
    arc.paint(energy < 0.35 ? colour.danger : tint, own ? 0.65 : 0.4);
    arc.scale(own ? 1.1 : 0.95);
  }

  private thrust(frame: Frame, i: number, ghost: Ghost, tint: number, puffs: number): void {
    const heading = frame.world.ship_heading[i]!;
    const own = frame.world.ship_id[i] === frame.world.own_id;
    const flicker = 0.75 + 0.25 * Math.sin(frame.time_s * 55 + i) + 0.15 * Math.random();
    const back = 34 * flicker;
    const flame = this.lights.take(
      this.atlas.flame, ghost.x - Math.cos(heading) * back, ghost.y - Math.sin(heading) * back,
      heading);
    flame.scaleX = flicker * 0.8;
    flame.scaleY = 0.75;
    flame.paint(own ? 0x8fdcff : tint);
    for (let puff = 0; puff < puffs; puff++) {
      this.effects.exhaust(ghost, heading, own ? 0x58b8ff : tint);
    }
  }
}
