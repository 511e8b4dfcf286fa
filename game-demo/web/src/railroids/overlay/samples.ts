// The last so many numbers, oldest first when asked for. Memory is taken once.

export class Samples {
  private readonly kept: Float64Array;
  private count = 0;

  constructor(capacity: number) {
    this.kept = new Float64Array(capacity);
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

// Those of the last so many milliseconds, one for every other of these at the most.
export class Lately {
  private readonly at_ms: Samples;
  private readonly values: Samples;

  constructor(private readonly span_ms: number) {
    this.at_ms = new Samples(span_ms / 2);
    this.values = new Samples(span_ms / 2);
  }

  push(value: number, now_ms: number): void {
    this.at_ms.push(now_ms);
    this.values.push(value);
  }

  clear(): void {
    this.at_ms.clear();
    this.values.clear();
  }

  all(now_ms: number): number[] {
    return this.values.all().filter((_, i) => now_ms - this.at_ms.at(i) <= this.span_ms);
  }
}

// Of some numbers the smallest that a part of them (0 to 1) does not exceed.
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
}
