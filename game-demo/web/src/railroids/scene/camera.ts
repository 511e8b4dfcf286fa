// Where we look: at the own ship, a little ahead of where it flies and aims, shaken by blows.

import type { Container } from 'pixi.js';
import { motion } from '../motion';

// The server sends what lies in this rectangle around the ship. The screen shows as much of it as
// fits its shape, and never more.
const view_width = 1920;
const view_height = 1080;

const ahead_s = 0.22;
const ahead_most = 100;     // Less than the margin that the server sends around the view.
const jump = 250;  // Farther than any ship flies in a frame: it was moved.

export class Camera {
  x = 0;
  y = 0;
  zoom = 1;
  width = 1;
  height = 1;

  private trauma = 0;
  private punch = 0;
  private ahead_x = 0;
  private ahead_y = 0;
  private anchor_x = 0;
  private anchor_y = 0;
  // What is left to travel after a jump.
  private lag_x = 0;
  private lag_y = 0;

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
  }

  // A blow: 0.2 is a nudge, 1 is death.
  shake(strength: number): void {
    if (!motion.calm) this.trauma = Math.min(1, this.trauma + strength);
  }

  // A short push towards the screen.
  kick(strength: number): void {
    if (!motion.calm) this.punch = Math.max(this.punch, strength);
  }

  follow(x: number, y: number, lead_x: number, lead_y: number, dt: number): void {
    this.step_over_jumps(x, y);
    const settle = 1 - Math.exp(-4 * dt);
    const reach = Math.hypot(lead_x, lead_y) * ahead_s;
    const scale = reach > ahead_most ? (ahead_s * ahead_most) / reach : ahead_s;
    this.ahead_x += (lead_x * scale - this.ahead_x) * settle;
    this.ahead_y += (lead_y * scale - this.ahead_y) * settle;

    const keep = Math.exp(-6 * dt);
    this.lag_x *= keep;
    this.lag_y *= keep;
    this.trauma = Math.max(0, this.trauma - 1.5 * dt);
    this.punch *= Math.exp(-8 * dt);

    const base = Math.max(this.width / view_width, this.height / view_height);
    this.zoom = base * (1 + 0.05 * this.punch);
    const amplitude = (this.trauma * this.trauma * 22) / base / 2;
    this.x = x + this.ahead_x + this.lag_x + amplitude * (Math.random() * 2 - 1);
    this.y = y + this.ahead_y + this.lag_y + amplitude * (Math.random() * 2 - 1);
  }

  apply(container: Container): void {
    container.scale.set(this.zoom);
    container.position.set(
      this.width / 2 - this.x * this.zoom, this.height / 2 - this.y * this.zoom);
  }

  sees(x: number, y: number, radius: number): boolean {
    const half_width = this.width / 2 / this.zoom + radius;
    const half_height = this.height / 2 / this.zoom + radius;
    return Math.abs(x - this.x) < half_width && Math.abs(y - this.y) < half_height;
  }

  screen_x(x: number): number {
    return (x - this.x) * this.zoom + this.width / 2;
  }

  screen_y(y: number): number {
    return (y - this.y) * this.zoom + this.height / 2;
  }

  // A ship that is born elsewhere takes the eye along, quickly, instead of cutting to it.
  private step_over_jumps(x: number, y: number): void {
    const dx = this.anchor_x - x;
    const dy = this.anchor_y - y;
    this.anchor_x = x;
    this.anchor_y = y;
    if (Math.hypot(dx, dy) < jump) return;
    this.lag_x += dx;
    this.lag_y += dy;
    const far = Math.hypot(this.lag_x, this.lag_y);
    if (far < 2500) return;
    this.lag_x *= 2500 / far;
    this.lag_y *= 2500 / far;
  }
}
