// What the theatre says.

import { ShowRefusal, Tail } from './replay_module';

export interface Facts {
  game: string;
  players_max: number;
}

const other_build =
  'This recording was made by another version of Railroids, so here it would come out otherwise. ' +
  'Open it on a server of the version that recorded it.';

// As the program itself says it to `--replay` (server/recorded_match.cpp).
export function why_not(refusal: ShowRefusal, { game, players_max }: Facts): string {
  switch (refusal) {
    case ShowRefusal.no_recording:
      return 'This file is no recording. Choose one that a Railroids server made.';
    case ShowRefusal.damaged:
      return 'This recording is damaged at its beginning, which says what match it is of. ' +
        'Get another copy of it.';
    case ShowRefusal.other_game:
      return `This is a recording of ${game}. Open it on a server of that game.`;
    case ShowRefusal.too_large:
      return `This recording is of a room for ${players_max} players, which is more than fits ` +
        'into a page. Play it with railroids --replay FILE --serve.';
    case ShowRefusal.other_version:
    case ShowRefusal.other_messages:
    case ShowRefusal.other_rules:
      return other_build;
    case ShowRefusal.none:
      return '';
  }
}

// How the recording ends, if not as it should.
export function tail_text(tail: Tail, last_tick: number): string {
  const last = last_tick.toLocaleString('en');
  switch (tail) {
    case Tail.cut:
      return `No end mark: the server was stopped, or still plays. This is all up to tick ${last}.`;
    case Tail.torn:
      return `Cut off while it was written. This is all up to tick ${last}.`;
    case Tail.damaged:
      return `The file is damaged behind tick ${last}. Get another copy of it to see the rest.`;
    case Tail.ended:
      return '';
  }
}

// What an address asked for and the match has not.
export function too_far_text(last_tick: number): string {
  return `This recording ends at tick ${last_tick.toLocaleString('en')}.`;
}

export function gone_text(name: string): string {
  return `${name} is not in the match here. This is the beacon.`;
}

export interface Verdict {
  hashes: number;
  hashes_verified: number;
  diverged_at: number;
}

export function verdict_text({ hashes, hashes_verified, diverged_at }: Verdict): string {
  if (diverged_at >= 0) {
    return `From tick ${diverged_at.toLocaleString('en')} on this is not what was recorded`;
  }
  if (hashes === 0) return 'No state was recorded to compare with';
  return `${hashes_verified} of ${hashes} states as recorded`;
}

// Why the server gives no recording of the last minute, by the status of its answer.
export function why_no_last_minute(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'This server gives recordings to its operator only: they show where everyone was.';
    case 400:
      return 'There is no such room here.';
    case 404:
      return 'This server keeps no recording of the last minute.';
    case 503:
      return 'There is no recording of the last minute yet. Try again in a moment.';
    default:
      return `The server gave no recording: it answered with status ${status}.`;
  }
}

// Why the server keeps no moment, by the status of its answer.
export function why_not_kept(status: number): string {
  switch (status) {
    case 404:
      return 'The server does not have this moment any more: it is only in this page.';
    case 503:
      return 'The server is busy with another moment. Try again in a moment.';
    case 507:
      return 'The server keeps as many moments as it may (--moments-max).';
    default:
      return `The server did not keep it: it answered with status ${status}.`;
  }
}

export function disk_text(remedy = 'look after its disk'): string {
  return `The server's disk did not take it. Whoever runs the server should ${remedy}.`;
}

// 0:07, 12:34, 1:02:03.
export function time_text(tick: number, rate_hz: number): string {
  const all_s = Math.floor(tick / rate_hz);
  const [h, m, s] = [Math.floor(all_s / 3600), Math.floor(all_s / 60) % 60, all_s % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function size_text(bytes: number): string {
  const kib = bytes / 1024;
  return kib < 1024 ? `${Math.ceil(kib)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
