// Where a recorded match is, and how fast it goes on. It plays the match a little ahead of what is
// drawn, so that there is always a snapshot on both sides of the drawn moment, and tells the client
// a time at which each comes exactly when it is due.
//
//     ticks   ...  n-1    n        n+1    n+2
//                         |--x-----|      |
//                            drawn        played
//
// What takes longer than a frame is done in slices, so that the page stays alive.

import type { Show } from '../game';
import { overview } from '../../ringtick/module';
import type { ReplayModule } from './replay_module';

const ahead = 2;     // Ticks; so late the client draws, too.
// Ticks before the one that was asked for: beams last that long, and by then all is told that a
// newcomer is told.
const lead_in = 40;
const slice_ms = 20;
const ticks_at_once = 4;

export type Match = Pick<ReplayModule,
  'rate_hz' | 'play' | 'go_near' | 'tick' | 'first_tick' | 'last_tick' | 'is_over' |
  'verified_tick' | 'can_watch' | 'next_subject'>;

// Whoever draws it.
export interface Eye {
  // Looks at this from now on, and knows nothing else.
  watch(subject: number): void;
  // Another tick was played.
  on_tick(): void;
  // Nothing is looked at.
  close(): void;
}

export class Projector implements Show {
  speed = 1;
  is_playing = true;
  subject = overview;
  // Something has changed that is shown beside the match.
  on_change: () => void = () => {};
  on_failure: (error: unknown) => void = () => {};
  // Who was to be looked at is not there, so it is the overview from now on.
  on_gone: (subject: number) => void = () => {};

  private position = 0;  // In ticks.
  private arriving: number | undefined;  // The tick whose messages are being told.
  private errand: (() => boolean) | undefined;
  private verifying = false;

  constructor(
    private readonly match: Match,
    private readonly eye: Eye,
    private readonly clock: () => number = () => performance.now(),
    private readonly later: (slice: () => void) => void = (slice) => setTimeout(slice, 0),
  ) {}

  // The client's time.
  readonly now_ms = (): number =>
    ((this.arriving ?? this.position + ahead) * 1000) / this.match.rate_hz;

  get tick(): number {
    return Math.floor(this.position);
  }
  get is_busy(): boolean {
    return this.errand !== undefined;
  }
  get is_verifying(): boolean {
    return this.verifying;
  }

  advance(dt: number): number {
    if (this.errand || !this.is_playing) return 0;
    const before = this.position;
    this.guarded(() => this.move_on(before + dt * this.speed * this.match.rate_hz));
    if (this.is_at_end) this.pause();
    return Math.max(0, this.position - before) / this.match.rate_hz;
  }

  play(): void {
    if (this.is_at_end) this.seek(this.match.first_tick);
    this.is_playing = true;
    this.on_change();
  }

  pause(): void {
    this.position = Math.round(this.position);
    this.is_playing = false;
    this.on_change();
  }

  // By so many ticks, and stands there.
  step(ticks: number): void {
    this.is_playing = false;
    const wanted = Math.floor(this.position) + ticks;
    if (ticks === 1 && !this.errand) this.guarded(() => this.move_on(wanted));
    else this.seek(wanted);
    this.on_change();
  }

  seek(wanted: number): void {
    this.verifying = false;
    const { first_tick, last_tick } = this.match;
    const target = Math.max(first_tick, Math.min(Math.round(wanted), last_tick));
    const from = Math.max(first_tick, target - lead_in);
    this.position = target;
    this.go_to(from, () => this.arrive(target));
  }

  watch(subject: number): void {
    this.subject = subject;
    this.seek(this.position);
  }

  watch_next(forward: boolean): void {
    this.watch(this.match.next_subject(this.subject, forward));
  }

  // Plays all that has not been played yet, as fast as it goes, and comes back.
  verify(): void {
    const back_to = this.position;
    this.verifying = true;
    this.go_to(this.match.verified_tick, () => {
      this.run(() => {
        this.match.play(ticks_at_once);
        return this.match.is_over;
      }, () => this.seek(back_to));
    });
    this.on_change();
  }

  stop(): void {
    this.errand = undefined;
    this.verifying = this.is_playing = false;
  }

  private get is_at_end(): boolean {
    return this.match.is_over && this.position >= this.match.last_tick;
  }

  // To be told of each tick on the way.
  private move_on(wanted: number): void {
    const enough_at = this.clock() + slice_ms;
    const goal = Math.floor(wanted) + ahead;
    while (this.match.tick < goal && this.match.play(1) === 1) {
      this.tell();
      if (this.clock() >= enough_at) break;
    }
    // A machine that cannot play it as fast shows it slower.
    const most = this.match.is_over ? this.match.last_tick : this.match.tick - ahead + 1;
    this.position = Math.max(Math.min(wanted, most), Math.min(this.position, most));
    if (this.is_gone()) this.watch(overview);
  }

  private is_gone(): boolean {
    const { subject } = this;
    if (this.match.can_watch(subject)) return false;
    this.subject = overview;
    this.on_gone(subject);
    return true;
  }

  private tell(): void {
    this.arriving = this.match.tick;
    this.eye.on_tick();
    this.arriving = undefined;
  }

  // Nobody looks on the way.
  private go_to(tick: number, then: () => void): void {
    this.eye.close();
    this.match.go_near(tick);
    this.run(() => {
      const left = tick - this.match.tick;
      if (left > 0) this.match.play(Math.min(ticks_at_once, left));
      return this.match.tick >= tick || this.match.is_over;
    }, then);
  }

  private arrive(target: number): void {
    if (this.match.last_tick < target) return this.seek(target);  // It ends sooner than it said.
    this.await_subject(target);
    this.is_gone();
    this.arriving = this.match.tick;
    this.eye.watch(this.subject);
    this.tell();
    while (this.match.tick < target + ahead && this.match.play(1) === 1) this.tell();
    this.position = target;
    this.on_change();
  }

  // Who came only then is looked at from there on.
  private await_subject(target: number): void {
    const { match } = this;
    while (!match.can_watch(this.subject) && match.tick < target && match.play(1) === 1);
  }

  // A bit after the other, until `step` says that it is done. The first at once, so that what is
  // near is shown without a break. Another errand takes the place of this one.
  private run(step: () => boolean, then: () => void): void {
    const slice = () => {
      if (this.errand !== step) return;
      const enough_at = this.clock() + slice_ms;
      while (!step()) {
        if (this.clock() < enough_at) continue;
        this.on_change();
        return this.later(() => this.guarded(slice));
      }
      this.errand = undefined;
      then();
    };
    this.errand = step;
    this.guarded(slice);
  }

  // The module trapped: it is good for nothing any more.
  private guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.stop();
      this.on_failure(error);
    }
  }
}
