// The shapes of the atlas. White on nothing: tints and blending give them their light.

import type { Pen } from './atlas';

type Point = readonly [number, number];
const turn = 2 * Math.PI;

function white(alpha: number): string {
  return `rgba(255,255,255,${alpha})`;
}

function radial(pen: Pen, radius: number, stops: readonly Point[]): void {
  const gradient = pen.createRadialGradient(0, 0, 0, 0, 0, radius);
  for (const [at, alpha] of stops) gradient.addColorStop(at, white(alpha));
  pen.fillStyle = gradient;
  pen.fillRect(-radius, -radius, 2 * radius, 2 * radius);
}

function path(pen: Pen, points: readonly Point[], closed: boolean): void {
  pen.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  if (closed) pen.closePath();
}

// A line of light: wide and faint first, then ever thinner and brighter.
function glow_stroke(pen: Pen, width: number): void {
  pen.lineJoin = pen.lineCap = 'round';
  for (const [spread, alpha] of [[9, 0.05], [5.5, 0.1], [3, 0.22], [1, 1]] as const) {
    pen.lineWidth = width * spread;
    pen.strokeStyle = white(alpha);
    pen.stroke();
  }
}

function hull(outline: readonly Point[], details: readonly (readonly Point[])[]) {
  return {
    // The body hides the stars behind it: dark, so that its tint shows as a deep shade.
    body(pen: Pen): void {
      path(pen, outline, true);
      const shade = pen.createLinearGradient(-16, 0, 20, 0);
      shade.addColorStop(0, '#0a0e1a');
      shade.addColorStop(1, '#39415c');
      pen.fillStyle = shade;
      pen.fill();
    },
    glow(pen: Pen): void {
      path(pen, outline, true);
      glow_stroke(pen, 1.7);
      for (const line of details) {
        path(pen, line, false);
        pen.lineWidth = 1;
        pen.strokeStyle = white(0.55);
        pen.stroke();
      }
    },
  };
}

export const hull_player = hull(
  [[21, 0], [2, 6], [-13, 15], [-9, 5], [-12, 0], [-9, -5], [-13, -15], [2, -6]],
  [[[12, 0], [2, 2.5], [-3, 0], [2, -2.5], [12, 0]], [[-9, 5], [-3, 3]], [[-9, -5], [-3, -3]]],
);

export const hull_bot = hull(
  [[17, 0], [3, 9], [-12, 8], [-7, 0], [-12, -8], [3, -9]],
  [[[3, 9], [-1, 0], [3, -9]], [[-1, 0], [9, 0]]],
);

export function glow_dot(pen: Pen, width: number): void {
  radial(pen, width / 2, [[0, 1], [0.08, 0.85], [0.22, 0.35], [0.5, 0.1], [1, 0]]);
}

// Four thin rays, as a lens draws them.
export function star(pen: Pen, width: number): void {
  const radius = width / 2;
  radial(pen, radius * 0.6, [[0, 1], [0.15, 0.5], [0.5, 0.08], [1, 0]]);
  for (let ray = 0; ray < 4; ray++) {
    pen.rotate(turn / 4);
    const gradient = pen.createLinearGradient(0, 0, radius, 0);
    gradient.addColorStop(0, white(0.9));
    gradient.addColorStop(1, white(0));
    pen.fillStyle = gradient;
    path(pen, [[0, -1.4], [radius, 0], [0, 1.4]], true);
    pen.fill();
  }
}

export function ring(pen: Pen, width: number): void {
  pen.beginPath();
  pen.arc(0, 0, width / 2 - 12, 0, turn);
  glow_stroke(pen, 2.2);
}

// The front of an explosion: sharp outside, fading inwards.
export function shock(pen: Pen, width: number): void {
  radial(pen, width / 2, [[0, 0], [0.55, 0], [0.8, 0.12], [0.92, 0.7], [0.95, 0.9], [1, 0]]);
}

export function spark(pen: Pen, width: number, height: number): void {
  pen.scale(width / height, 1);
  radial(pen, height / 2, [[0, 1], [0.3, 0.6], [1, 0]]);
}

export function flame(pen: Pen, width: number, height: number): void {
  pen.translate(width / 2 - height / 2, 0);
  radial(pen, height / 2, [[0, 1], [0.35, 0.5], [1, 0]]);
  const tail = pen.createLinearGradient(0, 0, -(width - height / 2), 0);
  tail.addColorStop(0, white(0.85));
  tail.addColorStop(0.4, white(0.3));
  tail.addColorStop(1, white(0));
  pen.fillStyle = tail;
  path(pen, [[4, -6], [-(width - height / 2), 0], [4, 6]], true);
  pen.fill();
}

// Across a beam: a bright core in a soft tube. Every column is the same, so it stretches.
export function beam(pen: Pen, width: number, height: number): void {
  const gradient = pen.createLinearGradient(0, -height / 2, 0, height / 2);
  for (const [at, alpha] of [[0, 0], [0.25, 0.06], [0.42, 0.35], [0.5, 1]] as const) {
    gradient.addColorStop(at, white(alpha));
    gradient.addColorStop(1 - at, white(alpha));
  }
  pen.fillStyle = gradient;
  pen.fillRect(-width / 2, -height / 2, width, height);
}

export function barrel(pen: Pen): void {
  path(pen, [[-14, 0], [16, 0]], false);
  glow_stroke(pen, 1.5);
}

export function gem(pen: Pen): void {
  path(pen, [[0, -11], [8, 0], [0, 11], [-8, 0]], true);
  pen.fillStyle = white(0.25);
  pen.fill();
  glow_stroke(pen, 1.4);
  path(pen, [[-8, 0], [0, -3], [8, 0]], false);
  pen.lineWidth = 0.8;
  pen.stroke();
}

export function chevron(pen: Pen): void {
  path(pen, [[-7, -12], [9, 0], [-7, 12]], false);
  glow_stroke(pen, 2.4);
}

export function reticle(pen: Pen): void {
  for (let quarter = 0; quarter < 4; quarter++) {
    pen.rotate(turn / 4);
    path(pen, [[7, 0], [13, 0]], false);
    glow_stroke(pen, 1.4);
  }
  pen.beginPath();
  pen.arc(0, 0, 1.6, 0, turn);
  pen.fillStyle = white(1);
  pen.fill();
}

// Energy as the part of a circle that opens at the top.
export function arc(pen: Pen, part: number): void {
  const start = -turn / 4;
  pen.lineCap = 'round';
  pen.beginPath();
  pen.arc(0, 0, 27, 0, turn);
  pen.lineWidth = 2;
  pen.strokeStyle = white(0.1);
  pen.stroke();
  if (part <= 0) return;
  pen.beginPath();
  pen.arc(0, 0, 27, start, start + turn * part);
  glow_stroke(pen, 1.8);
}

// Light that rises from the beacon: bright at the foot, gone at the top.
export function pillar(pen: Pen, width: number, height: number): void {
  for (let row = 0; row < height; row++) {
    const up = row / height;
    const half = (width / 2) * (0.25 + 0.75 * up);
    const across = pen.createLinearGradient(-half, 0, half, 0);
    const alpha = 0.6 * (1 - up) ** 2;
    across.addColorStop(0, white(0));
    across.addColorStop(0.5, white(alpha));
    across.addColorStop(1, white(0));
    pen.fillStyle = across;
    pen.fillRect(-half, height / 2 - row - 1, 2 * half, 1);
  }
}
