// What the server tells this page of: all in the inner rectangle, and what it told before up to the
// outer one; by cells, all in the lit squares.

import type { Camera } from '../scene/camera';
import type { World } from '../world';
import type { Layer } from './layers';

export class InterestGrid implements Layer {
  readonly name = 'interest_grid';
  readonly label = 'interest grid';
  readonly meaning = 'Lit: cells of which you are told. Dashed: the rectangle that counts, and ' +
    'the one up to which whom you know stays known. Whom the budget put off is not marked.';

  paint(pen: CanvasRenderingContext2D, world: World, camera: Camera): void {
    if (world.cell_size <= 0) return;
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
