// Where the newest snapshot says that ships are. The own one is drawn ahead of it, all others
// behind.

import type { Camera } from '../scene/camera';
import type { World } from '../world';
import type { Layer } from './layers';
import { circle, ship_outline } from './outline';

const ship_radius = 14;

export class ServerGhosts implements Layer {
  readonly name = 'server_ghosts';
  readonly label = 'server ghosts';
  readonly meaning = 'White: your ship as the newest snapshot tells it. Blue rings: the others.';

  paint(pen: CanvasRenderingContext2D, world: World, camera: Camera): void {
    pen.lineWidth = 1;
    pen.strokeStyle = 'rgb(122 162 255 / 85%)';
    for (let i = 0; i < world.told_count; i++) {
      const [x, y] = [world.told_ship_x[i]!, world.told_ship_y[i]!];
      if (world.told_id[i] === world.own_id || !camera.sees(x, y, ship_radius)) continue;
      circle(pen, camera.screen_x(x), camera.screen_y(y), ship_radius * camera.zoom);
    }
    if (!world.own_alive) return;
    const x = camera.screen_x(world.told_x);
    const y = camera.screen_y(world.told_y);
    pen.lineWidth = 1.5;
    pen.strokeStyle = '#ffffff';
    ship_outline(pen, x, y, world.told_heading, camera.zoom);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(camera.screen_x(world.own_x), camera.screen_y(world.own_y));
    pen.stroke();
  }
}
