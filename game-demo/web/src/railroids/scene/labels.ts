// Names above ships. A label stays with its ship for as long as it is shown, since writing one is
// what costs; labels that nobody needs wait far away for the next ship. Where two would lie upon
// each other the farther one fades, seen from the middle of the screen.

import { BitmapText, type Container } from 'pixi.js';
import { lighter } from '../colours';
import type { Camera } from './camera';

const away = -1e6;
const style = {
  fontFamily: 'system-ui, sans-serif', fontSize: 12, fontWeight: '600', fill: 0xffffff,
} as const;
const above = 8;    // Of its ship's hull, in pixels of the screen, as is all below.
const height = 15;  // Two closer than this cannot be read.
const air = 3;      // To the left and right.
const fade_s = 0.15;
const nearer = 0.75;  // So much nearer counts who is shown already: names do not take turns.

interface Label {
  readonly text: BitmapText;
  shown_frame: number;
  alpha: number;
  opacity: number;  // Of that.
  x: number;
  y: number;
  half_width: number;
  distance: number;
  stays: boolean;
}

export class Labels {
  private readonly shown = new Map<number, Label>();  // By the ship's id.
  private readonly spare: Label[] = [];
  private readonly row: Label[] = [];  // Of this frame, the nearest first.
  private frame = 0;
  private count = 0;

  constructor(
    private readonly layer: Container,
    private readonly most: number,
  ) {}

  begin(): void {
    this.frame += 1;
    this.count = 0;
  }

  get full(): boolean {
    return this.count === this.most;
  }

  show(id: number, name: string, tint: number, alpha: number): Label {
    const label = this.shown.get(id) ?? this.take(id, tint);
    label.shown_frame = this.frame;
    label.alpha = alpha;
    if (label.text.text !== name) {
      label.text.text = name;
      label.half_width = label.text.width / label.text.scale.x / 2 + air;
    }
    return label;
  }

  // Above this place of the world. Names keep their size on the screen, however far away we look
  // from.
  put(label: Label, x: number, y: number, camera: Camera): void {
    label.text.scale.set(1 / camera.zoom);
    label.text.position.set(x, y - above / camera.zoom);
    label.x = camera.screen_x(x);
    label.y = camera.screen_y(y);
    const distance = Math.hypot(label.x - camera.width / 2, label.y - camera.height / 2);
    label.distance = label.opacity > 0.5 ? distance * nearer : distance;
    this.line_up(label);
  }

  end(dt: number): void {
    const step = dt / fade_s;
    for (let i = 0; i < this.count; i++) {
      const label = this.row[i]!;
      label.stays = this.has_room(label, i);
      const wanted = label.opacity + (label.stays ? step : -step);
      label.opacity = Math.max(0, Math.min(1, wanted));
      label.text.alpha = label.alpha * label.opacity;
    }
    this.shown.forEach(this.put_away);
  }

  private line_up(label: Label): void {
    let at = this.count++;
    for (; at > 0 && this.row[at - 1]!.distance > label.distance; at--) {
      this.row[at] = this.row[at - 1]!;
    }
    this.row[at] = label;
  }

  private has_room({ x, y, half_width }: Label, at: number): boolean {
    for (let i = 0; i < at; i++) {
      const other = this.row[i]!;
      const apart =
        Math.abs(other.y - y) > height || Math.abs(other.x - x) > other.half_width + half_width;
      if (other.stays && !apart) return false;
    }
    return true;
  }

  private take(id: number, tint: number): Label {
    const label = this.spare.pop() ?? this.make();
    label.text.tint = lighter(tint);
    label.opacity = 0;
    this.shown.set(id, label);
    return label;
  }

  private make(): Label {
    const text = new BitmapText({ text: '', style });
    text.anchor.set(0.5);
    this.layer.addChild(text);
    return {
      text, shown_frame: 0, alpha: 1, opacity: 0, x: 0, y: 0, half_width: 0, distance: 0,
      stays: false,
    };
  }

  private readonly put_away = (label: Label, id: number): void => {
    if (label.shown_frame === this.frame) return;
    label.text.position.set(away, away);
    this.shown.delete(id);
    this.spare.push(label);
  };
}
