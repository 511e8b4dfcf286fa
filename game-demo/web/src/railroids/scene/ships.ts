// Ships: hull, light, gun, energy, exhaust, name. Everything but the names is lent from pools each
// frame, so ships come and go at no cost.

import { BitmapText, Container } from 'pixi.js';
import { colour, colour_of } from '../colours';
import { energy_full, ShipFlag, type World } from '../world';
import { arc_steps, type Atlas } from './atlas';
import type { Effects } from './effects';
import type { Frame } from './frame';
import { SpritePool } from './pool';

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
const labels_most = 48;   // In a crowd names would hide the ships.

export class Ships {
  // Where each ship was last seen, by id.
  readonly ghosts = new Map<number, Ghost>();
  private readonly bodies: SpritePool;
  private readonly lights: SpritePool;
  private readonly labels: BitmapText[] = [];
  private labels_used = 0;
  private exhaust_debt = 0;

  constructor(
    private readonly atlas: Atlas,
    private readonly effects: Effects,
    private readonly layers: { bodies: Container; lights: Container; labels: Container },
    private readonly on_vanish: (id: number, ghost: Ghost) => void,
  ) {
    this.bodies = new SpritePool(layers.bodies);
    this.lights = new SpritePool(layers.lights, 'add');
  }

  update(frame: Frame): void {
    const { world, dt } = frame;
    this.bodies.begin();
    this.lights.begin();
    this.labels_used = 0;
    // About forty puffs a second for each ship, fewer in a crowd.
    this.exhaust_debt += dt * 40 * Math.min(1, 60 / Math.max(1, world.ship_count));
    const puffs = Math.floor(this.exhaust_debt);
    this.exhaust_debt -= puffs;

    for (let i = 0; i < world.ship_count; i++) this.ship(frame, i, puffs);

    this.bodies.end();
    this.lights.end();
    for (let i = this.labels_used; i < this.labels.length; i++) this.labels[i]!.visible = false;
    this.forget(frame);
  }

  clear(): void {
    this.ghosts.clear();
  }

  // A ship that is gone although its place is in sight did not fly away.
  private forget({ camera, time_s }: Frame): void {
    for (const [id, ghost] of this.ghosts) {
      if (ghost.seen_s === time_s) continue;
      this.ghosts.delete(id);
      const gone_s = time_s - ghost.seen_s;
      const x = ghost.x + ghost.vx * gone_s;
      const y = ghost.y + ghost.vy * gone_s;
      if (camera.sees(x, y, -edge)) this.on_vanish(id, ghost);
    }
  }

  private ship(frame: Frame, i: number, puffs: number): void {
    const { world, camera, time_s } = frame;
    const id = world.ship_id[i]!;
    const ghost = this.remember(world, i, time_s);
    const { x, y } = ghost;
    if (!camera.sees(x, y, 60)) return;
    const flags = world.ship_flags[i]!;
    const own = (flags & ShipFlag.own) !== 0;
    const tint = colour_of(id, world.own_id);
    const age_s = time_s - ghost.born_s;
    if (age_s === 0) this.effects.birth(ghost, tint, () => this.ghosts.get(id));

    this.hull(frame, i, tint, Math.min(1, age_s / birth_s));
    if (flags & ShipFlag.thrusting) {
      const heading = world.ship_heading[i]!;
      for (let puff = 0; puff < puffs; puff++) {
        this.effects.exhaust(x, y, heading, ghost.vx, ghost.vy, own ? 0x58b8ff : tint);
      }
    }
    if (!own && this.labels_used < labels_most) {
      const label = this.label(frame.name_of(id), x, y, camera.zoom);
      label.tint = tint;
      label.alpha = flags & ShipFlag.bot ? 0.62 : 1;
    }
  }

  private remember(world: World, i: number, time_s: number): Ghost {
    const id = world.ship_id[i]!;
    let ghost = this.ghosts.get(id);
    if (!ghost) {
      ghost = { x: 0, y: 0, vx: 0, vy: 0, seen_s: 0, born_s: time_s };
      this.ghosts.set(id, ghost);
    }
    ghost.x = world.ship_x[i]!;
    ghost.y = world.ship_y[i]!;
    ghost.vx = world.ship_vx[i]!;
    ghost.vy = world.ship_vy[i]!;
    ghost.seen_s = time_s;
    return ghost;
  }

  private hull(frame: Frame, i: number, tint: number, grown: number): void {
    const { world } = frame;
    const x = world.ship_x[i]!;
    const y = world.ship_y[i]!;
    const heading = world.ship_heading[i]!;
    const flags = world.ship_flags[i]!;
    const own = (flags & ShipFlag.own) !== 0;
    const bot = (flags & ShipFlag.bot) !== 0;
    const { bot_body, bot_glow, player_body, player_glow } = this.atlas;
    const size = grown * (own ? 1.1 : 1);

    if (flags & ShipFlag.thrusting) {
      const flicker = 0.75 + 0.25 * Math.sin(frame.time_s * 55 + i) + 0.15 * Math.random();
      const back = 34 * flicker;
      const flame = this.lights.take(
        this.atlas.flame, x - Math.cos(heading) * back, y - Math.sin(heading) * back, heading);
      flame.scale.set(flicker * 0.8, 0.75);
      flame.tint = own ? 0x8fdcff : tint;
    }

    const body = this.bodies.take(bot ? bot_body : player_body, x, y, heading);
    body.tint = tint;
    body.scale.set(size);
    const halo = this.lights.take(this.atlas.dot, x, y);
    halo.tint = tint;
    halo.alpha = (own ? 0.3 : 0.16) * grown;
    halo.scale.set(0.9);
    const glow = this.lights.take(bot ? bot_glow : player_glow, x, y, heading);
    glow.tint = tint;
    glow.scale.set(size);
    const gun = this.lights.take(this.atlas.barrel, x, y, own ? frame.aim : world.ship_aim[i]!);
    gun.tint = own ? colour.white : tint;
    gun.alpha = 0.8;
    gun.anchor.set(0.15, 0.5);
    gun.scale.set(0.62);

    const energy = world.ship_energy[i]! / energy_full;
    if (energy < 1 || own) this.energy(x, y, energy, own, tint);
  }

  private energy(x: number, y: number, energy: number, own: boolean, tint: number): void {
    const step = Math.max(0, Math.min(arc_steps, Math.round(energy * arc_steps)));
    const arc = this.lights.take(this.atlas.arcs[step]!, x, y);
    arc.tint = energy < 0.35 ? colour.danger : tint;
    arc.alpha = own ? 0.65 : 0.4;
    arc.scale.set(own ? 1.1 : 0.95);
  }

  private label(text: string, x: number, y: number, zoom: number): BitmapText {
    const label = this.labels[this.labels_used] ?? this.new_label();
    this.labels_used += 1;
    label.visible = true;
    if (label.text !== text) label.text = text;
    // Names keep their size on the screen, however far away we look from.
    label.scale.set(1 / zoom);
    label.position.set(x, y - 30 - 8 / zoom);
    return label;
  }

  private new_label(): BitmapText {
    const label = new BitmapText({
      text: '',
      style: {
        fontFamily: 'system-ui, sans-serif', fontSize: 12, fontWeight: '600', fill: 0xffffff,
      },
    });
    label.anchor.set(0.5);
    this.layers.labels.addChild(label);
    this.labels.push(label);
    return label;
  }
}
