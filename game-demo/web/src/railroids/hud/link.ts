// Says what the connection is doing while it is not simply there.

import type { Connection } from '../../ringtick/connection';

export class LinkNotice {
  private readonly notice = document.getElementById('link')!;
  private was_open = false;

  update(connection: Connection, now_ms: number): void {
    const { status } = connection;
    if (status === 'open') this.was_open = true;
    // A first connection that takes no time needs no word.
    this.notice.hidden = status === 'open' || status === 'idle' || !this.worth_saying(connection);
    if (this.notice.hidden) return;
    const left_s = Math.max(0, Math.ceil((connection.retry_at_ms - now_ms) / 1000));
    const what = this.was_open ? 'Connection lost' : 'No answer from the server';
    const text =
      status === 'connecting' ? `${what}. Connecting…` : `${what}. Trying again in ${left_s} s`;
    if (this.notice.textContent !== text) this.notice.textContent = text;
  }

  private worth_saying(connection: Connection): boolean {
    return this.was_open || connection.attempts > 0;
  }
}
