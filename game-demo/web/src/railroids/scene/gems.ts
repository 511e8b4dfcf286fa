// Gems: what is left of a ship, for whoever comes first. They turn, glow and glint.

import type { Container } from 'pixi.js';
import { colour } from '../colours';
import type { Atlas } from './atlas';
import type { Frame } from './frame';
import { MarkPool } from './pool';

const reach = 70;  // A gem that vanishes this close to the own ship was taken by it.

export class Gems {
  private places = new Map<number, { x: number; y: number }>();
  private places_before = new Map<number, { x: number; y: number }>();
  private readonly pool: MarkPool;

  constructor(
    private readonly atlas: Atlas,
    layer: Container,
    private readonly on_taken: (place: { x: number; y: number }) => void,
  ) {
    this.pool = new MarkPool(layer, atlas.gem, 'add');
  }

  update({ world, camera, time_s }: Frame): void {
    const { places } = this;
    this.places = this.places_before;
    this.places_before = places;
    this.places.clear();
    this.pool.begin();
    for (let i = 0; i < world.gem_count; i++) {
      const id = world.gem_id[i]!;
      const x = world.gem_x[i]!;
      const y = world.gem_y[i]!;
      const near = Math.hypot(x - world.own_x, y - world.own_y) < reach;
      if (near) this.places.set(id, { x, y });
      this.places_before.delete(id);
      if (camera.sees(x, y, 30)) this.draw(x, y, id, time_s);
    }
    this.pool.end();

    if (world.own_alive) this.places_before.forEach(this.on_taken);
    this.places_before.clear();
  }

  private draw(x: number, y: number, id: number, time_s: number): void {
    const phase = id * 1.7 + time_s * 2.4;
    const halo = this.pool.take(this.atlas.dot, x, y);
    halo.paint(colour.gem, 0.5);
    halo.scale(0.42 + 0.06 * Math.sin(phase));
    const gem = this.pool.take(this.atlas.gem, x, y + 2 * Math.sin(phase));
    gem.paint(colour.gem);
    // Turning about its upright axis: only the width changes.
    gem.scaleX = 0.62 * (0.35 + 0.65 * Math.abs(Math.cos(phase * 0.5)));
    gem.scaleY = 0.68;
    const glint = Math.max(0, Math.sin(phase * 0.9)) ** 14;
    if (glint < 0.02) return;
    const star = this.pool.take(this.atlas.star, x + 2, y - 4, 0.4);
    star.paint(colour.white, glint);
    star.scale(0.35 + 0.4 * glint);
  }
}
