// What the player wants, from whatever they play with. Keyboard and mouse here, thumbs in touch.ts,
// gamepads in gamepad.ts; what was touched last counts.
//
// With the mouse the ship turns its nose to the reticle by itself, until a key turns it; so right
// button and mouse alone are enough to fly. With the keyboard alone the gun points ahead.

import { Button, type World } from '../world';
import { GamepadControl } from './gamepad';
import { Touch } from './touch';
import { turn_towards } from './steering';

const manual_ms = 900;    // Whoever turns by key wants to go on turning by key.

const keys: Readonly<Record<string, Button>> = {
  KeyW: Button.thrust, ArrowUp: Button.thrust,
  KeyA: Button.left, ArrowLeft: Button.left,
  KeyD: Button.right, ArrowRight: Button.right,
  KeyS: Button.brake, ArrowDown: Button.brake,
  ShiftLeft: Button.brake, ShiftRight: Button.brake,
  Space: Button.fire,
};

export class Controls {
  readonly touch: Touch;
  readonly gamepad = new GamepadControl();
  private mouse: { x: number; y: number } | undefined;
  enabled = false;

  private readonly held = new Set<string>();
  private mouse_buttons = 0;
  // Pressed since the last input: a tap between two of them counts, too.
  private tapped = 0;
  private turned_by_key_ms = -Infinity;

  constructor(private readonly surface: HTMLElement) {
    this.touch = new Touch(surface);
    addEventListener('keydown', (event) => this.on_key_down(event));
    addEventListener('keyup', (event) => this.held.delete(event.code));
    addEventListener('blur', () => this.release());
    surface.addEventListener('pointerdown', (event) => this.on_mouse(event));
    surface.addEventListener('pointermove', (event) => this.on_mouse(event));
    surface.addEventListener('pointerup', (event) => this.on_mouse(event));
    surface.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  release(): void {
    this.held.clear();
    this.mouse_buttons = 0;
    this.tapped = 0;
    this.touch.release();
    this.gamepad.release();
  }

  // What the reticle follows, if it is a mouse that aims.
  get pointer(): { x: number; y: number } | undefined {
    return this.touch.used || this.gamepad.used ? undefined : this.mouse;
  }

  // Where the gun shall point. `ship` is where the own ship is on the screen: one aims from there.
  aim(world: World, ship: { x: number; y: number }): number {
    if (this.gamepad.used) return this.gamepad.aim(world.own_heading);
    if (this.touch.used) return this.touch.aim(world.own_heading);
    if (!this.mouse) return world.own_heading;
    return Math.atan2(this.mouse.y - ship.y, this.mouse.x - ship.x);
  }

  // What shall be sent. What was tapped is wished for once.
  buttons(world: World, aim: number): number {
    if (this.gamepad.used) return this.gamepad.buttons(world.own_heading);
    if (this.touch.used) return this.touch.buttons(world.own_heading);
    let buttons = this.tapped;
    this.tapped = 0;
    for (const code of this.held) buttons |= keys[code] ?? 0;
    if (this.mouse_buttons & 1) buttons |= Button.fire;
    if (this.mouse_buttons & 2) buttons |= Button.thrust;
    if (!this.mouse) return buttons | Button.aim_follows_heading;

    const now = performance.now();
    if (buttons & (Button.left | Button.right)) this.turned_by_key_ms = now;
    const manual = now - this.turned_by_key_ms < manual_ms;
    return manual ? buttons : buttons | turn_towards(aim, world.own_heading);
  }

  private on_key_down(event: KeyboardEvent): void {
    const button = keys[event.code];
    if (button === undefined || !this.enabled || is_for_the_page(event)) return;
    event.preventDefault();
    this.gamepad.used = false;
    this.held.add(event.code);
    if (!event.repeat) this.tapped |= button;
    if (button & (Button.left | Button.right)) this.turned_by_key_ms = performance.now();
  }

  private on_mouse(event: PointerEvent): void {
    this.gamepad.used = false;
    if (event.pointerType === 'touch') return;
    this.touch.used = false;
    this.mouse = { x: event.clientX, y: event.clientY };
    const pressed = event.buttons & ~this.mouse_buttons;
    this.mouse_buttons = event.buttons;
    if (!this.enabled) return;
    if (pressed & 1) this.tapped |= Button.fire;
    if (pressed & 2) this.tapped |= Button.thrust;
    if (event.type === 'pointerdown') this.surface.setPointerCapture(event.pointerId);
  }
}

// Somebody types, or works a button of the page by keyboard.
export function is_for_the_page(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement;
}
