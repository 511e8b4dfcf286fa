// Thumbs: the left one steers with a stick that appears where it lands and brakes while it rests in
// the middle; the right one fires, and aims if it is dragged.

import { Button } from '../world';
import { angle_of, is_pulled, steer_by, type Stick } from './steering';

const reach = 56;  // Pixels from the middle of a stick to its rim.

interface Thumb extends Stick {
  pointer: number;
  from_x: number;
  from_y: number;
}

export class Touch {
  used = false;

  private steer: Thumb | undefined;
  private fire: Thumb | undefined;
  private fire_tapped = false;
  private readonly stick = document.getElementById('stick')!;
  private readonly trigger = document.getElementById('trigger')!;

  constructor(surface: HTMLElement) {
    for (const place of [surface, this.trigger]) {
      place.addEventListener('pointerdown', (event) => this.on_down(event, place === this.trigger));
      place.addEventListener('pointermove', (event) => this.on_move(event));
      place.addEventListener('pointerup', (event) => this.on_up(event));
      place.addEventListener('pointercancel', (event) => this.on_up(event));
    }
  }

  release(): void {
    this.steer = this.fire = undefined;
    this.fire_tapped = false;
    this.show();
  }

  // Where the right thumb was dragged, or else where the ship is steered.
  aim(heading: number): number {
    const { steer, fire } = this;
    if (fire && is_pulled(fire)) return angle_of(fire);
    return steer && is_pulled(steer) ? angle_of(steer) : heading;
  }

  buttons(heading: number): number {
    const { steer, fire } = this;
    const buttons = fire || this.fire_tapped ? Button.fire : 0;
    this.fire_tapped = false;
    if (!steer) return buttons;
    return buttons | (is_pulled(steer) ? steer_by(steer, heading) : Button.brake);
  }

  private on_down(event: PointerEvent, on_trigger: boolean): void {
    if (event.pointerType !== 'touch') return;
    event.preventDefault();
    if (!this.used) {
      this.used = true;
      document.body.classList.add('touch');
    }
    const thumb = {
      pointer: event.pointerId, from_x: event.clientX, from_y: event.clientY, x: 0, y: 0,
    };
    const left = event.clientX < innerWidth / 2;
    if (on_trigger || !left) {
      this.fire ??= thumb;
      this.fire_tapped = true;
    } else {
      this.steer ??= thumb;
    }
    (event.target as Element).setPointerCapture(event.pointerId);
    this.show();
  }

  private on_move(event: PointerEvent): void {
    for (const thumb of [this.steer, this.fire]) {
      if (thumb?.pointer !== event.pointerId) continue;
      thumb.x = (event.clientX - thumb.from_x) / reach;
      thumb.y = (event.clientY - thumb.from_y) / reach;
    }
    this.show();
  }

  private on_up(event: PointerEvent): void {
    if (this.steer?.pointer === event.pointerId) this.steer = undefined;
    if (this.fire?.pointer === event.pointerId) this.fire = undefined;
    this.show();
  }

  private show(): void {
    const { steer } = this;
    this.stick.classList.toggle('held', steer !== undefined);
    this.trigger.classList.toggle('held', this.fire !== undefined);
    const knob = this.stick.firstElementChild as HTMLElement;
    if (!steer) {
      this.stick.style.removeProperty('left');
      this.stick.style.removeProperty('top');
      knob.style.removeProperty('transform');
      return;
    }
    const scale = reach / Math.max(1, Math.hypot(steer.x, steer.y));
    this.stick.style.left = `${steer.from_x}px`;
    this.stick.style.top = `${steer.from_y}px`;
    knob.style.transform = `translate(${steer.x * scale}px, ${steer.y * scale}px)`;
  }
}
