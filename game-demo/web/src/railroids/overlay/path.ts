// A worse path, at will, in both directions: what this page sends is held before it reaches the
// socket, and what comes is held before the module hears of it. So the server sees true lateness,
// and this client, too; only the kernels' own queues stay empty. The server's own side of it is
// beside them (server_lane.ts).

import { fair, Lane, queue_most_ms, stall_every_ms, type Weather } from '../../ringtick/lane';
import type { Connection } from '../../ringtick/connection';
import type { World } from '../world';
import { Panel } from './panel';
import { ServerLane } from './server_lane';
import type { Report } from './server_stats';
import { button, Slider } from './slider';

const bandwidths = [0, 64_000, 32_000, 16_000, 8_000, 4_000, 2_000, 1_000];

interface Knob {
  key: keyof Weather;
  label: string;
  meaning: string;  // With the direction behind it.
  most: number;
  step: number;
  text: (value: number) => string;
}

const ms = (value: number) => `${value} ms`;
const knobs: readonly Knob[] = [
  { key: 'lag_ms', label: 'lag', meaning: 'Lag', most: 300, step: 5, text: ms },
  { key: 'jitter_ms', label: 'jitter', meaning: 'Jitter', most: 200, step: 5, text: ms },
  { key: 'stall_ms', label: 'stall', meaning: 'Stalls', most: 2000, step: 50, text: ms },
  {
    key: 'bytes_per_s', label: 'limit', meaning: 'Bytes at most', most: bandwidths.length - 1,
    step: 1,
    text: (value) => (value > 0 ? `${bandwidths[value]! / 1000} kB/s` : 'none'),
  },
];

const presets: Record<string, Partial<Weather>> = {
  'as it is': {},
  'RTT +150': { lag_ms: 75 },
  'Wi-Fi': { lag_ms: 10, jitter_ms: 80 },
  stalls: { lag_ms: 20, stall_ms: 700 },
};

type Direction = 'up' | 'down';

export class Path extends Panel {
  private readonly lanes = { up: new Lane(), down: new Lane() };
  private readonly sliders: { direction: Direction; knob: Knob; slider: Slider }[] = [];

  private readonly server: ServerLane;

  constructor(connection: Connection, is_recorded: () => boolean) {
    super('Path', 'Applied in this page, between the socket and the game. Each slider is for one ' +
      'way only: a lag of 75 ms on both makes the round trip 150 ms longer. A ' +
      `stall comes every ${stall_every_ms / 1000} s: that is how TCP shows a loss. Before a ` +
      `limit at most ${queue_most_ms / 1000} s of bytes wait: what is more passes all the same. ` +
      'The server\u2019s own side, for its operator: it treats this page as one that takes no ' +
      'snapshot, or few bytes of them. Then none is made, and the next is of that very tick; ' +
      'news still come, for they must.', true);
    connection.lanes = this.lanes;
    const table = document.createElement('div');
    table.className = 'lanes';
    for (const [direction, title] of [['up', 'to the server'], ['down', 'from it']] as const) {
      table.append(this.column(direction, title));
    }
    const choices = document.createElement('p');
    choices.className = 'choices';
    for (const [name, weather] of Object.entries(presets)) {
      choices.append(button(name, () => this.set_all(weather)));
    }
    this.server = new ServerLane(connection, is_recorded);
    this.element.append(table, this.server.element, choices);
  }

  // Whether it is worse than it was: that is to be seen when the overlay is closed, too.
  get is_fair(): boolean {
    const { up, down } = this.lanes;
    return this.server.is_fair &&
      knobs.every(({ key }) => up.weather[key] === 0 && down.weather[key] === 0);
  }

  override draw(world: World): void {
    this.server.draw(world);
  }

  override on_report({ now }: Report): void {
    this.server.on_report(now);
  }

  private column(direction: Direction, title: string): HTMLElement {
    const column = document.createElement('div');
    const heading = document.createElement('h3');
    heading.textContent = title;
    column.append(heading);
    for (const knob of knobs) {
      const options = {
        ...knob, name: `${direction}_${knob.key}`, meaning: `${knob.meaning} ${title}`,
      };
      const slider = new Slider(options, (value) => this.set(direction, knob, value));
      this.sliders.push({ direction, knob, slider });
      column.append(slider.element);
    }
    return column;
  }

  private set(direction: Direction, { key }: Knob, value: number): void {
    this.lanes[direction].change({ [key]: key === 'bytes_per_s' ? bandwidths[value]! : value });
  }

  private set_all(wanted: Partial<Weather>): void {
    this.server.lift();
    for (const { direction, knob, slider } of this.sliders) {
      const value = { ...fair, ...wanted }[knob.key];
      slider.value = value;  // No preset limits the bytes: there an index is a value, 0.
      this.set(direction, knob, value);
    }
  }
}
