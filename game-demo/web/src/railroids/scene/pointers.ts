// Marks that lie on the glass rather than in the world: where the own gun points, the reticle with
// the time to the next shot, and arrows to what is out of sight.

import { Container } from 'pixi.js';
import { colour, colour_of } from '../colours';
import { rail_range } from '../world';
import { arc_steps, type Atlas } from './atlas';
import type { Frame } from './frame';
import { SpritePool } from './pool';

const edge = 46;  // Arrows keep this far from the edge of the screen.
const enemies_most = 6;

export class Pointers {
  // Where the mouse is, if the mouse is what one aims with.
  mouse: { x: number; y: number } | undefined;

  private readonly glass: SpritePool;
  private readonly sights: SpritePool;
  private longest_cooldown_ms = 1;

  constructor(
    private readonly atlas: Atlas,
    glass_layer: Container,
    world_layer: Container,
  ) {
    this.glass = new SpritePool(glass_layer, 'add');
    this.sights = new SpritePool(world_layer, 'add');
  }

  update(frame: Frame): void {
    const { world } = frame;
    this.glass.begin();
    this.sights.begin();
    this.longest_cooldown_ms = Math.max(this.longest_cooldown_ms, world.own_cooldown_ms);
    if (world.own_alive) this.sight(frame);
    if (this.mouse) this.reticle(frame, this.mouse);
    if (world.connected && world.beacon_radius > 0) {
      const arrow = this.arrow(frame, world.beacon_x, world.beacon_y, colour.beacon);
      arrow?.scale.set(1.05 + 0.12 * Math.sin(frame.time_s * 4));
    }
    this.enemies(frame);
    this.glass.end();
    this.sights.end();
  }

  private sight({ world, aim }: Frame): void {
    const ready = world.own_cooldown_ms <= 0;
    const line = this.sights.take(this.atlas.beam, world.own_x, world.own_y, aim);
    line.anchor.set(0, 0.5);
    line.scale.set(rail_range / this.atlas.beam.width, 0.12);
    line.tint = ready ? colour.own : colour.danger;
    line.alpha = ready ? 0.22 : 0.07;
  }

  private reticle({ world }: Frame, mouse: { x: number; y: number }): void {
    const ready = 1 - world.own_cooldown_ms / this.longest_cooldown_ms;
    const cross = this.glass.take(this.atlas.reticle, mouse.x, mouse.y);
    cross.tint = ready >= 1 ? colour.own : colour.white;
    cross.alpha = ready >= 1 ? 1 : 0.5;
    if (ready >= 1 || !world.own_alive) return;
    const step = Math.max(0, Math.min(arc_steps, Math.floor(ready * arc_steps)));
    const arc = this.glass.take(this.atlas.arcs[step]!, mouse.x, mouse.y);
    arc.scale.set(0.7);
    arc.tint = colour.danger;
    arc.alpha = 0.8;
  }

  // The server tells of ships a little beyond the screen; on a narrow one that matters.
  private enemies(frame: Frame): void {
    const { world, camera } = frame;
    let shown = 0;
    for (let i = 0; i < world.ship_count && shown < enemies_most; i++) {
      const id = world.ship_id[i]!;
      const [x, y] = [world.ship_x[i]!, world.ship_y[i]!];
      if (id === world.own_id || camera.sees(x, y, 0)) continue;
      const distance = Math.hypot(x - camera.x, y - camera.y);
      const arrow = this.arrow(frame, x, y, colour_of(id, world.own_id));
      if (!arrow) continue;
      arrow.scale.set(0.42);
      arrow.alpha = Math.max(0.12, 0.6 - distance / 2400);
      shown += 1;
    }
  }

  private arrow({ camera }: Frame, x: number, y: number, tint: number) {
    const from_x = camera.width / 2;
    const from_y = camera.height / 2;
    const dx = camera.screen_x(x) - from_x;
    const dy = camera.screen_y(y) - from_y;
    const fit = Math.min((from_x - edge) / Math.abs(dx), (from_y - edge) / Math.abs(dy));
    if (fit >= 1) return undefined;
    const arrow = this.glass.take(
      this.atlas.chevron, from_x + dx * fit, from_y + dy * fit, Math.atan2(dy, dx));
    arrow.tint = tint;
    return arrow;
  }
}
