// How the server's ticks keep time: how late they begin, or how long they take, with players, and
// behind it the control: the same loop's ticks while nobody was there.

import { Chart } from './chart';
import { end_us, reached } from './doublings';
import { decimal, duration, Panel } from './panel';
import type { Report, ServerStats, Times } from './server_stats';

const window_reports = 30;  // Half a minute.

export type TickTime = 'late' | 'work';

const words: Record<TickTime, { title: string; meaning: string; colour: string }> = {
  late: {
    title: 'Tick lateness',
    meaning: "From a tick's deadline to when the loop woke for it: the last 30 s, in doublings.",
    colour: '255 198 92',
  },
  work: {
    title: 'Tick work',
    meaning: 'From when the loop woke for a tick to its last send: the last 30 s, in doublings.',
    colour: '111 244 255',
  },
};

export class TickTimes extends Panel {
  private readonly chart: Chart;
  private readonly most;
  private readonly past: Times[] = [];
  private readonly written;

  constructor(private readonly what: TickTime) {
    const { title, meaning, colour } = words[what];
    super(title, `${meaning} Grey behind it: the ticks without a player, the same pacing with ` +
      'nothing to do, since the start. Below, all since the start.', true);
    this.most = this.headline(`tick_${what}_lately`);
    this.chart = new Chart(this.element, {
      height: 72,
      lines: [
        { colour: 'rgb(160 172 200 / 55%)', fill: 'rgb(160 172 200 / 30%)', bars: true },
        { colour: `rgb(${colour})`, fill: `rgb(${colour} / 45%)`, bars: true },
      ],
      y_text: (value) => `${value} %`,
      x_text: (value) => bucket_text(value),
      x_splits: [5, 10, 15],
      x_range: [-0.6, 18.6],
      y_least: 20,
    });
    const grid = this.numbers();
    this.written = {
      p50: grid.add(`tick_${what}_p50`, 'p50 of all'),
      p99: grid.add(`tick_${what}_p99`, 'p99 of all'),
      idle_p50: grid.add(`tick_${what}_idle_p50`, 'idle p50'),
      idle_p99: grid.add(`tick_${what}_idle_p99`, 'idle p99'),
    };
  }

  override reset(): void {
    this.past.length = 0;
  }

  override on_report({ now }: Report): void {
    const { played, idle } = this.times(now);
    if ((this.past.at(-1)?.count ?? 0) > played.count) this.past.length = 0;
    this.past.push(played);
    if (this.past.length > window_reports + 1) this.past.shift();
    this.written.p50.write(duration(played.p50));
    this.written.p99.write(duration(played.p99));
    this.written.idle_p50.write(idle.count > 0 ? duration(idle.p50) : '–');
    this.written.idle_p99.write(idle.count > 0 ? duration(idle.p99) : '–');
    const lately = this.lately(played);
    this.chart.set(played.buckets.map((_, i) => i), shares(idle.buckets), shares(lately));
    this.write_most(lately, 500_000 / now.rate_hz);
  }

  // Of 99 in 100, as exactly as the doublings tell.
  private write_most(lately: readonly number[], limit_us: number): void {
    const bucket = reached(lately, 0.99);
    const is_last = bucket === lately.length - 1;
    const bound_us = end_us(is_last ? bucket - 1 : bucket);
    const text = `p99 ${is_last ? '>' : '<'} ${duration(bound_us)}`;
    this.most.write(bucket < 0 ? '–' : text, bucket >= 0 && end_us(bucket - 1) >= limit_us);
  }

  private times(stats: ServerStats): { played: Times; idle: Times } {
    return this.what === 'late'
      ? { played: stats.tick_late_us, idle: stats.tick_late_idle_us }
      : { played: stats.tick_work_us, idle: stats.tick_work_idle_us };
  }

  // Those of the window; of the first report, all there were.
  private lately(now: Times): number[] {
    const then = this.past[0]!;
    if (then === now) return now.buckets;
    return now.buckets.map((count, i) => count - then.buckets[i]!);
  }
}

function shares(counts: readonly number[]): number[] {
  const sum = counts.reduce((all, count) => all + count, 0);
  return counts.map((count) => (sum > 0 ? (100 * count) / sum : 0));
}

function bucket_text(index: number): string {
  const us = end_us(index);
  return us < 1000 ? `${decimal(us, 0)} µs` : `${decimal(us / 1000, 0)} ms`;
}
