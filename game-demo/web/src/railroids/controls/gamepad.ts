// A gamepad of the standard layout: the left stick steers, the right one aims. Browsers tell of its
// buttons only when asked, and make a list for each question: so only while there is one.

import { Button } from '../world';
import { angle_of, is_pulled, steer_by, type Stick } from './steering';

// By the numbers of the standard layout (W3C Gamepad, section 8).
const south = 0;
const start = 9;
const wishes: Readonly<Record<number, Button>> = {
  [south]: Button.fire,
  1: Button.brake,    // East.
  4: Button.brake,    // Left bumper.
  5: Button.fire,     // Right bumper.
  6: Button.thrust,   // Left trigger.
  7: Button.fire,     // Right trigger.
  12: Button.thrust,  // The cross: up, down, left, right.
  13: Button.brake,
  14: Button.left,
  15: Button.right,
};
const wished = Object.entries(wishes).map(([index, button]) => [Number(index), button] as const);

export class GamepadControl {
  // It was what the player touched last.
  used = false;

  private count = 0;
  private held = 0;
  private tapped = 0;  // Pressed since the last wish: a tap between two of them counts, too.
  private start_held = false;
  private start_tapped = false;
  private readonly steer: Stick = { x: 0, y: 0 };
  private readonly gun: Stick = { x: 0, y: 0 };

  constructor() {
    addEventListener('gamepadconnected', () => (this.count += 1));
    addEventListener('gamepaddisconnected', () => {
      this.count = Math.max(0, this.count - 1);
      this.release();
    });
  }

  release(): void {
    this.held = this.tapped = 0;
    this.start_tapped = false;
    this.steer.x = this.steer.y = this.gun.x = this.gun.y = 0;
    if (this.count === 0) this.used = false;
  }

  // To be called once a frame.
  read(): void {
    if (this.count === 0) return;
    for (const pad of navigator.getGamepads()) {
      if (pad?.connected && pad.mapping === 'standard') return this.read_from(pad);
    }
  }

  // Once for each time that the player wants to begin.
  take_start(): boolean {
    const tapped = this.start_tapped;
    this.start_tapped = false;
    return tapped;
  }

  // Where the right stick points, or else where the ship is steered.
  aim(heading: number): number {
    if (is_pulled(this.gun)) return angle_of(this.gun);
    return is_pulled(this.steer) ? angle_of(this.steer) : heading;
  }

  buttons(heading: number): number {
    const buttons = this.held | this.tapped | steer_by(this.steer, heading);
    this.tapped = 0;
    return buttons;
  }

  private read_from(pad: Gamepad): void {
    const before = this.held;
    this.held = 0;
    for (const [index, button] of wished) {
      if (pad.buttons[index]?.pressed) this.held |= button;
    }
    this.tapped |= this.held & ~before;
    const starts = Boolean(pad.buttons[start]?.pressed || pad.buttons[south]?.pressed);
    this.start_tapped ||= starts && !this.start_held;
    this.start_held = starts;
    this.steer.x = pad.axes[0] ?? 0;
    this.steer.y = pad.axes[1] ?? 0;
    this.gun.x = pad.axes[2] ?? 0;
    this.gun.y = pad.axes[3] ?? 0;
    if (this.held || is_pulled(this.steer) || is_pulled(this.gun)) this.used = true;
  }
}
