// Every shape of the game, drawn once at start into one texture, white, to be tinted. Sprites that
// share a texture are drawn together, so a crowd costs a few draw calls.

import { CanvasSource, Rectangle, Texture } from 'pixi.js';
import { arc, beam, flame, glow_dot, hull_bot, hull_player, ring, shock, spark } from './shapes';
import { barrel, chevron, gem, pillar, reticle, star } from './shapes';

export type Pen = CanvasRenderingContext2D;
export type Shape = (pen: Pen, width: number, height: number) => void;

const pixels_per_unit = 2;
const side = 1024;  // In units.
const gap = 2;      // So that no shape bleeds into its neighbour.

export const arc_steps = 24;

// Packs shapes in rows, the tallest first being the caller's affair.
class Sheet {
  private readonly canvas = document.createElement('canvas');
  private readonly pen: Pen;
  private readonly source: CanvasSource;
  private x = 0;
  private y = 0;
  private row_height = 0;

  constructor() {
    this.canvas.width = this.canvas.height = side * pixels_per_unit;
    this.pen = this.canvas.getContext('2d')!;
    this.pen.scale(pixels_per_unit, pixels_per_unit);
    this.source = new CanvasSource({ resource: this.canvas, resolution: pixels_per_unit });
  }

  // The shape draws around (0, 0), the middle of its frame.
  add(width: number, height: number, shape: Shape): Texture {
    if (this.x + width > side) {
      this.x = 0;
      this.y += this.row_height + gap;
      this.row_height = 0;
    }
    const frame = new Rectangle(this.x, this.y, width, height);
    this.x += width + gap;
    this.row_height = Math.max(this.row_height, height);

    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(frame.x, frame.y, width, height);
    this.pen.clip();
    this.pen.translate(frame.x + width / 2, frame.y + height / 2);
    shape(this.pen, width, height);
    this.pen.restore();
    return new Texture({ source: this.source, frame });
  }
}

export function draw_atlas() {
  const sheet = new Sheet();
  return {
    pillar: sheet.add(160, 512, pillar),
    shock: sheet.add(256, 256, shock),
    ring: sheet.add(192, 192, ring),
    dot: sheet.add(128, 128, glow_dot),
    star: sheet.add(96, 96, star),
    player_body: sheet.add(80, 80, hull_player.body),
    player_glow: sheet.add(80, 80, hull_player.glow),
    bot_body: sheet.add(80, 80, hull_bot.body),
    bot_glow: sheet.add(80, 80, hull_bot.glow),
    reticle: sheet.add(64, 64, reticle),
    gem: sheet.add(48, 48, gem),
    barrel: sheet.add(48, 16, barrel),
    chevron: sheet.add(48, 48, chevron),
    flame: sheet.add(96, 40, flame),
    spark: sheet.add(64, 16, spark),
    beam: sheet.add(32, 48, beam),
    arcs: Array.from({ length: arc_steps + 1 }, (_, step) =>
      sheet.add(80, 80, (pen) => arc(pen, step / arc_steps))),
  };
}

export type Atlas = ReturnType<typeof draw_atlas>;
