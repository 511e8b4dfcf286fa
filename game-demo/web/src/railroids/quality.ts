// Keeps the picture fluent on machines that cannot draw it at full resolution: if frames come
// slowly for a while, fewer pixels are drawn, and the browser magnifies them. It goes only
// downwards, for a resolution that swings is worse than a low one. Where no graphics card draws
// at all, it begins low.

import type { Application } from 'pixi.js';

const slow_frame_s = 1 / 34;
const patience_s = 1.2;
const steps = [1, 0.75, 0.5];

export class Quality {
  private step = 0;
  private slow_s = 0;
  private readonly full: number;

  constructor(private readonly app: Application) {
    this.full = app.renderer.resolution;
    if (draws_in_software(app.canvas)) this.set(steps.length - 1);
  }

  on_frame(dt: number): void {
    this.slow_s = dt > slow_frame_s ? this.slow_s + dt : Math.max(0, this.slow_s - 2 * dt);
    if (this.slow_s < patience_s || this.step === steps.length - 1) return;
    this.slow_s = 0;
    this.set(this.step + 1);
  }

  private set(step: number): void {
    this.step = step;
    if (step === steps.length - 1) this.app.ticker.maxFPS = 30;
    const { renderer, screen } = this.app;
    renderer.resize(screen.width, screen.height, this.full * steps[step]!);
  }
}

function draws_in_software(canvas: HTMLCanvasElement): boolean {
  const gl = canvas.getContext('webgl2');
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  if (!gl || !names) return false;
  return /swiftshader|llvmpipe|software/i.test(
    String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)));
}
