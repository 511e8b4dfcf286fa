// Marks that are lent out anew each frame: take() as many as needed, the rest is not drawn. All are
// cut from one texture and drawn in one call; none is made or thrown away once the pool has grown
// to the busiest frame.

import { ParticleContainer, type BLEND_MODES, type Container, type IParticle } from 'pixi.js';
import type { Texture } from 'pixi.js';

export class Mark implements IParticle {
  x = 0;
  y = 0;
  scaleX = 1;
  scaleY = 1;
  anchorX = 0.5;
  anchorY = 0.5;
  rotation = 0;
  color = 0xffffffff;

  constructor(public texture: Texture) {}

  // Pixi's own particle would take the colour apart and together again, at the cost of an object.
  paint(tint: number, alpha = 1): void {
    const bgr = ((tint & 0xff) << 16) | (tint & 0xff00) | (tint >> 16);
    this.color = bgr + Math.round(255 * Math.max(0, Math.min(1, alpha))) * 0x1000000;
  }

  scale(factor: number): void {
    this.scaleX = this.scaleY = factor;
  }
}

export class MarkPool {
  private readonly marks: Mark[] = [];
  private readonly container: ParticleContainer;
  private readonly drawn: IParticle[];
  private used = 0;

  constructor(layer: Container, texture: Texture, blend: BLEND_MODES = 'normal') {
    this.container = new ParticleContainer({
      texture,
      dynamicProperties: { position: true, rotation: true, vertex: true, color: true, uvs: true },
    });
    this.container.blendMode = blend;
    this.drawn = this.container.particleChildren;
    layer.addChild(this.container);
  }

  begin(): void {
    this.used = 0;
  }

  // White, and as large as it was drawn.
  take(texture: Texture, x: number, y: number, rotation = 0): Mark {
    const mark = this.marks[this.used] ?? this.grow(texture);
    if (this.used === this.drawn.length) this.drawn.push(mark);
    this.used += 1;
    mark.texture = texture;
    mark.x = x;
    mark.y = y;
    mark.rotation = rotation;
    mark.scaleX = mark.scaleY = 1;
    mark.anchorX = mark.anchorY = 0.5;
    mark.color = 0xffffffff;
    return mark;
  }

  end(): void {
    while (this.drawn.length > this.used) this.drawn.pop();
  }

  private grow(texture: Texture): Mark {
    const mark = new Mark(texture);
    this.marks.push(mark);
    return mark;
  }
}
