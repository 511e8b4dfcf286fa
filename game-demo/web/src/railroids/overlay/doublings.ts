// The server's histograms: how many were below 1,024 ns, in each doubling of that, and longer than
// the last.

const first_us = 1.024;

// Where a bucket ends.
export function end_us(index: number): number {
  return first_us * 2 ** index;
}

// Of what came between two readings, the bucket that a part of them (0 to 1) does not exceed; -1 if
// nothing came.
export function reached(buckets: readonly number[], part: number): number {
  const wanted = buckets.reduce((sum, count) => sum + count, 0) * part;
  if (wanted === 0) return -1;
  let sum = 0;
  return buckets.findIndex((count) => (sum += count) >= wanted);
}
