// At each own shot: where the target was on this screen, and where it was on the server by then.
// Between the two lies what lag compensation is for. The server judges the shot by what was seen,
// unless that was older than it rewinds: then by a later place, somewhere between the two.

import type { Camera } from '../scene/camera';
import type { World } from '../world';
import type { Layer } from './layers';
import { circle } from './outline';
import { decimal, type Written } from './panel';

const shown_ms = 1500;
const answer_ms_most = 2000;
const target_radius = 14;
const near = 120;  // A shot that missed by more was not meant for that ship.

// What was to be seen when a shot was fired.
interface Sight {
  at_ms: number;
  ids: Int32Array;
  x: Float32Array;
  y: Float32Array;
}

interface Ghost {
  at_ms: number;
  seen: { x: number; y: number };
  was: { x: number; y: number };
}

export class RewindGhosts implements Layer {
  readonly name = 'rewind_ghosts';
  readonly label = 'rewind';
  readonly meaning = 'Red: where you saw your target when you fired. Blue: where it was on the ' +
    'server by then. The shot is judged at red; if that is older than the server rewinds, later.';
  moved: Written | undefined;

  private readonly sights: Sight[] = [];
  private ghosts: Ghost[] = [];
  private cooldown_ms = 0;
  private last_beam = -1;

  paint(pen: CanvasRenderingContext2D, world: World, camera: Camera, now_ms: number): void {
    this.look(world, now_ms);
    this.answer(world, now_ms);
    this.ghosts = this.ghosts.filter(({ at_ms }) => now_ms - at_ms < shown_ms);
    for (const ghost of this.ghosts) this.paint_one(pen, ghost, camera, now_ms);
  }

  // The own gun begins to cool down in the frame in which it fired.
  private look(world: World, now_ms: number): void {
    if (world.own_cooldown_ms > this.cooldown_ms + 100) {
      const count = world.ship_count;
      this.sights.push({
        at_ms: now_ms,
        ids: world.ship_id.slice(0, count),
        x: world.ship_x.slice(0, count),
        y: world.ship_y.slice(0, count),
      });
    }
    this.cooldown_ms = world.own_cooldown_ms;
    while (this.sights.length > 0 && now_ms - this.sights[0]!.at_ms > answer_ms_most) {
      this.sights.shift();
    }
  }

  // A beam appears when the drawn moment reaches the tick in which the server fired it: what is
  // drawn now is what was then.
  private answer(world: World, now_ms: number): void {
    for (let i = 0; i < world.beam_count; i++) {
      const id = world.beam_id[i]!;
      if (world.beam_shooter[i] !== world.own_id || id === this.last_beam) continue;
      if (world.beam_age_ms[i]! > 100) continue;
      this.last_beam = id;
      const sight = this.sights.shift();
      const ghost = sight && this.ghost_of(world, i, sight, now_ms);
      if (!ghost) continue;
      this.ghosts.push(ghost);
      const units = Math.hypot(ghost.was.x - ghost.seen.x, ghost.was.y - ghost.seen.y);
      this.moved?.write(`last shot: seen ${decimal(units, 0)} units behind`);
    }
  }

  private ghost_of(world: World, beam: number, sight: Sight, now_ms: number): Ghost | undefined {
    const target = world.beam_hit[beam]! >= 0 ? world.beam_hit[beam]! : nearest(world, beam, sight);
    const then = sight.ids.indexOf(target);
    const now = world.ship_id.subarray(0, world.ship_count).indexOf(target);
    if (then < 0 || now < 0) return undefined;
    return {
      at_ms: now_ms,
      seen: { x: sight.x[then]!, y: sight.y[then]! },
      was: { x: world.ship_x[now]!, y: world.ship_y[now]! },
    };
  }

  private paint_one(
    pen: CanvasRenderingContext2D, { at_ms, seen, was }: Ghost, camera: Camera, now_ms: number,
  ): void {
    const radius = target_radius * camera.zoom;
    const [from_x, from_y] = [camera.screen_x(seen.x), camera.screen_y(seen.y)];
    const [to_x, to_y] = [camera.screen_x(was.x), camera.screen_y(was.y)];
    pen.globalAlpha = 1 - (now_ms - at_ms) / shown_ms;
    pen.lineWidth = 2;
    pen.strokeStyle = '#ff4a6b';
    circle(pen, from_x, from_y, radius);
    pen.strokeStyle = '#5f8dff';
    circle(pen, to_x, to_y, radius);
    pen.setLineDash([4, 4]);
    pen.beginPath();
    pen.moveTo(from_x, from_y);
    pen.lineTo(to_x, to_y);
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }
}

// Whom a shot that hit nobody was meant for: the one that was seen nearest to its line.
function nearest(world: World, beam: number, sight: Sight): number {
  const [x0, y0] = [world.beam_x0[beam]!, world.beam_y0[beam]!];
  const [dx, dy] = [world.beam_x1[beam]! - x0, world.beam_y1[beam]! - y0];
  const length = Math.hypot(dx, dy) || 1;
  let best = -1;
  let best_off = near;
  sight.ids.forEach((id, i) => {
    const [x, y] = [sight.x[i]! - x0, sight.y[i]! - y0];
    const along = (x * dx + y * dy) / length;
    const off = Math.abs(x * dy - y * dx) / length;
    if (id === world.own_id || along < 0 || along > length || off > best_off) return;
    best = id;
    best_off = off;
  });
  return best;
}
