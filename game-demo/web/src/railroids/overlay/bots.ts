// How many bots fly, and for the operator a slider. Its thumb is what is wanted; the number beside
// the title is what the match says that is there, so whoever moves the one sees the other follow.

import type { World } from '../world';
import { Orders, room, why_no_orders } from './orders';
import { Panel, whole } from './panel';
import type { Report } from './server_stats';
import { Slider } from './slider';

const patience_ms = 5000;  // Somebody else may have wanted something else.

export class Bots extends Panel {
  private readonly there = this.headline('bots');
  private readonly slider = new Slider(
    { name: 'bots', label: 'bots', most: 0, step: 1, text: String },
    (count) => this.want(count),
  );
  private readonly sentence: HTMLElement;
  private readonly orders = new Orders();
  private wanted: number | undefined;  // And not there yet.
  private wanted_ms = 0;

  constructor() {
    super(
      'Bots',
      'Pilots inside the server\u2019s tick: they see the world as it is and give orders as ' +
        'people do. How many fly is an input of the match, recorded and replayed like any other.',
      true);
    this.element.append(this.slider.element);
    this.sentence = this.note('');
    this.sentence.className = 'why-not';
    this.sentence.hidden = true;
    this.slider.enabled = false;
  }

  override reset(): void {
    this.wanted = undefined;
    this.orders.refusal = '';
  }

  override draw({ bots, bots_max }: World, now_ms: number): void {
    this.there.write(`${whole(bots)} of ${whole(bots_max)}`);
    this.slider.most = bots_max;
    const over = this.wanted === bots || this.orders.refusal !== '';
    if (over || now_ms - this.wanted_ms > patience_ms) this.wanted = undefined;
    if (this.wanted === undefined && this.slider.value !== bots) this.slider.value = bots;
  }

  override on_report({ now }: Report): void {
    const why_not = why_no_orders(now);
    this.slider.enabled = why_not === '';
    this.sentence.textContent = why_not || this.orders.refusal;
    this.sentence.hidden = this.sentence.textContent === '';
  }

  private want(count: number): void {
    this.wanted = count;
    this.wanted_ms = performance.now();
    this.orders.give(`bots?count=${count}&room=${room}`);
  }
}
