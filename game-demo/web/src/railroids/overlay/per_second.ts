// How much came in the last second, in eighths of it, the running one not counted. What came is
// often told later, so it says when.

const parts = 8;
const part_ms = 1000 / parts;
const slots = parts + 1;  // With the running one.

export class PerSecond {
  private readonly kept = new Float64Array(slots);
  private part = 0;

  add(amount: number, at_ms = performance.now()): void {
    this.advance(at_ms);
    const part = Math.floor(at_ms / part_ms);
    if (part > this.part - slots) this.kept[part % slots]! += amount;
  }

  rate(now_ms = performance.now()): number {
    this.advance(now_ms);
    const running = this.kept[this.part % slots]!;
    return Math.max(0, this.kept.reduce((sum, amount) => sum + amount, 0) - running);
  }

  clear(): void {
    this.kept.fill(0);
  }

  private advance(now_ms: number): void {
    const part = Math.floor(now_ms / part_ms);
    for (let begun = Math.max(this.part, part - slots) + 1; begun <= part; begun++) {
      this.kept[begun % slots] = 0;
    }
    this.part = Math.max(this.part, part);
  }
}
