// The panel that is read first: what is wrong, if anything is.

import type { World } from '../world';
import { Panel } from './panel';
import { Lately } from './samples';
import type { Report } from './server_stats';
import {
  frame_time, no_connection, recorded, verdict_of, type Symptoms, type Verdict,
} from './verdict';

const looked_back_ms = 2000;
const unknown = -1;
const shown_ms = 1500;  // A cause is shown at least so long: one has to read it.

// How the counters stood at some moment.
interface Mark {
  at_ms: number;
  snapshots: number;
  missed: number;
  inputs_late: number;
  tick_late_us: number;
  tick_work_us: number;
}

export class VerdictPanel extends Panel {
  private readonly text = this.note('');
  private readonly frame_ms = new Lately(looked_back_ms);
  private readonly guesses = new Lately(looked_back_ms);
  private views_too_old = unknown;
  private marks: Mark[] = [];
  private drawn_at_ms = 0;
  private last_frame_ms = 0;
  private answers_then = 0;  // When the newest snapshot was seen first.
  private shown_at_ms = -Infinity;
  private cause = '';

  constructor(
    private readonly connected: () => boolean,
    private readonly is_recorded: () => boolean,
  ) {
    super('Why it stutters', 'The first of the usual causes that the numbers below show: those ' +
      'from which others come are looked for first.');
    this.element.classList.add('verdict');
    this.text.dataset['number'] = 'verdict';
  }

  override reset(): void {
    this.frame_ms.clear();
    this.guesses.clear();
    this.marks = [];
    this.drawn_at_ms = this.last_frame_ms = 0;
    // Frames come with the first world only.
    if (!this.connected() && !this.is_recorded()) this.show(no_connection, performance.now());
  }

  override on_frame(world: World, now_ms: number): void {
    if (this.drawn_at_ms > 0) {
      this.last_frame_ms = now_ms - this.drawn_at_ms;
      this.frame_ms.push(this.last_frame_ms, now_ms);
    }
    this.drawn_at_ms = now_ms;
    this.guesses.push(world.drawn_ahead_ms > 0 ? 1 : 0, now_ms);
  }

  override on_report({ room }: Report): void {
    this.views_too_old = room?.game['views_too_old'] ?? unknown;
  }

  override draw(world: World, now_ms: number): void {
    const verdict = this.is_recorded() ? recorded : verdict_of(this.symptoms(world, now_ms));
    this.show(verdict, now_ms);
  }

  private show({ cause, text }: Verdict, now_ms: number): void {
    const worth_a_change = cause === this.cause || now_ms - this.shown_at_ms > shown_ms;
    if (!worth_a_change) return;
    if (cause !== this.cause) this.shown_at_ms = now_ms;
    this.cause = cause;
    this.element.dataset['cause'] = cause;
    if (this.text.textContent !== text) this.text.textContent = text;
  }

  private symptoms(world: World, now_ms: number): Symptoms {
    const now = {
      at_ms: now_ms,
      snapshots: world.snapshots,
      missed: world.snapshots_missed,
      inputs_late: world.inputs_late,
      tick_late_us: world.tick_late_p99_us,
      tick_work_us: world.tick_work_p99_us,
    };
    // Another connection counts anew.
    if ((this.marks.at(-1)?.snapshots ?? 0) > now.snapshots) this.marks = [];
    this.marks.push(now);
    while (now_ms - this.marks[0]!.at_ms > looked_back_ms) this.marks.shift();
    const then = this.marks[0]!;
    const is_new = this.marks.at(-2)?.snapshots !== now.snapshots;
    if (is_new) this.answers_then = world.rtt_count;
    const came = now.snapshots - then.snapshots;
    const missed = now.missed - then.missed;
    const guesses = this.guesses.all(now_ms);
    return {
      tick_ms: 1000 / (world.tick_rate_hz || 30),
      connected: this.connected(),
      snapshot_age_ms: world.snapshot_age_ms,
      answers_since: world.rtt_count - this.answers_then,
      snapshot_divisor: world.snapshot_divisor,
      // The p99 of a second's ticks is the worst of them, and one bad tick is no cause: the least
      // of what was said in two seconds tells of two at least.
      server_late_ms: Math.min(...this.marks.map(({ tick_late_us }) => tick_late_us)) / 1000,
      server_work_ms: Math.min(...this.marks.map(({ tick_work_us }) => tick_work_us)) / 1000,
      snapshots_missed: missed / Math.max(1, came + missed),
      guessed: guesses.reduce((sum, value) => sum + value, 0) / Math.max(1, guesses.length),
      inputs_late: (now.inputs_late - then.inputs_late) / Math.max(1, came),
      shot_age_ms: world.shot_age_ms,
      rewind_ms: world.rewind_ms,
      views_too_old: this.views_too_old,
      frame_ms: frame_time(this.frame_ms.all(now_ms)),
      last_frame_ms: this.last_frame_ms,
    };
  }
}
