// What the server tells this page of: all in the inner rectangle, and what it told before up to the
// outer one; by cells, all in the lit squares. Whom the budget put off is faded: the server says so
// in its answers to our probes, if they ask.

import type { layout } from 'railroids-layout';
import type { GameModule } from '../../ringtick/module';
import type { Camera } from '../scene/camera';
import type { World } from '../world';
import type { Layer } from './layers';

const veil_radius = 26;  // Of the world's units: a ship and its glow.

export class InterestGrid implements Layer {
  readonly name = 'interest_grid';
  readonly label = 'interest grid';
  readonly meaning = 'Lit: cells of which you are told. Dashed: the rectangle that counts, and ' +
    'the one up to which whom you know stays known. Faded: of whom there was more to tell than ' +
    'the budget let, so that you have them where they would be; as the last probe was answered.';

  private readonly put_off = new Set<number>();

  constructor(private readonly module: GameModule<typeof layout>) {}

  end(): void {
    this.module.want_put_off(false);
  }

  paint(pen: CanvasRenderingContext2D, world: World, camera: Camera): void {
    this.module.want_put_off(true);
    if (world.cell_size <= 0) return;
    this.fade_put_off(pen, world, camera);
    const half_width = world.sight_width / 2;
    const half_height = world.sight_height / 2;
    this.paint_cells(pen, world, camera);
    pen.lineWidth = 1;
    pen.setLineDash([8, 6]);
    pen.strokeStyle = 'rgb(255 198 92 / 75%)';
    this.rectangle(pen, world, camera, half_width, half_height);
    pen.strokeStyle = 'rgb(255 198 92 / 30%)';
    this.rectangle(
      pen, world, camera, half_width + world.sight_margin, half_height + world.sight_margin);
    pen.setLineDash([]);
  }

  private fade_put_off(pen: CanvasRenderingContext2D, world: World, camera: Camera): void {
    if (world.put_off_count === 0) return;
    this.put_off.clear();
    for (let i = 0; i < world.put_off_count; i++) this.put_off.add(world.put_off_id[i]!);
    pen.fillStyle = 'rgb(3 5 13 / 72%)';
    pen.strokeStyle = 'rgb(255 255 255 / 45%)';
    pen.lineWidth = 1;
    pen.setLineDash([2, 4]);
    for (let i = 0; i < world.ship_count; i++) {
      if (!this.put_off.has(world.ship_id[i]!)) continue;
      pen.beginPath();
      pen.arc(
        camera.screen_x(world.ship_x[i]!), camera.screen_y(world.ship_y[i]!),
        veil_radius * camera.zoom, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  private paint_cells(pen: CanvasRenderingContext2D, world: World, camera: Camera): void {
    const { cell_size: size, world_side: side } = world;
    const last = Math.floor(side / size);
    const cell = (place: number) => Math.min(last, Math.max(0, Math.floor(place / size)));
    const first_x = cell(world.told_x - world.sight_width / 2);
    const last_x = cell(world.told_x + world.sight_width / 2);
    const first_y = cell(world.told_y - world.sight_height / 2);
    const last_y = cell(world.told_y + world.sight_height / 2);
    pen.fillStyle = world.by_cells ? 'rgb(199 125 255 / 10%)' : 'rgb(111 244 255 / 4%)';
    pen.strokeStyle = world.by_cells ? 'rgb(199 125 255 / 45%)' : 'rgb(111 244 255 / 22%)';
    pen.lineWidth = 1;
    const pixels = size * camera.zoom;
    for (let row = first_y; row <= last_y; row++) {
      for (let column = first_x; column <= last_x; column++) {
        const x = camera.screen_x(column * size);
        const y = camera.screen_y(row * size);
        pen.fillRect(x, y, pixels, pixels);
        pen.strokeRect(x, y, pixels, pixels);
      }
    }
  }

  private rectangle(
    pen: CanvasRenderingContext2D, world: World, camera: Camera, half_w: number, half_h: number,
  ): void {
    pen.strokeRect(
      camera.screen_x(world.told_x - half_w), camera.screen_y(world.told_y - half_h),
      2 * half_w * camera.zoom, 2 * half_h * camera.zoom);
  }
}
