// What goes over the wire, in numbers; after Source's net_graph.

import type { World } from '../world';
import { decimal, Panel, whole, type Arrival } from './panel';
import { Samples } from './samples';
import { PerSecond } from './per_second';

export class NetText extends Panel {
  private readonly late_ms = new Samples(64);
  private readonly received = new PerSecond();
  private readonly sent = new PerSecond();
  private readonly grid = this.numbers();
  private readonly written = {
    in: this.grid.add('in_bytes_per_s', 'in'),
    out: this.grid.add('out_bytes_per_s', 'out'),
    snapshots: this.grid.add('snapshots_per_s', 'snapshots'),
    size: this.grid.add('snapshot_bytes', 'bytes each'),
    jitter: this.grid.add('jitter_ms', 'jitter p95'),
    delay: this.grid.add('interpolation_ms', 'interpolation'),
    lead: this.grid.add('input_lead', 'input lead'),
    tick: this.grid.add('server_tick', 'server tick'),
  };

  constructor() {
    super('Network', 'Payload of all messages in and out; how late snapshots are, and how far in ' +
      'the past others are drawn for that; by how many ticks inputs are early.');
  }

  override reset(): void {
    this.late_ms.clear();
    this.received.clear();
    this.sent.clear();
  }

  override on_arrival(arrival: Arrival): void {
    this.late_ms.push(arrival.late_ms);
  }

  on_received(size: number): void {
    this.received.add(size);
  }

  on_sent(size: number): void {
    this.sent.add(size);
  }

  override draw(world: World, now_ms: number): void {
    const { written } = this;
    const each = world.snapshot_bytes_per_second / world.snapshots_per_second;
    const late = this.late_ms.all().sort((a, b) => a - b);
    const jitter_ms = late[Math.ceil(late.length * 0.95) - 1] ?? NaN;
    written.in.write(`${decimal(this.received.rate(now_ms) / 1000)} kB/s`);
    written.out.write(`${decimal(this.sent.rate(now_ms) / 1000)} kB/s`);
    written.snapshots.write(
      `${whole(world.snapshots_per_second)} /s`,
      world.snapshots_per_second < world.tick_rate_hz * 0.9);
    written.size.write(Number.isFinite(each) ? `${whole(each)} B` : '–');
    written.jitter.write(late.length > 0 ? `${decimal(jitter_ms, 0)} ms` : '–');
    written.delay.write(`${decimal(world.interpolation_delay_ms, 0)} ms`);
    written.lead.write(`${world.input_lead} ticks`, world.input_lead < 0);
    written.tick.write(whole(world.server_tick));
  }
}
