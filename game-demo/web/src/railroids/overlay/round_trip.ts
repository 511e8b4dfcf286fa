// The way there and back, as the last ten seconds' probes measured it.

import type { World } from '../world';
import { Chart } from './chart';
import { milliseconds, Panel } from './panel';
import { percentile, Samples } from './samples';

const span_s = 10;

export class RoundTrip extends Panel {
  private readonly at_s = new Samples(64);
  private readonly took_ms = new Samples(64);
  private readonly chart = new Chart(this.element, {
    height: 50,
    lines: [{ colour: '#6ff4ff', fill: 'rgb(111 244 255 / 10%)', dots: true }],
    y_text: milliseconds,
    x_range: [-span_s, 0],
    y_least: 40,
  });
  private readonly grid = this.numbers();
  private readonly least = this.grid.add('rtt_min_ms', 'min');
  private readonly median = this.grid.add('rtt_median_ms', 'median');
  private readonly most = this.grid.add('rtt_p99_ms', 'p99');
  private counted = 0;

  constructor() {
    super(
      'Round trip',
      'Application pings of the last 10 s. The server looks at its sockets once a tick, so each ' +
        'includes the wait for one. The minimum waited least.',
      true);
    this.grid.element.classList.add('three');
  }

  override reset(): void {
    this.at_s.clear();
    this.took_ms.clear();
  }

  override on_frame(world: World, now_ms: number): void {
    if (world.rtt_count === this.counted) return;
    this.counted = world.rtt_count;
    this.at_s.push(now_ms / 1000);
    this.took_ms.push(world.rtt_last_ms);
  }

  override draw(_world: World, now_ms: number): void {
    const now_s = now_ms / 1000;
    const ages: number[] = [];
    const values: number[] = [];
    for (let i = 0; i < this.at_s.length; i++) {
      if (now_s - this.at_s.at(i) > span_s) continue;
      ages.push(this.at_s.at(i) - now_s);
      values.push(this.took_ms.at(i));
    }
    this.chart.set(ages, values);
    this.least.write(milliseconds(Math.min(...values)));
    this.median.write(milliseconds(percentile(values, 0.5)));
    this.most.write(milliseconds(percentile(values, 0.99)));
  }
}
