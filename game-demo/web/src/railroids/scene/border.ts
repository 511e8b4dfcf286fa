// The end of the world: a fence of light around the square.

import { Container, Graphics } from 'pixi.js';
import { colour } from '../colours';
import type { Frame } from './frame';

const post_distance = 160;

export class Border {
  private readonly veil = new Graphics();
  private readonly lines = new Graphics();
  private side = 0;

  constructor(layer: Container) {
    this.lines.blendMode = 'add';
    layer.addChild(this.veil, this.lines);
  }

  update({ world }: Frame): void {
    if (world.world_side === this.side) return;
    this.side = world.world_side;
    this.lines.clear();
    for (const [width, alpha] of [[60, 0.05], [22, 0.1], [3, 0.9]] as const) {
      this.lines.rect(0, 0, this.side, this.side).stroke({ width, color: colour.edge, alpha });
    }
    this.draw_veil(this.side);
    for (let at = post_distance; at < this.side; at += post_distance) {
      for (const wall of [0, this.side]) {
        const out = wall === 0 ? -34 : 34;
        this.lines.moveTo(wall, at).lineTo(wall + out, at + 34);
        this.lines.moveTo(at, wall).lineTo(at + 34, wall + out);
      }
    }
    this.lines.stroke({ width: 2, color: colour.edge, alpha: 0.45 });
  }

  // Out there is nothing: not even starlight gets through whole.
  private draw_veil(side: number): void {
    const far = 3000;
    const around = side + 2 * far;
    this.veil.clear();
    this.veil.rect(-far, -far, around, far).rect(-far, side, around, far);
    this.veil.rect(-far, 0, far, side).rect(side, 0, far, side);
    this.veil.fill({ color: colour.space, alpha: 0.6 });
  }
}
