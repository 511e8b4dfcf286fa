// Names above ships. A label stays with its ship for as long as it is shown, since writing one is
// what costs; labels that nobody needs wait far away for the next ship.

import { BitmapText, type Container } from 'pixi.js';
import { lighter } from '../colours';

const away = -1e6;
const style = {
  fontFamily: 'system-ui, sans-serif', fontSize: 12, fontWeight: '600', fill: 0xffffff,
} as const;

interface Label {
  text: BitmapText;
  shown_frame: number;
}

export class Labels {
  private readonly shown = new Map<number, Label>();  // By the ship's id.
  private readonly spare: Label[] = [];
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

  // Names keep their size on the screen, however far away we look from.
  show(id: number, name: string, tint: number, alpha: number): BitmapText {
    this.count += 1;
    const label = this.shown.get(id) ?? this.write(id, tint, alpha);
    label.shown_frame = this.frame;
    if (label.text.text !== name) label.text.text = name;
    return label.text;
  }

  end(): void {
    this.shown.forEach(this.put_away);
  }

  private write(id: number, tint: number, alpha: number): Label {
    const label = this.spare.pop() ?? this.make();
    label.text.tint = lighter(tint);
    label.text.alpha = alpha;
    this.shown.set(id, label);
    return label;
  }

  private make(): Label {
    const text = new BitmapText({ text: '', style });
    text.anchor.set(0.5);
    this.layer.addChild(text);
    return { text, shown_frame: 0 };
  }

  private readonly put_away = (label: Label, id: number): void => {
    if (label.shown_frame === this.frame) return;
    label.text.position.set(away, away);
    this.shown.delete(id);
    this.spare.push(label);
  };
}
