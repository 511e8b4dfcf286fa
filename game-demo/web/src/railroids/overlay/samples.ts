// The last so many numbers, oldest first when asked for. Memory is taken once.

export class Samples {
  private readonly kept: Float64Array;
  private count = 0;

  constructor(capacity: number) {
    this.kept = new Float64Array(capacity);
  }

  get capacity(): number {
    return this.kept.length;
  }

  get length(): number {
    return Math.min(this.count, this.kept.length);
  }

  get last(): number {
    return this.at(this.length - 1);
  }

  push(value: number): void {
    this.kept[this.count % this.kept.length] = value;
    this.count += 1;
  }

  clear(): void {
    this.count = 0;
  }

  at(index: number): number {
    return this.kept[(this.count - this.length + index) % this.kept.length] ?? NaN;
  }

  all(): number[] {
    return Array.from({ length: this.length }, (_, index) => this.at(index));
  }
}

// Of some numbers the smallest that a part of them (0 to 1) does not exceed.
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
}
