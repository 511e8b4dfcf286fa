// What the server says of itself in /stats.json, asked once a second while somebody looks. Of
// several threads the one answers that has the room in which we play, and so knows it as it is now.

import { own_room } from '../address';

export interface Times {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  // How many were below 1,024 ns, in each doubling of that, and longer than the last.
  buckets: number[];
}

export type Things = Omit<Times, 'buckets'>;

export interface ServerStats {
  uptime_s: number;
  rate_hz: number;
  schema: string;         // Of its messages and rules: the two sides agree on it.
  configuration: string;  // What the kernel granted and what memory was taken.
  players: number;
  shown_rooms: number;  // Those that show a recorded match.
  operator: 'none' | 'machine' | 'token';  // Who may give orders: see server/operator.hpp.
  ticks: number;
  ticks_forgiven: number;
  broadcasts: number;  // Ticks whose result was shown.
  enters: number;
  submitted: number;
  completions: number;
  receive_buffers_lent: number;
  sends_in_flight: number;
  sockets_full: number;
  snapshots_skipped: number;
  snapshots_thinned: number;
  tick_late_us: Times;
  tick_late_idle_us: Times;
  tick_work_us: Times;
  tick_work_idle_us: Times;
  sqes_per_enter: Things;
  cqes_per_reap: Things;
  rooms: Room[];
}

export interface Room {
  id: string;
  game: Record<string, number>;
}

// One answer and the one before it.
export interface Report {
  now: ServerStats;
  before: ServerStats;
  room: Room | undefined;  // That in which we play.
}

// Another server answers: what it counts does not go on from what the one before did.
export function is_another(now: ServerStats, before: ServerStats): boolean {
  const counters = ['uptime_s', 'ticks', 'enters', 'submitted', 'completions'] as const;
  return counters.some((name) => now[name] < before[name]) || now.schema !== before.schema;
}

const poll_ms = 1000;

export class StatsPoll {
  private timer = 0;
  private latest: ServerStats | undefined;
  private readonly room = own_room();

  constructor(
    private readonly is_there: () => boolean,
    private readonly on_report: (report: Report) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.ask(), poll_ms);
    void this.ask();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = 0;
    this.latest = undefined;
  }

  private async ask(): Promise<void> {
    if (!this.is_there()) return;
    const stats = await fetch_stats(this.room);
    if (!stats || this.timer === 0) return;
    const before = this.latest && !is_another(stats, this.latest) ? this.latest : stats;
    this.latest = stats;
    this.on_report({ now: stats, before, room: stats.rooms.find(({ id }) => id === this.room) });
  }
}

// A server may be gone at any moment, or stand behind a proxy that keeps this page to itself.
async function fetch_stats(room: string): Promise<ServerStats | undefined> {
  try {
    const path = `/stats.json?room=${encodeURIComponent(room)}`;
    const answer = await fetch(path, { cache: 'no-store' });
    return answer.ok ? ((await answer.json()) as ServerStats) : undefined;
  } catch {
    return undefined;
  }
}
