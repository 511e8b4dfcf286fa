// Rail beams: for a moment a line of light from the muzzle to whatever stopped it. The world lists
// each beam for as long as it glows; what happens once (flash, sparks, sound) happens here when a
// beam is seen for the first time.

import type { Container } from 'pixi.js';
import { colour, colour_of } from '../colours';
import { nobody, type World } from '../world';
import type { Atlas } from './atlas';
import type { Frame } from './frame';
import { MarkPool } from './pool';

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
  private readonly pool: MarkPool;

  constructor(
    private readonly atlas: Atlas,
    layer: Container,
    private readonly on_new: (beam: Beam) => void,
  ) {
    this.pool = new MarkPool(layer, atlas.beam, 'add');
  }

  update({ world }: Frame): void {
    const before = this.listed;
    this.listed = this.listed_before;
    this.listed_before = before;
    this.listed.clear();
    this.pool.begin();
    for (let i = 0; i < world.beam_count; i++) {
      const id = world.beam_id[i]!;
      this.listed.add(id);
      if (!before.has(id)) {
        this.seen_count += 1;
        this.on_new(beam_at(world, i));
      }
      this.draw(world, i);
    }
    this.pool.end();
  }

  private draw(world: World, i: number): void {
    const age = world.beam_age_ms[i]! / glow_ms;
    const left = Math.max(0, 1 - age);
    const tint = colour_of(world.beam_shooter[i]!, world.own_id);
    // The tube of light swells while it fades; the core is gone first.
    this.line(world, i, 46 + 30 * age, 0.75 * left ** 2, tint);
    this.line(world, i, 16 * left + 4, 0.95 * left, tint);
    this.line(world, i, 9 * left, left ** 0.5, colour.white);
  }

  private line(world: World, i: number, width: number, alpha: number, tint: number): void {
    const x = world.beam_x0[i]!;
    const y = world.beam_y0[i]!;
    const dx = world.beam_x1[i]! - x;
    const dy = world.beam_y1[i]! - y;
    const { beam } = this.atlas;
    const mark = this.pool.take(beam, x, y, Math.atan2(dy, dx));
    mark.anchorX = 0;
    mark.scaleX = Math.hypot(dx, dy) / beam.width;
    mark.scaleY = width / beam.height;
    mark.paint(tint, alpha);
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
