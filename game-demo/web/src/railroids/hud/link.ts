// Says what the connection is doing while it is not simply there, and why.

import type { Way } from '../../ringtick/connection';
import type { Refusal } from '../../ringtick/refusal';

const reasons: Readonly<Partial<Record<Refusal, string>>> = {
  full: 'The server is full',
  room_full: 'This room is full',
  no_more_rooms: 'There is no such room, and the server takes no more of them',
  too_many_from_here: 'Too many players come from your address',
  no_such_room: 'There is no such room',
  nobody_to_watch: 'There is nobody to watch',
  no_place_to_watch: 'All places are for those who play',
};

type Link = Pick<Way, 'status' | 'refusal' | 'attempts' | 'retry_at_ms'>;

// Empty if there is nothing to say: a first connection that takes no time needs no word.
export function link_text(link: Link, was_open: boolean, now_ms: number): string {
  const { status, refusal } = link;
  if (status === 'open' || status === 'idle') return '';
  if (!was_open && link.attempts === 0) return '';
  const what =
    reasons[refusal] ?? (was_open ? 'Connection lost' : 'No answer from the server');
  if (status === 'connecting') return `${what}. Connecting…`;
  const left_s = Math.max(0, Math.ceil((link.retry_at_ms - now_ms) / 1000));
  return `${what}. Trying again in ${left_s} s`;
}

const said_ms = 6000;

export class LinkNotice {
  // Something is not as it should be.
  is_trouble = false;

  private readonly notice = document.getElementById('link')!;
  private was_open = false;
  private last_word = '';
  private said = '';
  private said_until_ms = 0;

  update(connection: Way, now_ms: number): void {
    if (connection.status === 'open') this.was_open = true;
    const trouble = this.last_word || link_text(connection, this.was_open, now_ms);
    this.is_trouble = trouble !== '';
    this.show(trouble || (now_ms < this.said_until_ms ? this.said : ''));
  }

  // For some seconds, once nothing is amiss.
  say(word: string): void {
    this.said = word;
    this.said_until_ms = performance.now() + said_ms;
  }

  // There is nothing more to wait for: this stays, until something new begins.
  end(word: string): void {
    this.last_word = word;
  }

  begin(): void {
    this.last_word = '';
    this.said_until_ms = 0;
    this.was_open = false;
  }

  private show(text: string): void {
    this.notice.hidden = text === '';
    if (this.notice.textContent !== text) this.notice.textContent = text;
  }
}
