// Asteroids: lie still where the seed put them, each drawn from its own seed the first time it is
// seen, and kept as long as there is room.

import { CanvasSource, Container, Sprite, Texture } from 'pixi.js';
import { seeded } from '../random';
import type { Pen } from './atlas';
import type { Frame } from './frame';

const turn = 2 * Math.PI;
const margin = 1.15;  // The glow reaches beyond the rock.
const kept_most = 96;

interface Rock {
  sprite: Sprite;
  seed: number;  // Another world's rock of the same place in its list has another one.
}

export class Rocks {
  private readonly rocks = new Map<number, Rock>();  // By place in the world's list.

  constructor(private readonly layer: Container) {}

  update({ world, camera, time_s }: Frame): void {
    for (let i = 0; i < world.asteroid_count; i++) {
      const x = world.asteroid_x[i]!;
      const y = world.asteroid_y[i]!;
      const radius = world.asteroid_radius[i]!;
      const seed = world.asteroid_seed[i]!;
      const seen = camera.sees(x, y, radius * margin);
      let rock = this.rocks.get(i);
      if (rock && rock.seed !== seed) rock = this.remove(i, rock);
      if (rock) rock.sprite.visible = seen;
      if (!seen) continue;
      rock ??= this.draw(i, seed, radius);
      const { sprite } = rock;
      sprite.position.set(x, y);
      // So slow that it is felt rather than seen.
      sprite.rotation = (seed % 628) / 100 + time_s * (((seed >> 3) % 11) - 5) * 0.006;
    }
  }

  private draw(index: number, seed: number, radius: number): Rock {
    for (const [old, rock] of this.rocks) {
      if (this.rocks.size < kept_most) break;
      if (!rock.sprite.visible) this.remove(old, rock);
    }
    const sprite = new Sprite({ texture: rock_texture(seed, radius), anchor: 0.5 });
    this.layer.addChild(sprite);
    const made = { sprite, seed };
    this.rocks.set(index, made);
    return made;
  }

  private remove(index: number, { sprite }: Rock): undefined {
    sprite.destroy({ texture: true, textureSource: true });
    this.rocks.delete(index);
  }
}

function rock_texture(seed: number, radius: number): Texture {
  const resolution = 1.5;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.ceil(2 * radius * margin * resolution);
  const pen = canvas.getContext('2d')!;
  pen.scale(resolution, resolution);
  pen.translate(radius * margin, radius * margin);
  draw_rock(pen, radius, seeded(seed));
  return new Texture({ source: new CanvasSource({ resource: canvas, resolution }) });
}

function draw_rock(pen: Pen, radius: number, random: () => number): void {
  const corners = 11 + Math.floor(random() * 6);
  const outline = Array.from({ length: corners }, (_, i) => {
    const angle = ((i + 0.35 * (random() - 0.5)) / corners) * turn;
    const reach = radius * (0.84 + 0.16 * random());
    return [Math.cos(angle) * reach, Math.sin(angle) * reach] as const;
  });
  const trace = () => {
    pen.beginPath();
    for (const [x, y] of outline) pen.lineTo(x, y);
    pen.closePath();
  };

  trace();
  const light = pen.createRadialGradient(-radius * 0.4, -radius * 0.5, 0, 0, 0, radius * 1.1);
  light.addColorStop(0, '#2a3350');
  light.addColorStop(0.6, '#131a2c');
  light.addColorStop(1, '#090d18');
  pen.fillStyle = light;
  pen.fill();

  // Facets: from each corner towards an inner point, as a cut stone shows its edges.
  pen.save();
  pen.clip();
  const [core_x, core_y] = [(random() - 0.5) * radius * 0.4, (random() - 0.5) * radius * 0.4];
  for (const [x, y] of outline) {
    if (random() < 0.35) continue;
    const stop = 0.35 + 0.4 * random();
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + (core_x - x) * stop, y + (core_y - y) * stop);
    pen.lineWidth = 1.1;
    pen.strokeStyle = 'rgba(160,185,240,0.22)';
    pen.stroke();
  }
  const craters = 2 + Math.floor(random() * 4);
  for (let i = 0; i < craters; i++) draw_crater(pen, radius, random);
  pen.restore();

  trace();
  pen.lineJoin = 'round';
  for (const [width, alpha] of [[8, 0.05], [4, 0.12], [1.6, 0.85]] as const) {
    pen.lineWidth = width;
    pen.strokeStyle = `rgba(150,178,235,${alpha})`;
    pen.stroke();
  }
}

function draw_crater(pen: Pen, radius: number, random: () => number): void {
  const angle = random() * turn;
  const distance = Math.sqrt(random()) * radius * 0.65;
  const size = radius * (0.07 + 0.15 * random());
  pen.beginPath();
  pen.ellipse(
    Math.cos(angle) * distance, Math.sin(angle) * distance, size, size * 0.8, angle, 0, turn);
  pen.fillStyle = 'rgba(3,5,12,0.5)';
  pen.fill();
  pen.lineWidth = 1;
  pen.strokeStyle = 'rgba(150,178,235,0.3)';
  pen.stroke();
}
