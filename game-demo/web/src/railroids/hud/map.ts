// The map: the whole world in a corner. Rocks do not move, so they are drawn once.

import { colour, colour_of, css } from '../colours';
import { beacon_ticks, type World } from '../world';

const redraw_ms = 100;
const turn = 2 * Math.PI;

export class WorldMap {
  private readonly canvas = document.getElementById('map') as HTMLCanvasElement;
  private readonly pen = this.canvas.getContext('2d')!;
  private readonly rocks = document.createElement('canvas');
  private rocks_drawn = -1;
  private drawn_ms = 0;

  update(world: World, now_ms: number): void {
    if (now_ms - this.drawn_ms < redraw_ms || world.world_side <= 0) return;
    this.drawn_ms = now_ms;
    const { pen } = this;
    const side = this.canvas.width;
    const scale = side / world.world_side;
    if (this.rocks_drawn !== world.asteroid_count) this.draw_rocks(world, side, scale);

    pen.clearRect(0, 0, side, side);
    pen.drawImage(this.rocks, 0, 0);
    const breath = 0.5 + 0.5 * Math.sin(now_ms / 400);
    this.dot(world.beacon_x * scale, world.beacon_y * scale, world.beacon_radius * scale);
    pen.globalAlpha = 0.14 + 0.08 * breath;
    pen.fillStyle = pen.strokeStyle = css(colour.beacon);
    pen.fill();
    pen.globalAlpha = 0.35;
    pen.lineWidth = 2;
    pen.stroke();
    this.time_left(world, scale);

    pen.globalAlpha = 0.9;
    for (let i = 0; i < world.ship_count; i++) {
      const id = world.ship_id[i]!;
      if (id === world.own_id) continue;
      pen.fillStyle = css(colour_of(id, world.own_id));
      this.dot(world.ship_x[i]! * scale, world.ship_y[i]! * scale, 2.6);
      pen.fill();
    }
    if (world.own_alive) this.own(world.own_x * scale, world.own_y * scale, world.own_heading);
  }

  // As on the beacon itself: from the top clockwise, as a clock's hand would wipe it out.
  private time_left(world: World, scale: number): void {
    const { pen } = this;
    const gone = 1 - (world.beacon_ms_left * world.tick_rate_hz) / (beacon_ticks * 1000);
    pen.beginPath();
    pen.arc(
      world.beacon_x * scale, world.beacon_y * scale, world.beacon_radius * scale,
      (gone - 0.25) * turn, 0.75 * turn);
    pen.globalAlpha = 1;
    pen.lineWidth = 4;
    pen.stroke();
  }

  private own(x: number, y: number, heading: number): void {
    const { pen } = this;
    pen.save();
    pen.translate(x, y);
    pen.globalAlpha = 0.25;
    pen.fillStyle = css(colour.own);
    this.dot(0, 0, 15);
    pen.fill();
    pen.globalAlpha = 1;
    pen.rotate(heading);
    pen.beginPath();
    pen.moveTo(10, 0);
    pen.lineTo(-7, 7);
    pen.lineTo(-3, 0);
    pen.lineTo(-7, -7);
    pen.fill();
    pen.restore();
  }

  private dot(x: number, y: number, radius: number): void {
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, turn);
  }

  private draw_rocks(world: World, side: number, scale: number): void {
    this.rocks_drawn = world.asteroid_count;
    this.rocks.width = this.rocks.height = side;
    const pen = this.rocks.getContext('2d')!;
    pen.fillStyle = css(colour.rock);
    pen.globalAlpha = 0.3;
    for (let i = 0; i < world.asteroid_count; i++) {
      pen.beginPath();
      pen.arc(
        world.asteroid_x[i]! * scale, world.asteroid_y[i]! * scale,
        Math.max(1, world.asteroid_radius[i]! * scale), 0, turn);
      pen.fill();
    }
  }
}
