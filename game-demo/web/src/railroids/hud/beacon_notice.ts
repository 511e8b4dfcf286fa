// One line about what the game is about: where the beacon is, what it gives, when it moves on.

import type { World } from '../world';
import { clock_text } from './clock';

const last_ms = 10_000;

export class BeaconNotice {
  private readonly line = document.getElementById('beacon')!;
  private readonly where = this.line.querySelector('span')!;
  private readonly clock = this.line.querySelector('b')!;

  update(world: World): void {
    this.line.hidden = world.beacon_radius <= 0;
    this.line.classList.toggle('held', Boolean(world.own_in_beacon && world.own_alive));
    this.line.classList.toggle('last', world.beacon_ms_left < last_ms);
    this.write(this.where, beacon_text(world));
    this.write(this.clock, clock_text(world.beacon_ms_left));
  }

  private write(target: Element, text: string): void {
    if (target.textContent !== text) target.textContent = text;
  }
}

type Seen = Pick<
  World,
  'own_x' | 'own_y' | 'own_alive' | 'own_in_beacon' | 'beacon_x' | 'beacon_y' | 'beacon_radius'
>;

export function beacon_text(world: Seen): string {
  if (world.own_in_beacon && world.own_alive) return 'In the beacon: +1 a second';
  const middle = Math.hypot(world.beacon_x - world.own_x, world.beacon_y - world.own_y);
  const away = Math.ceil((middle - world.beacon_radius) / 10) * 10;
  return away > 0 ? `Beacon ${away} away` : 'Beacon';
}
