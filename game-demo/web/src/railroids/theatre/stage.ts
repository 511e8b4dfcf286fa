// The way from the page's client to a match that is played in this very page: no socket, no
// waiting. What the client says is answered before it has said it to the end.

import type { ConnectionOwner, Status, Way } from '../../ringtick/connection';
import type { Refusal } from '../../ringtick/refusal';
import type { ReplayModule } from './replay_module';

type Match = Pick<ReplayModule, 'join' | 'leave' | 'say' | 'next_letter' | 'snapshot'>;

export class Stage implements Way {
  status: Status = 'idle';
  refusal: Refusal = 'unknown';
  readonly attempts = 0;
  readonly retry_at_ms = 0;
  readonly backlog = 0;

  constructor(
    private readonly match: Match,
    private readonly owner: ConnectionOwner,
  ) {}

  // A guest comes, and says HELLO.
  connect(): void {
    this.match.join();
    this.set_status('open');
    this.owner.on_open();
  }

  send(message: Uint8Array): void {
    if (this.status !== 'open') return;
    this.match.say(message);
    this.pass_on_letters();
  }

  settled(): void {}

  drop(): void {
    this.close();
  }

  close(): void {
    if (this.status === 'idle') return;
    this.match.leave();
    this.set_status('idle');
  }

  // What the guest was told in this tick.
  pass_on(): void {
    if (this.status !== 'open') return;
    this.pass_on_letters();
    const snapshot = this.match.snapshot();
    if (snapshot) this.owner.on_message(snapshot);
  }

  private pass_on_letters(): void {
    for (let letter; (letter = this.match.next_letter()) !== undefined; ) {
      this.owner.on_message(letter);
    }
  }

  private set_status(status: Status): void {
    this.status = status;
    this.owner.on_status(status);
  }
}
