// How often and how far the own ship was put elsewhere, because the server saw it otherwise.

import type { World } from '../world';
import { Chart } from './chart';
import { decimal, Panel, whole } from './panel';
import { Samples } from './samples';

const span_s = 20;

export class PredictionError extends Panel {
  private readonly at_s = new Samples(256);
  private readonly moved = new Samples(256);
  private readonly chart = new Chart(this.element, {
    height: 42,
    lines: [{ colour: '#ff8fbf', fill: 'rgb(255 143 191 / 12%)' }],
    y_text: (value) => `${value} u`,
    x_range: [-span_s, 0],
    y_least: 4,
  });
  private readonly grid = this.numbers();
  private readonly count = this.grid.add('corrections_per_minute', 'a minute');
  private readonly unexplained = this.grid.add('corrections_unexplained', 'unexplained');
  private readonly worst = this.grid.add('correction_worst', 'worst');
  private seen = 0;

  constructor() {
    super(
      'Prediction error',
      'Units by which a snapshot put the own ship elsewhere, for the last 20 s. Explained: a hit ' +
        'or a late input; none other should ever be.',
      true);
    this.grid.element.classList.add('three');
  }

  override reset(): void {
    this.at_s.clear();
    this.moved.clear();
    this.seen = -1;
  }

  override on_frame(world: World, now_ms: number): void {
    const { corrections } = world;
    if (corrections > this.seen && this.seen >= 0) {
      this.at_s.push(now_ms / 1000);
      this.moved.push(world.correction_last);
    }
    this.seen = corrections;
  }

  // Each correction is a peak.
  override draw(world: World, now_ms: number): void {
    const now_s = now_ms / 1000;
    const x = [-span_s];
    const y = [0];
    let in_a_minute = 0;
    for (let i = 0; i < this.at_s.length; i++) {
      const age_s = now_s - this.at_s.at(i);
      if (age_s < 60) in_a_minute += 1;
      if (age_s >= span_s - 0.1) continue;
      x.push(-age_s - 0.05, -age_s, -age_s + 0.05);
      y.push(0, this.moved.at(i), 0);
    }
    x.push(0.1);
    y.push(0);
    this.chart.set(x, y);
    this.count.write(whole(in_a_minute));
    this.unexplained.write(whole(world.corrections_unexplained));
    this.worst.write(`${decimal(world.correction_worst)} u`);
  }
}
