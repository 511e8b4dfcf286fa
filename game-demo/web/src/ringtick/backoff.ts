// How long to wait before the next attempt to connect: doubling, so that a server that is down is
// left in peace, and with jitter, so that all who lost it at once do not return at once.
export class Backoff {
  private failures = 0;

  constructor(
    private readonly first_ms = 250,
    private readonly most_ms = 8000,
    private readonly random: () => number = Math.random,
  ) {}

  next_ms(): number {
    const ceiling = Math.min(this.most_ms, this.first_ms * 2 ** this.failures);
    this.failures += 1;
    return ceiling * (0.5 + 0.5 * this.random());
  }

  get attempts(): number {
    return this.failures;
  }

  reset(): void {
    this.failures = 0;
  }
}
