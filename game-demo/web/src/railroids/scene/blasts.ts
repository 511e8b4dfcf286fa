// Light that swells and fades: shock fronts, flashes, rings. Kept in a short list; the oldest goes
// when there are too many.

import type { Container, Texture } from 'pixi.js';
import type { Atlas } from './atlas';
import { MarkPool } from './pool';

interface Blast {
  texture: Texture;
  tint: number;
  x: number;
  y: number;
  from: number;     // Scale at the beginning and at the end.
  to: number;
  life_s: number;
  age_s: number;
  alpha: number;
  follow?: () => { x: number; y: number } | undefined;
}

const most = 160;

export class Blasts {
  private readonly blasts: Blast[] = [];
  private readonly pool: MarkPool;

  constructor(atlas: Atlas, layer: Container) {
    this.pool = new MarkPool(layer, atlas.shock, 'add');
  }

  add(blast: Omit<Blast, 'age_s'>): void {
    if (this.blasts.length === most) this.blasts.shift();
    this.blasts.push({ ...blast, age_s: 0 });
  }

  update(dt: number): void {
    this.pool.begin();
    for (let i = this.blasts.length - 1; i >= 0; i--) {
      const blast = this.blasts[i]!;
      blast.age_s += dt;
      const part = blast.age_s / blast.life_s;
      if (part >= 1) {
        this.blasts.splice(i, 1);
        continue;
      }
      const place = blast.follow?.() ?? blast;
      const swell = 1 - (1 - part) ** 3;
      const mark = this.pool.take(blast.texture, place.x, place.y);
      mark.scale(blast.from + (blast.to - blast.from) * swell);
      mark.paint(blast.tint, blast.alpha * (1 - part) ** 1.5);
    }
    this.pool.end();
  }
}
