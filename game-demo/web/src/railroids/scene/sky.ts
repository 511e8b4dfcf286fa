// The far background: a faint nebula and three depths of stars, the farther the slower. All of it
// is made here from a seed; nothing is fetched.

import { CanvasSource, Container, Sprite, Texture } from 'pixi.js';
import { motion } from '../motion';
import { seeded } from '../random';
import type { Atlas } from './atlas';
import type { Camera } from './camera';
import { MarkPool } from './pool';

const nebula_side = 256;    // Pixels drawn, then magnified: gas has no edges.
const nebula_scale = 6.4;
const nebula_parallax = 0.05;
const nebula_tiles = 16;    // As many as cover the widest screen.

// Stars per million pixels of screen, largest radius, brightness.
const depths = [
  { parallax: 0.1, count: 280, size: 0.062, light: 0.7 },
  { parallax: 0.22, count: 120, size: 0.095, light: 0.95 },
  { parallax: 0.42, count: 40, size: 0.16, light: 1 },
];
const per_area = depths.reduce((sum, depth) => sum + depth.count, 0);
const stars_most = 700;
const margin = 20;  // A star leaves the screen wholly before it comes back on the other side.
const tints = [0xffffff, 0xcfe0ff, 0xa9c4ff, 0xffe6c4, 0xffc9b0];

interface Star {
  size: number;
  tint: number;
  u: number;
  v: number;
  alpha: number;
  parallax: number;
  twinkle: number;
}

export class Sky {
  readonly container = new Container();

  private readonly tiles: Sprite[] = [];
  private readonly stars: Star[] = [];
  private readonly lights: MarkPool;
  private readonly random = seeded(3);
  private time_s = 0;

  constructor(private readonly atlas: Atlas) {
    const source = new CanvasSource({ resource: nebula(nebula_side) });
    const texture = new Texture({ source });
    for (let i = 0; i < nebula_tiles; i++) {
      const tile = new Sprite({ texture, scale: nebula_scale });
      this.tiles.push(this.container.addChild(tile));
    }
    this.lights = new MarkPool(this.container, atlas.dot);
  }

  update(camera: Camera, dt: number): void {
    if (!motion.calm) this.time_s += dt;
    const x = (camera.x + this.time_s * 3) * camera.zoom;  // Space is never quite still.
    const y = camera.y * camera.zoom;
    this.lay_tiles(camera, x * nebula_parallax, y * nebula_parallax);
    this.lay_stars(camera, x, y);
  }

  private lay_tiles(camera: Camera, x: number, y: number): void {
    const side = nebula_side * nebula_scale;
    const first_x = -wrap(x, side);
    const first_y = -wrap(y, side);
    const columns = Math.ceil((camera.width - first_x) / side);
    const rows = Math.ceil((camera.height - first_y) / side);
    this.tiles.forEach((tile, i) => {
      tile.visible = i < columns * rows;
      tile.position.set(first_x + (i % columns) * side, first_y + Math.floor(i / columns) * side);
    });
  }

  private lay_stars(camera: Camera, x: number, y: number): void {
    const area = (camera.width * camera.height) / 1e6;
    const wanted = Math.min(stars_most, Math.round(area * per_area));
    while (this.stars.length < wanted) this.add_star();

    const width = camera.width + 2 * margin;
    const height = camera.height + 2 * margin;
    this.lights.begin();
    for (let i = 0; i < wanted; i++) {
      const star = this.stars[i]!;
      const mark = this.lights.take(
        this.atlas.dot,
        wrap(star.u * width - x * star.parallax, width) - margin,
        wrap(star.v * height - y * star.parallax, height) - margin);
      mark.scale(star.size);
      mark.paint(star.tint, star.alpha * (1 - 0.25 * (1 + Math.sin(this.time_s * star.twinkle))));
    }
    this.lights.end();
  }

  private add_star(): void {
    const { random } = this;
    const depth = this.pick_depth();
    // Few are bright: magnitudes fall off steeply, as in a real sky.
    const magnitude = random() ** 4;
    this.stars.push({
      size: depth.size * (0.45 + 0.9 * magnitude),
      tint: tints[Math.floor(random() * tints.length)]!,
      u: random(), v: random(), parallax: depth.parallax * (0.85 + 0.3 * random()),
      alpha: depth.light * (0.35 + 0.65 * magnitude), twinkle: 0.3 + 2.5 * random(),
    });
  }

  private pick_depth() {
    let at = this.random() * per_area;
    return depths.find((depth) => (at -= depth.count) < 0) ?? depths[0]!;
  }
}

// Into [0, span), whatever the sign.
function wrap(value: number, span: number): number {
  return ((value % span) + span) % span;
}

// Value noise on a lattice that wraps around, so that the picture tiles.
function wrapped_noise(cells: number, random: () => number): (x: number, y: number) => number {
  const lattice = Float32Array.from({ length: cells * cells }, random);
  const smooth = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    const cx = Math.floor(x * cells);
    const cy = Math.floor(y * cells);
    const tx = smooth(x * cells - cx);
    const ty = smooth(y * cells - cy);
    const at = (i: number, j: number) => lattice[(j % cells) * cells + (i % cells)]!;
    const top = at(cx, cy) * (1 - tx) + at(cx + 1, cy) * tx;
    const bottom = at(cx, cy + 1) * (1 - tx) + at(cx + 1, cy + 1) * tx;
    return top * (1 - ty) + bottom * ty;
  };
}

function clouds(seed: number): (x: number, y: number) => number {
  const random = seeded(seed);
  const octaves = [3, 6, 12, 24, 48].map((cells) => wrapped_noise(cells, random));
  return (x, y) => {
    let sum = 0;
    let weight = 0.5;
    for (const octave of octaves) {
      sum += weight * octave(x, y);
      weight *= 0.5;
    }
    return sum / 0.97;
  };
}

function nebula(side: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d')!;
  const image = pen.createImageData(side, side);
  const gas = clouds(11);
  const dust = clouds(23);
  const hue = clouds(37);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const x = i / side;
      const y = j / side;
      const density = Math.max(0, gas(x, y) - 0.42) * 2.6;
      const veil = 1 - 0.75 * Math.max(0, dust(x, y) - 0.45) * 2.5;
      const light = Math.min(1, density ** 1.6) * Math.max(0.1, veil);
      const warm = Math.min(1, Math.max(0, (hue(x, y) - 0.38) * 4));
      const at = (j * side + i) * 4;
      image.data[at] = 5 + light * (18 + 88 * warm);
      image.data[at + 1] = 7 + light * (62 - 34 * warm);
      image.data[at + 2] = 17 + light * (118 - 6 * warm);
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
