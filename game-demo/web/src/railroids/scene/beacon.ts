// The beacon: a breathing circle of gold with a column of light, where everyone wants to be. Its
// dial is a clock: one stroke goes out each second, and with the last of them the beacon moves on.

import { BitmapText, Container, Graphics, Sprite } from 'pixi.js';
import { colour } from '../colours';
import { clock_text } from '../hud/clock';
import { motion } from '../motion';
import { beacon_ticks, type World } from '../world';
import type { Atlas } from './atlas';
import type { Frame } from './frame';

const strokes = 60;
const last_s = 10;

export class Beacon {
  private readonly root = new Container();
  private readonly ring = new Graphics();
  private readonly dial = new Graphics();
  private readonly wave = new Graphics();
  private readonly floor: Sprite;
  private readonly pillar: Sprite;
  private readonly heart: Sprite;
  private readonly clock = new BitmapText({
    text: '',
    style: {
      fontFamily: 'system-ui, sans-serif', fontSize: 44, fontWeight: '300', fill: colour.beacon,
    },
  });
  private drawn_radius = 0;
  private drawn_strokes = -1;

  constructor(atlas: Atlas, layer: Container) {
    this.floor = new Sprite({ texture: atlas.dot, anchor: 0.5, tint: colour.beacon });
    this.pillar = new Sprite({ texture: atlas.pillar, tint: colour.beacon });
    this.pillar.anchor.set(0.5, 1);
    this.heart = new Sprite({ texture: atlas.star, anchor: 0.5, tint: colour.beacon });
    for (const part of [this.floor, this.ring, this.dial, this.wave, this.pillar, this.heart]) {
      part.blendMode = 'add';
      this.root.addChild(part);
    }
    this.clock.anchor.set(0.5, 0);
    this.clock.position.set(0, 34);
    this.root.addChild(this.clock);
    layer.addChild(this.root);
  }

  update({ world, camera, time_s }: Frame): void {
    const radius = world.beacon_radius;
    this.root.visible = radius > 0 && camera.sees(world.beacon_x, world.beacon_y, radius * 1.3);
    if (!this.root.visible) return;
    if (radius !== this.drawn_radius) this.draw(radius);

    const breath = motion.calm ? 0 : Math.sin(time_s * 1.6);
    const inside = world.own_in_beacon ? 1 : 0;
    this.root.position.set(world.beacon_x, world.beacon_y);
    this.ring.alpha = 0.65 + 0.2 * breath + 0.15 * inside;
    this.ring.scale.set(1 + 0.004 * breath);
    this.count_down(world, time_s, inside);
    // Waves run inwards, as if it drew one in.
    const fall = (time_s * 0.32) % 1;
    this.wave.visible = !motion.calm;
    this.wave.scale.set(1 - fall * 0.94);
    this.wave.alpha = 0.5 * Math.sin(fall * Math.PI) ** 1.5;
    this.floor.scale.set((radius * 2.3) / this.floor.texture.width);
    this.floor.alpha = 0.09 + 0.02 * breath + 0.03 * inside;
    this.pillar.scale.set(1 + 0.05 * breath, 1.25);
    this.pillar.alpha = 0.55 + 0.12 * breath;
    this.heart.rotation = motion.calm ? 0 : time_s * 0.3;
    this.heart.scale.set(1.3 + 0.15 * breath);
    this.heart.alpha = 0.8;
  }

  private count_down(world: World, time_s: number, inside: number): void {
    const whole_ms = (beacon_ticks * 1000) / Math.max(1, world.tick_rate_hz);
    const left = Math.ceil((strokes * world.beacon_ms_left) / whole_ms);
    if (left !== this.drawn_strokes) this.draw_dial(world.beacon_radius, left);
    const text = clock_text(world.beacon_ms_left);
    if (this.clock.text !== text) this.clock.text = text;
    const hurry = world.beacon_ms_left < last_s * 1000 && !motion.calm;
    this.dial.alpha = 0.6 + 0.25 * inside + (hurry ? 0.3 * Math.sin(time_s * 12) : 0);
    this.clock.visible = Boolean(world.connected);  // Not behind the title.
    this.clock.alpha = 0.85;
  }

  private draw(radius: number): void {
    this.drawn_radius = radius;
    this.drawn_strokes = -1;
    this.ring.clear();
    for (const [width, alpha] of [[26, 0.05], [12, 0.1], [2.5, 0.85]] as const) {
      this.ring.circle(0, 0, radius).stroke({ width, color: colour.beacon, alpha });
    }
    this.wave.clear().circle(0, 0, radius).stroke({ width: 5, color: colour.beacon, alpha: 0.5 });
  }

  // From the top clockwise, as a clock's hand would wipe them out.
  private draw_dial(radius: number, left: number): void {
    this.drawn_strokes = left;
    this.dial.clear();
    for (const lit of [false, true]) {
      for (let i = 0; i < strokes; i++) {
        if (i >= strokes - left === lit) this.stroke(radius, i);
      }
      this.dial.stroke({ width: lit ? 4 : 1.5, color: colour.beacon, alpha: lit ? 0.9 : 0.25 });
    }
  }

  private stroke(radius: number, i: number): void {
    const angle = (i / strokes) * 2 * Math.PI - Math.PI / 2;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const inner = radius - (i % 5 === 0 ? 46 : 32);
    this.dial.moveTo(x * inner, y * inner).lineTo(x * (radius - 16), y * (radius - 16));
  }
}
