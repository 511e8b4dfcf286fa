// What is said of the snapshots that come: how many and how large, or why they are fewer: not
// all were taken in time, be it for the path or for a slow machine.

import type { World } from '../world';

type Net = Pick<
  World,
  'tick_rate_hz' | 'snapshot_divisor' | 'snapshots_per_second' | 'snapshot_bytes_per_second'
>;

export function snapshots_text(net: Net): string {
  if (net.snapshot_divisor > 1) {
    const rate_hz = Math.round(net.tick_rate_hz / net.snapshot_divisor);
    return `${rate_hz} Hz: this page took too few`;
  }
  const kilobytes = (net.snapshot_bytes_per_second / 1000).toFixed(1);
  return `${Math.round(net.snapshots_per_second)}/s, ${kilobytes} kB/s`;
}
