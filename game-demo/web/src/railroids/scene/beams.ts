// Rail beams: for a moment a line of light from the muzzle to whatever stopped it. The world lists
// each beam for as long as it glows; what happens once (flash, sparks, sound) happens here when a
// beam is seen for the first time.

import type { Container } from 'pixi.js';
import { colour, colour_of } from '../colours';
import { nobody, type World } from '../world';
import type { Atlas } from './atlas';
import type { Frame } from './frame';
import { SpritePool } from './pool';

const glow_ms = 600;

export interface Beam {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  shooter: number;
  hit: number;
}

export class Beams {
  seen_count = 0;
  private listed = new Set<number>();
  private listed_before = new Set<number>();
  private readonly pool: SpritePool;

  constructor(
    private readonly atlas: Atlas,
    layer: Container,
    private readonly on_new: (beam: Beam) => void,
  ) {
    this.pool = new SpritePool(layer, 'add');
  }

  update({ world }: Frame): void {
    [this.listed, this.listed_before] = [this.listed_before, this.listed];
    this.listed.clear();
    this.pool.begin();
    for (let i = 0; i < world.beam_count; i++) {
      const id = world.beam_id[i]!;
      this.listed.add(id);
      const beam = beam_at(world, i);
      if (!this.listed_before.has(id)) {
        this.seen_count += 1;
        this.on_new(beam);
      }
      this.draw(beam, world.beam_age_ms[i]! / glow_ms, world.own_id);
    }
    this.pool.end();
  }

  private draw(beam: Beam, age: number, own_id: number): void {
    const left = Math.max(0, 1 - age);
    const length = Math.hypot(beam.x1 - beam.x0, beam.y1 - beam.y0);
    const angle = Math.atan2(beam.y1 - beam.y0, beam.x1 - beam.x0);
    const line = (width: number, alpha: number, tint: number) => {
      const sprite = this.pool.take(this.atlas.beam, beam.x0, beam.y0, angle);
      sprite.anchor.set(0, 0.5);
      sprite.scale.set(length / this.atlas.beam.width, width / this.atlas.beam.height);
      sprite.alpha = alpha;
      sprite.tint = tint;
    };
    const tint = colour_of(beam.shooter, own_id);
    // The tube of light swells while it fades; the core is gone first.
    line(46 + 30 * age, 0.75 * left ** 2, tint);
    line(16 * left + 4, 0.95 * left, tint);
    line(9 * left, left ** 0.5, colour.white);
  }
}

function beam_at(world: World, i: number): Beam {
  return {
    x0: world.beam_x0[i]!,
    y0: world.beam_y0[i]!,
    x1: world.beam_x1[i]!,
    y1: world.beam_y1[i]!,
    shooter: world.beam_shooter[i]!,
    hit: world.beam_hit[i] ?? nobody,
  };
}
