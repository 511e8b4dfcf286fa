// Thumbs: the left one steers with a stick that appears where it lands, the right one fires, and
// aims if it is dragged.

import { Button } from '../world';
import { turn_towards, type Wish } from './wish';

const reach = 56;       // Pixels from the middle of a stick to its rim.
const dead_zone = 10;
const thrust_from = 0.6;

interface Thumb {
  pointer: number;
  from_x: number;
  from_y: number;
  dx: number;
  dy: number;
}

export class Touch {
  used = false;

  private steer: Thumb | undefined;
  private fire: Thumb | undefined;
  private fire_tapped = false;
  private aim = 0;
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

  wish(heading: number): Wish {
    let buttons = 0;
    let aimed = false;
    const { steer, fire } = this;
    if (steer && Math.hypot(steer.dx, steer.dy) > dead_zone) {
      const wanted = Math.atan2(steer.dy, steer.dx);
      buttons |= turn_towards(wanted, heading);
      if (Math.hypot(steer.dx, steer.dy) > reach * thrust_from) buttons |= Button.thrust;
      this.aim = wanted;
      aimed = true;
    }
    if (fire && Math.hypot(fire.dx, fire.dy) > dead_zone * 2) {
      this.aim = Math.atan2(fire.dy, fire.dx);
      aimed = true;
    }
    if (fire || this.fire_tapped) buttons |= Button.fire;
    this.fire_tapped = false;
    if (!aimed) this.aim = heading;
    return { buttons, aim: this.aim };
  }

  private on_down(event: PointerEvent, on_trigger: boolean): void {
    if (event.pointerType !== 'touch') return;
    event.preventDefault();
    if (!this.used) {
      this.used = true;
      document.body.classList.add('touch');
    }
    const thumb = {
      pointer: event.pointerId, from_x: event.clientX, from_y: event.clientY, dx: 0, dy: 0,
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
      thumb.dx = event.clientX - thumb.from_x;
      thumb.dy = event.clientY - thumb.from_y;
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
    const length = Math.max(1, Math.hypot(steer.dx, steer.dy) / reach);
    this.stick.style.left = `${steer.from_x}px`;
    this.stick.style.top = `${steer.from_y}px`;
    knob.style.transform = `translate(${steer.dx / length}px, ${steer.dy / length}px)`;
  }
}
