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
// Nothing can be left out of a stream, and nobody here can make the other side send less: a limit
// that is exceeded for longer than this gives way, else what is shown would be older and older.
export const queue_most_ms = 3000;

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

interface Parcel {
  left_ms: number;  // When the narrow place has passed it on,
  way_ms: number;   // and how long it is under way from there.
  due_ms: number;
  deliver: () => void;
}

export class Lane {
  private readonly now: Weather = { ...fair };
  private waiting: Parcel[] = [];
  private last_due_ms = 0;
  private free_at_ms = 0;  // When the narrow place has passed on what entered.
  private alarms = 0;

  constructor(private readonly time: Time = real_time) {}

  get weather(): Readonly<Weather> {
    return this.now;
  }

  // What waits before the narrow place leaves it at its new pace: at once, if there is none.
  change(wanted: Partial<Weather>): void {
    const before = this.now.bytes_per_s;
    Object.assign(this.now, wanted);
    const after = this.now.bytes_per_s;
    if (before !== after) this.hurry(after > 0 ? before / after : 0);
  }

  // Another connection: what was under way on the old one is lost with it.
  clear(): void {
    this.waiting = [];
    this.last_due_ms = this.free_at_ms = 0;
    this.alarms += 1;
  }

  // Bytes before the narrow place: nothing behind them leaves sooner by being sent now.
  get backlog(): number {
    return Math.max(0, this.free_at_ms - this.time.now()) * this.now.bytes_per_s / 1000;
  }

  carry(size: number, deliver: () => void): void {
    const now_ms = this.time.now();
    const { lag_ms, jitter_ms } = this.now;
    const left_ms = this.passed(size, now_ms);
    const way_ms = lag_ms + jitter_ms * this.time.random();
    const due_ms = this.due(left_ms + way_ms);
    if (this.waiting.length === 0 && due_ms <= now_ms) return deliver();
    this.waiting.push({ left_ms, way_ms, due_ms, deliver });
    if (this.waiting.length === 1) this.set_alarm();
  }

  private passed(size: number, now_ms: number): number {
    const { bytes_per_s } = this.now;
    this.free_at_ms = Math.max(this.free_at_ms, now_ms);
    if (bytes_per_s > 0) this.free_at_ms += (size / bytes_per_s) * 1000;
    this.free_at_ms = Math.min(this.free_at_ms, now_ms + queue_most_ms);
    return this.free_at_ms;
  }

  // Not before what entered sooner, and not during a stall.
  private due(wanted_ms: number): number {
    const due_ms = Math.max(this.last_due_ms, wanted_ms);
    const since_ms = due_ms % stall_every_ms;
    const { stall_ms } = this.now;
    this.last_due_ms = since_ms < stall_ms ? due_ms - since_ms + stall_ms : due_ms;
    return this.last_due_ms;
  }

  private hurry(factor: number): void {
    const now_ms = this.time.now();
    const sooner = (left_ms: number) =>
      left_ms > now_ms ? now_ms + Math.min(queue_most_ms, (left_ms - now_ms) * factor) : left_ms;
    this.free_at_ms = sooner(this.free_at_ms);
    this.last_due_ms = 0;
    for (const parcel of this.waiting) {
      parcel.left_ms = sooner(parcel.left_ms);
      parcel.due_ms = this.due(parcel.left_ms + parcel.way_ms);
    }
    this.set_alarm();
  }

  // For the first that waits. An alarm that was set before is no longer heeded.
  private set_alarm(): void {
    const alarm = ++this.alarms;
    const next = this.waiting[0];
    if (!next) return;
    this.time.later(() => {
      if (alarm === this.alarms) this.let_out();
    }, Math.max(0, next.due_ms - this.time.now()));
  }

  private let_out(): void {
    const now_ms = this.time.now();
    while (this.waiting.length > 0 && this.waiting[0]!.due_ms <= now_ms) {
      this.waiting.shift()!.deliver();
    }
    this.set_alarm();
  }
}
