// The beacon: a breathing circle of gold with a column of light, where everyone wants to be.

import { Container, Graphics, Sprite } from 'pixi.js';
import { colour } from '../colours';
import type { Atlas } from './atlas';
import type { Frame } from './frame';

const dashes = 72;

export class Beacon {
  private readonly root = new Container();
  private readonly ring = new Graphics();
  private readonly dial = new Graphics();
  private readonly wave = new Graphics();
  private readonly floor: Sprite;
  private readonly pillar: Sprite;
  private readonly heart: Sprite;
  private drawn_radius = 0;

  constructor(atlas: Atlas, layer: Container) {
    this.floor = new Sprite({ texture: atlas.dot, anchor: 0.5, tint: colour.beacon });
    this.pillar = new Sprite({ texture: atlas.pillar, tint: colour.beacon });
    this.pillar.anchor.set(0.5, 1);
    this.heart = new Sprite({ texture: atlas.star, anchor: 0.5, tint: colour.beacon });
    for (const part of [this.floor, this.ring, this.dial, this.wave, this.pillar, this.heart]) {
      part.blendMode = 'add';
      this.root.addChild(part);
    }
    layer.addChild(this.root);
  }

  update({ world, camera, time_s }: Frame): void {
    const radius = world.beacon_radius;
    this.root.visible = radius > 0 && camera.sees(world.beacon_x, world.beacon_y, radius * 1.3);
    if (!this.root.visible) return;
    if (radius !== this.drawn_radius) this.draw(radius);

    const breath = Math.sin(time_s * 1.6);
    const inside = world.own_in_beacon ? 1 : 0;
    this.root.position.set(world.beacon_x, world.beacon_y);
    this.ring.alpha = 0.65 + 0.2 * breath + 0.15 * inside;
    this.ring.scale.set(1 + 0.004 * breath);
    this.dial.rotation = time_s * 0.05;
    this.dial.alpha = 0.35 + 0.25 * inside;
    // Waves run inwards, as if it drew one in.
    const fall = (time_s * 0.32) % 1;
    this.wave.scale.set(1 - fall * 0.94);
    this.wave.alpha = 0.5 * Math.sin(fall * Math.PI) ** 1.5;
    this.floor.scale.set((radius * 2.3) / this.floor.texture.width);
    this.floor.alpha = 0.09 + 0.02 * breath + 0.03 * inside;
    this.pillar.scale.set(1 + 0.05 * breath, 1.25);
    this.pillar.alpha = 0.55 + 0.12 * breath;
    this.heart.rotation = time_s * 0.3;
    this.heart.scale.set(1.3 + 0.15 * breath);
    this.heart.alpha = 0.8;
  }

  private draw(radius: number): void {
    this.drawn_radius = radius;
    this.ring.clear();
    for (const [width, alpha] of [[26, 0.05], [12, 0.1], [2.5, 0.85]] as const) {
      this.ring.circle(0, 0, radius).stroke({ width, color: colour.beacon, alpha });
    }
    this.wave.clear().circle(0, 0, radius).stroke({ width: 5, color: colour.beacon, alpha: 0.5 });
    this.dial.clear();
    for (let i = 0; i < dashes; i++) {
      const angle = (i / dashes) * 2 * Math.PI;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      const inner = radius - (i % 6 === 0 ? 44 : 26);
      this.dial.moveTo(x * inner, y * inner).lineTo(x * (radius - 14), y * (radius - 14));
    }
    this.dial.stroke({ width: 2, color: colour.beacon, alpha: 0.8 });
  }
}
