// A worse path than there is, in one direction, for whoever wants to see what comes of it. What
// enters leaves in the same order, later: TCP loses nothing. A segment that is lost comes again,
// and all behind it waits that long: that is a stall.

export interface Weather {
  lag_ms: number;
  jitter_ms: number;    // At most so much more, differently for each message.
  stall_ms: number;     // So long nothing passes, once in every stall_every_ms.
  bytes_per_s: number;  // 0: as many as come.
}

export const fair: Readonly<Weather> = { lag_ms: 0, jitter_ms: 0, stall_ms: 0, bytes_per_s: 0 };
export const stall_every_ms = 4000;

export interface Time {
  now(): number;
  later(callback: () => void, delay_ms: number): void;
  random(): number;
}

const real_time: Time = {
  now: () => performance.now(),
  later: (callback, delay_ms) => setTimeout(callback, delay_ms),
  random: Math.random,
};

export class Lane {
  weather: Weather = { ...fair };

  private readonly waiting: { due_ms: number; deliver: () => void }[] = [];
  private last_due_ms = 0;
  private free_at_ms = 0;  // When the narrow place has passed on what entered.

  constructor(private readonly time: Time = real_time) {}

  // Bytes before the narrow place: nothing behind them leaves sooner by being sent now.
  get backlog(): number {
    const { bytes_per_s } = this.weather;
    return Math.max(0, this.free_at_ms - this.time.now()) * bytes_per_s / 1000;
  }

  carry(size: number, deliver: () => void): void {
    const now_ms = this.time.now();
    const due_ms = Math.max(this.last_due_ms, this.due(size, now_ms));
    if (this.waiting.length === 0 && due_ms <= now_ms) return deliver();
    this.last_due_ms = due_ms;
    this.waiting.push({ due_ms, deliver });
    if (this.waiting.length === 1) this.time.later(() => this.let_out(), due_ms - now_ms);
  }

  private due(size: number, now_ms: number): number {
    const { lag_ms, jitter_ms, stall_ms, bytes_per_s } = this.weather;
    this.free_at_ms = Math.max(this.free_at_ms, now_ms);
    if (bytes_per_s > 0) this.free_at_ms += (size / bytes_per_s) * 1000;
    const due_ms = this.free_at_ms + lag_ms + jitter_ms * this.time.random();
    const since_ms = due_ms % stall_every_ms;
    return since_ms < stall_ms ? due_ms - since_ms + stall_ms : due_ms;
  }

  private let_out(): void {
    const now_ms = this.time.now();
    while (this.waiting.length > 0 && this.waiting[0]!.due_ms <= now_ms) {
      this.waiting.shift()!.deliver();
    }
    const next = this.waiting[0];
    if (next) this.time.later(() => this.let_out(), next.due_ms - now_ms);
  }
}
