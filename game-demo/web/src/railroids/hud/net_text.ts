// What is said of the snapshots that come: how many and how large, or why they are fewer.

import type { World } from '../world';

type Net = Pick<
  World,
  'tick_rate_hz' | 'snapshot_divisor' | 'snapshots_per_second' | 'snapshot_bytes_per_second'
>;

export function snapshots_text(net: Net): string {
  if (net.snapshot_divisor > 1) {
    const rate_hz = Math.round(net.tick_rate_hz / net.snapshot_divisor);
    return `${rate_hz} Hz: your connection is slow`;
  }
  const kilobytes = (net.snapshot_bytes_per_second / 1000).toFixed(1);
  return `${Math.round(net.snapshots_per_second)}/s, ${kilobytes} kB/s`;
}
