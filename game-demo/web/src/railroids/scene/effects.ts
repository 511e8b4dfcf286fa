// What happens is felt: each event of the game becomes light, debris and, near by, a blow to the
// camera.

import type { Atlas } from './atlas';
import type { Blasts } from './blasts';
import type { Particles } from './particles';
import { colour } from '../colours';

type Place = { x: number; y: number };

export class Effects {
  constructor(
    private readonly atlas: Atlas,
    private readonly blasts: Blasts,
    private readonly particles: Particles,
  ) {}

  exhaust(ship: Place & { vx: number; vy: number }, heading: number, tint: number): void {
    const x = ship.x - Math.cos(heading) * 12;
    const y = ship.y - Math.sin(heading) * 12;
    this.particles.spray(x, y, {
      texture: this.atlas.dot, tint, count: 1, speed: 190, direction: heading + Math.PI,
      spread: 0.45, vx: ship.vx * 0.8, vy: ship.vy * 0.8, life_s: 0.55, size: 0.22, drag: 2,
    });
  }

  muzzle(x: number, y: number, angle: number, tint: number): void {
    this.flash(x, y, tint, 1.1, 0.16);
    this.particles.spray(x, y, {
      texture: this.atlas.spark, tint, count: 7, speed: 420, direction: angle, spread: 0.7,
      life_s: 0.25, size: 0.5, stretch: 2, drag: 5,
    });
  }

  // Quake's rail left a spiral; ours leaves two strands that unwind.
  rail(x0: number, y0: number, x1: number, y1: number, tint: number): void {
    const length = Math.hypot(x1 - x0, y1 - y0);
    const angle = Math.atan2(y1 - y0, x1 - x0);
    const step = 16;
    for (let along = 24; along < length; along += step) {
      const x = x0 + Math.cos(angle) * along;
      const y = y0 + Math.sin(angle) * along;
      const side = Math.sin(along * 0.05);
      this.particles.spray(x, y, {
        texture: this.atlas.dot, tint, count: 1, speed: Math.abs(side) * 34,
        direction: angle + Math.sign(side) * Math.PI / 2, spread: 0.2,
        life_s: 0.75, size: 0.09, drag: 1,
      });
    }
  }

  // Where a beam ended on rock, or on nothing.
  scorch(x: number, y: number, angle: number, tint: number): void {
    this.flash(x, y, tint, 0.5, 0.18);
    this.particles.spray(x, y, {
      texture: this.atlas.spark, tint, count: 8, speed: 260, direction: angle + Math.PI,
      spread: 2, life_s: 0.35, size: 0.4, stretch: 2, drag: 4,
    });
  }

  hit(place: Place, angle: number, tint: number, follow: () => Place | undefined): void {
    this.flash(place.x, place.y, colour.white, 1.2, 0.16);
    this.blasts.add({
      texture: this.atlas.ring, tint, ...place, from: 0.15, to: 0.75, life_s: 0.4, alpha: 1, follow,
    });
    this.particles.spray(place.x, place.y, {
      texture: this.atlas.spark, tint: colour.white, count: 10, speed: 520, direction: angle,
      spread: 1.2, life_s: 0.4, size: 0.5, stretch: 2.5, drag: 4,
    });
    this.particles.spray(place.x, place.y, {
      texture: this.atlas.spark, tint, count: 12, speed: 300, life_s: 0.5, size: 0.5, stretch: 2,
      drag: 3,
    });
  }

  death(place: Place, vx: number, vy: number, tint: number): void {
    const at = { x: place.x, y: place.y };
    this.flash(at.x, at.y, colour.white, 3, 0.3);
    this.flash(at.x, at.y, tint, 5, 0.6);
    const { shock, ring, spark, dot } = this.atlas;
    this.blasts.add({ texture: shock, tint, ...at, from: 0.1, to: 1.9, life_s: 0.7, alpha: 0.9 });
    this.blasts.add({ texture: ring, tint, ...at, from: 0.1, to: 1.2, life_s: 1, alpha: 0.7 });
    const inherit = { vx: vx * 0.5, vy: vy * 0.5 };
    this.particles.spray(at.x, at.y, {
      texture: spark, tint: colour.white, count: 18, speed: 620, life_s: 0.7, size: 0.6,
      stretch: 3, drag: 2.5, ...inherit,
    });
    this.particles.spray(at.x, at.y, {
      texture: spark, tint, count: 34, speed: 420, life_s: 1.2, size: 0.7, stretch: 2, drag: 1.8,
      ...inherit,
    });
    this.particles.spray(at.x, at.y, {
      texture: dot, tint: 0xff8a3c, count: 22, speed: 170, life_s: 1, size: 0.5, drag: 1.6,
      ...inherit,
    });
  }

  birth(place: Place, tint: number, follow: () => Place | undefined): void {
    this.blasts.add({
      texture: this.atlas.shock, tint, ...place, from: 1.1, to: 0.15, life_s: 0.5, alpha: 0.8,
      follow,
    });
    this.flash(place.x, place.y, tint, 1.6, 0.5);
  }

  gem_taken(place: Place): void {
    this.particles.spray(place.x, place.y, {
      texture: this.atlas.spark, tint: colour.gem, count: 9, speed: 160, life_s: 0.4, size: 0.4,
      stretch: 1.5, drag: 2,
    });
    this.flash(place.x, place.y, colour.gem, 0.6, 0.25);
  }

  private flash(x: number, y: number, tint: number, size: number, life_s: number): void {
    this.blasts.add({
      texture: this.atlas.dot, tint, x, y, from: size, to: size * 0.4, life_s, alpha: 1,
    });
  }
}
