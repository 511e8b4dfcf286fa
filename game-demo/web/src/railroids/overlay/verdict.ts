// Why a client stutters, in one sentence: the first of the usual causes that the numbers show.
// Those that are the reason of others come first.

export interface Symptoms {
  tick_ms: number;              // What a tick has.
  connected: boolean;
  snapshot_age_ms: number;
  answers_since: number;        // Probes that the server answered since then.
  snapshot_divisor: number;     // The server sends every so many ticks.
  server_late_ms: number;       // p99 of a second, the least of the last seconds'.
  server_work_ms: number;
  snapshots_missed: number;     // Of the last two seconds, in parts of the ticks.
  guessed: number;              // Frames of them that were drawn beyond the newest snapshot.
  inputs_late: number;          // Ticks of them without their input.
  shot_age_ms: number;          // How old what is drawn is when a shot at it is judged;
  rewind_ms: number;            // the server goes so far back for it. 0: not at all.
  views_too_old: number;        // Inputs that looked back farther: of all players, says the server.
  frame_ms: number;             // All but a tenth of the time went into frames no longer.
  last_frame_ms: number;        // As long as it lasted, the page heard nothing.
}

export interface Verdict {
  cause:
    | 'link' | 'drawing' | 'silence' | 'withheld' | 'server' | 'rate' | 'gaps' | 'guessing'
    | 'inputs' | 'rewind' | 'recorded' | 'none';
  text: string;
}

export const no_connection: Verdict = { cause: 'link', text: 'There is no connection.' };
export const recorded: Verdict = {
  cause: 'recorded',
  text: 'A recording plays in this page. What is of the live match and its server is not shown.',
};

const ms = (value: number) => `${Math.round(value)} ms`;
const percent = (part: number) => `${Math.round(part * 100)} %`;

export function verdict_of(symptoms: Symptoms): Verdict {
  const s = symptoms;
  if (!s.connected) return no_connection;
  // A page hears nothing while a frame lasts: only what is longer is the path's.
  const deaf_ms = Math.max(s.frame_ms, s.last_frame_ms);
  if (s.snapshot_age_ms - deaf_ms > (5 + s.snapshot_divisor) * s.tick_ms) {
    // What is said behind a snapshot comes behind it: one that is on its way cannot be overtaken.
    if (s.answers_since > 1) {
      const text =
        `The server answers, but made this page no snapshot for ${ms(s.snapshot_age_ms)}.`;
      return { cause: 'withheld', text };
    }
    const text = `The path stalls: nothing came for ${ms(s.snapshot_age_ms)}.`;
    return { cause: 'silence', text };
  }
  // A page that is busy hears late, answers late and takes too few: all below comes of it.
  if (s.frame_ms > 40) {
    const text = `This page itself is slow: its frames take ${ms(s.frame_ms)}.`;
    return { cause: 'drawing', text };
  }
  if (s.server_work_ms > s.tick_ms || s.server_late_ms > s.tick_ms / 2) {
    const text =
      s.server_work_ms > s.tick_ms
        ? `The server is overloaded: its ticks take ${ms(s.server_work_ms)} of ${ms(s.tick_ms)}.`
        : `The server's machine is busy: ticks begin ${ms(s.server_late_ms)} late.`;
    return { cause: 'server', text };
  }
  if (s.snapshot_divisor > 1) {
    const text =
      `This page took too few snapshots: the server sends it 1 of ${s.snapshot_divisor}.`;
    return { cause: 'rate', text };
  }
  if (s.snapshots_missed > 0.05) {
    const text = `${percent(s.snapshots_missed)} of the snapshots were skipped: the path was full.`;
    return { cause: 'gaps', text };
  }
  if (s.guessed > 0.05) {
    const text = `Snapshots come too late: ${percent(s.guessed)} of the frames are guesses.`;
    return { cause: 'guessing', text };
  }
  if (s.inputs_late > 0.05) {
    const text = `Your inputs come late: ${percent(s.inputs_late)} of the ticks went without.`;
    return { cause: 'inputs', text };
  }
  // Half a tick of flight is within a ship's own size.
  if (s.rewind_ms > 0 && s.shot_age_ms - s.rewind_ms > s.tick_ms / 2) {
    const counted = s.views_too_old >= 0 ? ` (${s.views_too_old} such inputs so far)` : '';
    const text =
      `Shots at what is longer ago than ${ms(s.rewind_ms)} miss: yours are judged ` +
      `${ms(s.shot_age_ms)} after what you see${counted}.`;
    return { cause: 'rewind', text };
  }
  return { cause: 'none', text: 'All is well: nothing here would make it stutter.' };
}

// How long frames take, in terms of time rather than of frames: a page that is blocked for 400 ms
// twice a second draws most of its frames at once, and stands still most of the time.
export function frame_time(durations: readonly number[]): number {
  const sorted = [...durations].sort((a, b) => b - a);
  let left = sorted.reduce((sum, duration) => sum + duration, 0) / 10;
  for (const duration of sorted) {
    left -= duration;
    if (left < 0) return duration;
  }
  return NaN;
}
