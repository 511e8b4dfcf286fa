// Marks that lie on the glass rather than in the world: where the own gun points, the reticle with
// the time to the next shot, and arrows to what is out of sight.

import type { Container } from 'pixi.js';
import { colour, colour_of } from '../colours';
import { motion } from '../motion';
import { rail_range } from '../world';
import { arc_steps, type Atlas } from './atlas';
import type { Camera } from './camera';
import type { Frame } from './frame';
import { MarkPool, type Mark } from './pool';

const edge = 46;  // Arrows keep this far from the edge of the screen.
const enemies_most = 6;

export class Pointers {
  // Where the mouse is, if the mouse is what one aims with.
  mouse: { x: number; y: number } | undefined;

  private readonly glass: MarkPool;
  private readonly sights: MarkPool;
  private longest_cooldown_ms = 1;

  constructor(
    private readonly atlas: Atlas,
    glass_layer: Container,
    world_layer: Container,
  ) {
    this.glass = new MarkPool(glass_layer, atlas.reticle, 'add');
    this.sights = new MarkPool(world_layer, atlas.beam, 'add');
  }

  update(frame: Frame): void {
    const { world } = frame;
    this.glass.begin();
    this.sights.begin();
    this.longest_cooldown_ms = Math.max(this.longest_cooldown_ms, world.own_cooldown_ms);
    if (world.own_alive) this.sight(frame);
    if (this.mouse) this.reticle(frame, this.mouse);
    if (world.connected && world.beacon_radius > 0) {
      const arrow = this.arrow(frame.camera, world.beacon_x, world.beacon_y);
      arrow?.paint(colour.beacon);
      arrow?.scale(motion.calm ? 1.05 : 1.05 + 0.12 * Math.sin(frame.time_s * 4));
    }
    this.enemies(frame);
    this.glass.end();
    this.sights.end();
  }

  private sight({ world, aim }: Frame): void {
    const ready = world.own_cooldown_ms <= 0;
    const line = this.sights.take(this.atlas.beam, world.own_x, world.own_y, aim);
    line.anchorX = 0;
    line.scaleX = rail_range / this.atlas.beam.width;
    line.scaleY = 0.12;
    line.paint(ready ? colour.own : colour.danger, ready ? 0.22 : 0.07);
  }

  private reticle({ world }: Frame, mouse: { x: number; y: number }): void {
    const ready = 1 - world.own_cooldown_ms / this.longest_cooldown_ms;
    const cross = this.glass.take(this.atlas.reticle, mouse.x, mouse.y);
    cross.paint(ready >= 1 ? colour.own : colour.white, ready >= 1 ? 1 : 0.5);
    if (ready >= 1 || !world.own_alive) return;
    const step = Math.max(0, Math.min(arc_steps, Math.floor(ready * arc_steps)));
    const arc = this.glass.take(this.atlas.arcs[step]!, mouse.x, mouse.y);
    arc.scale(0.7);
    arc.paint(colour.danger, 0.8);
  }

  // The server tells of ships a little beyond the screen; on a narrow one that matters.
  private enemies(frame: Frame): void {
    const { world, camera } = frame;
    let shown = 0;
    for (let i = 0; i < world.ship_count && shown < enemies_most; i++) {
      const id = world.ship_id[i]!;
      const x = world.ship_x[i]!;
      const y = world.ship_y[i]!;
      if (id === world.own_id || camera.sees(x, y, 0)) continue;
      const distance = Math.hypot(x - camera.x, y - camera.y);
      const arrow = this.arrow(camera, x, y);
      if (!arrow) continue;
      arrow.scale(0.42);
      arrow.paint(colour_of(id, world.own_id), Math.max(0.12, 0.6 - distance / 2400));
      shown += 1;
    }
  }

  private arrow(camera: Camera, x: number, y: number): Mark | undefined {
    const from_x = camera.width / 2;
    const from_y = camera.height / 2;
    const dx = camera.screen_x(x) - from_x;
    const dy = camera.screen_y(y) - from_y;
    const fit = Math.min((from_x - edge) / Math.abs(dx), (from_y - edge) / Math.abs(dy));
    if (fit >= 1) return undefined;
    return this.glass.take(
      this.atlas.chevron, from_x + dx * fit, from_y + dy * fit, Math.atan2(dy, dx));
  }
}
