// Sprites that are lent out anew each frame: take() as many as needed, then hide the rest. No
// sprite is made or destroyed once the pool has grown to the busiest frame.

import { Container, Sprite, type BLEND_MODES, type Texture } from 'pixi.js';

export class SpritePool {
  private readonly sprites: Sprite[] = [];
  private used = 0;

  constructor(
    private readonly layer: Container,
    private readonly blend: BLEND_MODES = 'normal',
  ) {}

  begin(): void {
    this.used = 0;
  }

  take(texture: Texture, x: number, y: number, rotation = 0): Sprite {
    const sprite = this.sprites[this.used] ?? this.grow();
    this.used += 1;
    sprite.visible = true;
    sprite.texture = texture;
    sprite.anchor.set(0.5);
    sprite.position.set(x, y);
    sprite.rotation = rotation;
    sprite.scale.set(1);
    sprite.alpha = 1;
    return sprite;
  }

  end(): void {
    for (let i = this.used; i < this.sprites.length; i++) this.sprites[i]!.visible = false;
  }

  private grow(): Sprite {
    const sprite = new Sprite();
    sprite.blendMode = this.blend;
    this.layer.addChild(sprite);
    this.sprites.push(sprite);
    return sprite;
  }
}
