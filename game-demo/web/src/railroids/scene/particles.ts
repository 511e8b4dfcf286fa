// Sparks, exhaust, debris: a fixed pool of light. When it is used up, new ones are left out, so
// that a great battle costs as much as a great battle and no more.

import { ParticleContainer, type Texture } from 'pixi.js';
import { Mark } from './pool';

const most = 3600;

export interface Spray {
  texture: Texture;
  tint: number;
  count: number;
  speed: number;          // The fastest, in units a second.
  spread?: number;        // Angle around `direction`; all around if left out.
  direction?: number;
  vx?: number;            // What they inherit from their source.
  vy?: number;
  life_s: number;
  size: number;           // Scale at birth; it shrinks to nothing.
  stretch?: number;       // Length over width, along the flight.
  drag?: number;          // Part of the speed lost in a second, roughly.
}

export class Particles {
  readonly container: ParticleContainer;
  private readonly free: Mark[] = [];
  private readonly vx = new Float32Array(most);
  private readonly vy = new Float32Array(most);
  private readonly drag = new Float32Array(most);
  private readonly age = new Float32Array(most);
  private readonly life = new Float32Array(most);
  private readonly size = new Float32Array(most);
  private readonly stretch = new Float32Array(most);
  private readonly tint = new Uint32Array(most);
  private readonly columns = [
    this.vx, this.vy, this.drag, this.age, this.life, this.size, this.stretch, this.tint,
  ];

  constructor(texture: Texture) {
    this.container = new ParticleContainer({
      texture,
      dynamicProperties: { position: true, rotation: true, vertex: true, color: true, uvs: true },
    });
    this.container.blendMode = 'add';
    for (let i = 0; i < most; i++) {
      this.free.push(new Mark(texture));
    }
  }

  spray(x: number, y: number, spray: Spray): void {
    const spread = spray.spread ?? 2 * Math.PI;
    for (let i = 0; i < spray.count; i++) {
      const particle = this.free.pop();
      if (!particle) return;
      const angle = (spray.direction ?? 0) + spread * (Math.random() - 0.5);
      const speed = spray.speed * (0.25 + 0.75 * Math.random());
      const at = this.container.particleChildren.push(particle) - 1;
      this.vx[at] = (spray.vx ?? 0) + Math.cos(angle) * speed;
      this.vy[at] = (spray.vy ?? 0) + Math.sin(angle) * speed;
      this.drag[at] = spray.drag ?? 1.5;
      this.age[at] = 0;
      this.life[at] = spray.life_s * (0.5 + 0.5 * Math.random());
      this.size[at] = spray.size * (0.6 + 0.4 * Math.random());
      this.stretch[at] = spray.stretch ?? 1;
      this.tint[at] = spray.tint;
      particle.texture = spray.texture;
      particle.x = x;
      particle.y = y;
      this.shape(particle, at);
    }
  }

  update(dt: number): void {
    const children = this.container.particleChildren as Mark[];
    for (let at = children.length - 1; at >= 0; at--) {
      this.age[at]! += dt;
      if (this.age[at]! >= this.life[at]!) {
        this.remove(at);
        continue;
      }
      const particle = children[at]!;
      const keep = Math.exp(-this.drag[at]! * dt);
      this.vx[at]! *= keep;
      this.vy[at]! *= keep;
      particle.x += this.vx[at]! * dt;
      particle.y += this.vy[at]! * dt;
      this.shape(particle, at);
    }
    this.container.update();
  }

  get count(): number {
    return this.container.particleChildren.length;
  }

  private shape(particle: Mark, at: number): void {
    const left = 1 - this.age[at]! / this.life[at]!;
    const scale = this.size[at]! * Math.sqrt(left);
    particle.paint(this.tint[at]!, left);
    particle.scaleY = scale;
    particle.scaleX = scale * this.stretch[at]!;
    if (this.stretch[at]! > 1) particle.rotation = Math.atan2(this.vy[at]!, this.vx[at]!);
    else particle.rotation = 0;
  }

  // The last one takes the place of the one that is gone: order does not matter to light.
  private remove(at: number): void {
    const children = this.container.particleChildren as Mark[];
    this.free.push(children[at]!);
    const last = children.length - 1;
    children[at] = children[last]!;
    children.pop();
    for (const column of this.columns) {
      column[at] = column[last]!;
    }
  }
}
