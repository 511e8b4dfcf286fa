// How much came in the last second, in eighths of it.

const parts = 8;
const part_ms = 1000 / parts;

export class PerSecond {
  private readonly kept = new Float64Array(parts);
  private running = 0;
  private part = 0;

  add(amount: number, now_ms = performance.now()): void {
    this.advance(now_ms);
    this.running += amount;
  }

  rate(now_ms = performance.now()): number {
    this.advance(now_ms);
    let sum = 0;
    for (const amount of this.kept) sum += amount;
    return sum;
  }

  clear(): void {
    this.kept.fill(0);
    this.running = 0;
  }

  private advance(now_ms: number): void {
    const part = Math.floor(now_ms / part_ms);
    for (let left = Math.min(part - this.part, parts + 1); left > 0; left--) {
      this.kept[(part - left + 1) % parts] = this.running;
      this.running = 0;
    }
    this.part = Math.max(this.part, part);
  }
}
