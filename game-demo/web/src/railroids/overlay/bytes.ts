// What the bytes that come in are spent on, stacked over the last 20 s.

import type { World } from '../world';
import { Kind } from '../../ringtick/module';
import { Chart } from './chart';
import { decimal, Panel, Written } from './panel';
import { PerSecond } from './per_second';
import { Samples } from './samples';

const seconds = 20;
const sample_ms = 500;
// What a message takes beside its payload: the frame's head (RFC 6455, section 5.2) and, if it has
// a segment of its own, the heads of IPv4 and of TCP with its timestamps.
const frame_head = (size: number) => (size < 126 ? 2 : 4);
const segment_heads = 20 + 20 + 12;

const kinds = [
  { name: 'updates', label: 'updates', colour: '#5f8dff' },
  { name: 'comings', label: 'enter, leave', colour: '#4fd6a0' },
  { name: 'cells', label: 'cells', colour: '#c77dff' },
  { name: 'shots', label: 'shots', colour: '#ff8fbf' },
  { name: 'own', label: 'own ship', colour: '#6ff4ff' },
  { name: 'header', label: 'headers', colour: '#8596bb' },
  { name: 'events', label: 'events', colour: '#ffc65c' },
] as const;

type Name = (typeof kinds)[number]['name'];

export class Bytes extends Panel {
  private readonly chart = new Chart(this.element, {
    height: 60,
    // The topmost sum first, so that the lower ones are painted over it.
    lines: [...kinds].reverse().map(({ colour }) => ({ colour, fill: colour })),
    y_text: (value) => decimal(value / 1000),
    x_range: [1 - seconds, 0],
    y_least: 1000,
  });
  private readonly grid = this.numbers();
  private readonly written: Record<string, Written> = {};
  private readonly sums = this.headline('payload_bytes_per_s');
  private readonly rates = kinds.map(() => new Samples((seconds * 1000) / sample_ms));
  private readonly meters = kinds.map(() => new PerSecond());
  private readonly all = new PerSecond();
  private readonly on_wire = new PerSecond();
  private readonly totals = new Map<Name, number>();
  private snapshots: { at_ms: number; size: number }[] = [];  // Since the last frame.
  private sampled_ms = 0;

  constructor() {
    super(
      'Bytes by kind',
      'Payload that comes in, kB/s, as the decoder took it apart. Wire: with the heads of ' +
        'WebSocket, TCP and IPv4, if each message has a segment of its own.',
    );
    this.element.classList.add('bytes');
    for (const { name, label, colour } of kinds) {
      this.written[name] = this.grid.add(`${name}_bytes_per_s`, label);
      const term = this.grid.element.lastElementChild!.firstElementChild as HTMLElement;
      term.style.setProperty('--dot', colour);
      term.classList.add('dot');
    }
  }

  override reset(): void {
    for (const samples of this.rates) samples.clear();
    for (const meter of [...this.meters, this.all, this.on_wire]) meter.clear();
    this.totals.clear();
    this.snapshots = [];
  }

  on_received(kind: Kind, size: number): void {
    const now_ms = performance.now();
    this.all.add(size);
    this.on_wire.add(size + frame_head(size) + segment_heads);
    if (kind === Kind.snapshot) this.snapshots.push({ at_ms: now_ms, size });
    else this.meter('events').add(size);
  }

  override on_frame(world: World): void {
    this.take('updates', world.bytes_updates);
    this.take('comings', world.bytes_comings);
    this.take('cells', world.bytes_cells);
    this.take('shots', world.bytes_shots);
    this.take('own', world.bytes_own);
    this.take('header', world.bytes_header);
    this.snapshots = [];
  }

  override draw(_world: World, now_ms: number): void {
    if (now_ms - this.sampled_ms < sample_ms) return;
    this.sampled_ms = now_ms;
    kinds.forEach(({ name }, i) => {
      const rate = this.meters[i]!.rate(now_ms);
      this.rates[i]!.push(rate);
      this.written[name]!.write(rate < 1000 ? `${rate.toFixed(0)} B/s` : this.kilo(rate));
    });
    const payload = this.kilo(this.all.rate(now_ms));
    this.sums.write(`${payload}, wire ${decimal(this.on_wire.rate(now_ms) / 1000)}`);
    this.paint();
  }

  // Counters of the module's, which grow once a frame; another welcome begins them anew. A slow
  // page has few frames: what came since the last one is counted as of when it came.
  private take(name: Name, total: number): void {
    const before = this.totals.get(name);
    this.totals.set(name, total);
    if (before === undefined || total <= before) return;
    const size_all = this.snapshots.reduce((sum, { size }) => sum + size, 0);
    for (const { at_ms, size } of this.snapshots) {
      this.meter(name).add(((total - before) * size) / size_all, at_ms);
    }
  }

  private meter(name: Name): PerSecond {
    return this.meters[kinds.findIndex((kind) => kind.name === name)]!;
  }

  private kilo(rate: number): string {
    return `${decimal(rate / 1000)} kB/s`;
  }

  private paint(): void {
    const count = this.rates[0]!.length;
    const x = Array.from({ length: count }, (_, i) => ((i + 1 - count) * sample_ms) / 1000);
    const sums = new Array<number>(count).fill(0);
    const stacked = this.rates.map((samples) =>
      samples.all().map((rate, i) => (sums[i] = sums[i]! + rate)));
    this.chart.set(x, ...stacked.reverse());
  }
}
