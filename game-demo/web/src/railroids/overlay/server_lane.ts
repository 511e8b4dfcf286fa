// The server's own side of the path, for this page alone: it makes no snapshot while it is told not
// to, or while a budget of bytes is used up, as if our socket had no room. So one sees what becomes
// of a slow client without being one: the latest state, and never a queue of older ones. An
// operator's right, and over with the connection.

import type { Connection } from '../../ringtick/connection';
import type { World } from '../world';
import { Orders, room, why_not_operator } from './orders';
import type { ServerStats } from './server_stats';
import { button, Slider } from './slider';

const stall_ms = 2000;
const limits = [0, 16_000, 8_000, 4_000, 2_000, 1_000, 500, 250];  // Bytes a second; 0: none.

const text_of = (bytes: number) =>
  bytes === 0 ? 'none' : bytes < 1000 ? `${bytes} B/s` : `${bytes / 1000} kB/s`;

export class ServerLane {
  readonly element = document.createElement('div');

  private readonly limit = new Slider(
    {
      name: 'server_bytes_per_s', label: 'limit', meaning: 'Bytes of snapshots at most',
      most: limits.length - 1, step: 1, text: (value) => text_of(limits[value]!),
    },
    (value) => this.limit_orders.give(this.path(`bytes_per_s=${limits[value]}`)));
  private readonly stall = button(`stall ${stall_ms / 1000} s`, () =>
    this.stall_orders.give(this.path(`stall_ms=${stall_ms}`)));
  private readonly sentence = document.createElement('p');
  private readonly limit_orders = new Orders();
  private readonly stall_orders = new Orders();
  private slot = -1;
  private opened = 0;

  constructor(
    private readonly connection: Connection,
    private readonly is_recorded: () => boolean,
  ) {
    const heading = document.createElement('h3');
    heading.textContent = 'in the server';
    const row = document.createElement('div');
    row.className = 'row';
    row.append(this.limit.element, this.stall);
    this.sentence.className = 'why-not';
    this.element.append(heading, row, this.sentence);
    this.sentence.hidden = true;
    this.stall.disabled = true;
    this.limit.enabled = false;
  }

  get is_fair(): boolean {
    return this.limit.value === 0;
  }

  lift(): void {
    if (this.is_fair) return;
    this.limit.value = 0;
    if (this.slot < 0) return;  // The limit went with the connection.
    this.limit_orders.give(this.path('bytes_per_s=0'));
  }

  draw({ own_slot }: World): void {
    this.slot = own_slot;
    if (this.opened === this.connection.opened) return;
    this.opened = this.connection.opened;
    this.limit.value = 0;  // Another connection: nothing was ordered for it.
  }

  on_report(now: ServerStats): void {
    const why_not = this.is_recorded() ? 'A recording plays here, in this page.'
                                       : why_not_operator(now);
    // The number of a connection that was lost is another's soon.
    this.enable(why_not || (this.slot < 0 ? 'There is no connection.' : ''));
  }

  private enable(why_not: string): void {
    this.stall.disabled = why_not !== '';
    this.limit.enabled = why_not === '';
    this.sentence.textContent =
      why_not || this.limit_orders.refusal || this.stall_orders.refusal;
    this.sentence.hidden = this.sentence.textContent === '';
  }

  private path(what: string): string {
    return `path?room=${room}&player=${this.slot}&${what}`;
  }
}
