// How old the world on the screen is, and how much of it never came.

import type { World } from '../world';
import { decimal, Panel, whole } from './panel';
import type { Report } from './server_stats';

export class Age extends Panel {
  private readonly grid = this.numbers();
  private readonly age = this.grid.add('shown_age_ms', 'shown is old');
  private readonly since = this.grid.add('snapshot_age_ms', 'newest');
  private readonly missed = this.grid.add('snapshots_missed', 'missed here');
  private readonly skipped = this.grid.add('snapshots_skipped', 'skipped, all').of_server();
  private readonly unshown = this.grid.add('ticks_unshown', 'unshown ticks', true).of_server();
  private readonly rate = this.headline('snapshot_rate');

  constructor() {
    super(
      'Snapshot age',
      'Milliseconds between the tick that a frame shows and that frame, half a round trip ' +
        'included. Nothing is queued for a slow client: snapshots are skipped instead. Missed ' +
        'here: ticks of which this page was told nothing, be it that the server skipped them for ' +
        'it (beside it: for all), that there was no connection, or that the server was held up, ' +
        'and then showed everybody but the last of the ticks that were due: the others are ' +
        'unshown.',
    );
  }

  override draw(world: World): void {
    const here_ms = Math.max(world.interpolation_delay_ms, world.snapshot_age_ms);
    const behind_ms = here_ms + Math.max(0, world.rtt_ms) / 2;
    this.age.write(`${decimal(behind_ms, 0)} ms`, behind_ms > 250);
    this.since.write(`${decimal(world.snapshot_age_ms, 0)} ms`, world.snapshot_age_ms > 200);
    this.missed.write(whole(world.snapshots_missed));
    const rate_hz = world.tick_rate_hz / Math.max(1, world.snapshot_divisor);
    this.rate.write(
      world.snapshot_divisor > 1 ? `${whole(rate_hz)} Hz: it took too few` : 'every tick',
      world.snapshot_divisor > 1);
  }

  override on_report({ now }: Report): void {
    this.skipped.write(whole(now.snapshots_skipped + now.snapshots_thinned));
    this.unshown.write(whole(now.ticks + now.ticks_forgiven - now.broadcasts));
  }
}
