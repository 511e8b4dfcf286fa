// What the loop asks of the kernel, and how much of it in one go.

import { decimal, Panel, whole } from './panel';
import type { Report } from './server_stats';

export class IoUring extends Panel {
  private readonly grid = this.numbers();
  private readonly written = {
    enters: this.grid.add('enters_per_tick', 'enters/tick'),
    submitted: this.grid.add('submitted_per_tick', 'SQEs/tick'),
    sqes: this.grid.add('sqes_per_enter', 'SQEs/enter'),
    cqes: this.grid.add('cqes_per_reap', 'CQEs/reap'),
    skipped: this.grid.add('skipped_per_s', 'skipped'),
    lent: this.grid.add('buffers_lent', 'buffers lent'),
    completions: this.grid.add('completions_per_tick', 'CQEs/tick'),
    in_flight: this.grid.add('sends_in_flight', 'sends in flight'),
    full: this.grid.add('sockets_full', 'sockets full'),
    players: this.grid.add('players', 'players'),
  };

  constructor() {
    super(
      'io_uring',
      'System calls and requests of the whole server, per tick of the last second. SQEs ' +
        'submitted by one io_uring_enter and CQEs reaped in one turn: p50, p99, most, since the ' +
        'start. One buffer is lent to the request that asked for this. Sends in flight: messages ' +
        'that the kernel still had when the last tick began, and waits with for a socket\u2019s ' +
        'room. A snapshot goes at once or not at all: whose socket took none is full, and is ' +
        'shown the next one when it has room.',
      true);
  }

  override on_report({ now, before }: Report): void {
    const ticks = now.ticks - before.ticks;
    const per_tick = (what: 'enters' | 'submitted' | 'completions') =>
      decimal((now[what] - before[what]) / ticks);
    const { written } = this;
    written.enters.write(per_tick('enters'));
    written.submitted.write(per_tick('submitted'));
    written.completions.write(per_tick('completions'));
    const { sqes_per_enter: sqes, cqes_per_reap: cqes } = now;
    written.sqes.write(`${sqes.p50} · ${sqes.p99} · ${sqes.max}`);
    written.cqes.write(`${cqes.p50} · ${cqes.p99} · ${cqes.max}`);
    const seconds = now.uptime_s - before.uptime_s;
    const skipped = now.snapshots_skipped - before.snapshots_skipped;
    written.skipped.write(`${decimal(seconds > 0 ? skipped / seconds : 0)} /s`);
    written.lent.write(whole(now.receive_buffers_lent));
    written.in_flight.write(whole(now.sends_in_flight));
    written.full.write(whole(now.sockets_full));
    written.players.write(whole(now.players));
  }
}
