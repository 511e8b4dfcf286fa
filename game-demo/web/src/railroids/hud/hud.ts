// Everything that is written on the glass. Numbers change a few times a second, not every frame:
// nobody reads faster, and the page has better things to draw.

import { colour_of, css } from '../colours';
import { energy_full, FeedKind, type World } from '../world';
import { BeaconNotice } from './beacon_notice';
import { Feed, type NameOf } from './feed';
import { WorldMap } from './map';
import { snapshots_text } from './net_text';

const numbers_ms = 250;
const help_ms = 25_000;
const unknown = -1;

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}

// Writing the same text again would still cost a layout.
function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

function watched_text(name: string): string {
  return name ? `Watching ${name}` : 'Watching the beacon';
}

// Starts a CSS animation over.
function play_animation(target: HTMLElement, name: string): void {
  target.classList.remove(name);
  void target.offsetWidth;
  target.classList.add(name);
}

export class Hud {
  private readonly glass = element('hud');
  private readonly map = new WorldMap();
  private readonly feed = new Feed();
  private readonly beacon = new BeaconNotice();
  private readonly leaders = document.querySelector('#leaders ol')!;
  private readonly energy = element('energy');
  private readonly energy_bar = this.energy.firstElementChild as HTMLElement;
  private readonly charge_bar = element('charge').firstElementChild as HTMLElement;
  private readonly tally = element('tally').querySelectorAll('b');
  private readonly fallen = element('fallen');
  private numbers_at_ms = 0;
  private longest_cooldown_ms = 1;
  private hit_serial = unknown;
  private kill_serial = unknown;
  private killer = '';

  // Another world begins.
  reset(): void {
    this.feed.clear();
    this.hit_serial = this.kill_serial = unknown;
    this.killer = '';
  }

  // Until there is a world again.
  hide(): void {
    this.glass.hidden = true;
  }

  show_sound(muted: boolean): void {
    write(element('sound'), muted ? 'Sound off' : 'Sound on');
    element('sound').setAttribute('aria-pressed', String(!muted));
  }

  update(world: World, now_ms: number, name_of: NameOf): void {
    if (this.glass.hidden) this.show();
    this.news(world, name_of);
    this.vitals(world);
    this.fallen_panel(world);
    this.map.update(world, now_ms);
    if (now_ms - this.numbers_at_ms < numbers_ms) return;
    this.numbers_at_ms = now_ms;
    this.status(world);
    this.beacon.update(world);
    write(element('watched'), watched_text(name_of(world.own_id)));
    this.leader_board(world, name_of);
  }

  // From the first world on.
  private show(): void {
    this.glass.hidden = false;
    setTimeout(() => element('help').classList.add('old'), help_ms);
  }

  private news(world: World, name_of: NameOf): void {
    if (this.hit_serial !== unknown && world.hit_serial !== this.hit_serial) {
      play_animation(element('wound'), 'hurt');
    }
    if (this.kill_serial !== unknown && world.kill_serial !== this.kill_serial) {
      this.cheer(world, name_of);
    }
    this.hit_serial = world.hit_serial;
    this.kill_serial = world.kill_serial;
    this.feed.update(world, name_of);
    for (let i = 0; i < world.feed_count; i++) {
      const mine = world.feed_kind[i] === FeedKind.kill && world.feed_b[i] === world.own_id;
      if (mine) this.killer = name_of(world.feed_a[i]!);
    }
  }

  private cheer(world: World, name_of: NameOf): void {
    const toast = element('toast');
    for (let i = 0; i < world.feed_count; i++) {
      if (world.feed_kind[i] !== FeedKind.kill || world.feed_a[i] !== world.own_id) continue;
      const victim = world.feed_b[i]!;
      write(toast, `${name_of(victim) || 'Ship'} destroyed`);
      toast.style.color = css(colour_of(victim, world.own_id));
    }
    play_animation(toast, 'shown');
  }

  private vitals(world: World): void {
    const energy = world.own_alive ? world.own_energy / energy_full : 0;
    this.longest_cooldown_ms = Math.max(this.longest_cooldown_ms, world.own_cooldown_ms);
    const charge = 1 - world.own_cooldown_ms / this.longest_cooldown_ms;
    this.energy_bar.style.transform = `scaleX(${energy.toFixed(3)})`;
    this.charge_bar.style.transform = `scaleX(${charge.toFixed(2)})`;
    this.energy.classList.toggle('low', energy < 0.35);
    this.energy.setAttribute('aria-valuenow', String(Math.round(energy * 100)));
    element('vitals').classList.toggle('dead', !world.own_alive);
    write(element('score').firstElementChild!, String(world.own_score));
    write(this.tally[0]!, String(world.own_kills));
    write(this.tally[1]!, String(world.own_deaths));
  }

  private fallen_panel(world: World): void {
    const down = Boolean(world.connected) && !world.own_alive && world.own_deaths > 0;
    this.fallen.classList.toggle('shown', down);
    if (!down) return;
    write(this.fallen.querySelector('p')!, this.killer ? `by ${this.killer}` : '');
    write(this.fallen.querySelector('strong')!, String(Math.ceil(world.own_respawn_ms / 1000)));
  }

  private status(world: World): void {
    const bots = world.bots > 0 ? ` + ${world.bots} bots` : '';
    write(element('pilots'), `${world.players}${bots}`);
    write(element('rtt'), world.rtt_ms < 0 ? '–' : `${world.rtt_ms.toFixed(0)} ms`);
    element('rtt').classList.toggle('bad', world.rtt_ms > 200);
    write(element('snapshots'), snapshots_text(world));
    element('snapshots').classList.toggle(
      'bad', world.snapshot_divisor > 1 || world.snapshots_per_second < world.tick_rate_hz * 0.7);
    const ms = (us: number) => (us / 1000).toFixed(2);
    write(element('tick'), `${ms(world.tick_work_p50_us)} / ${ms(world.tick_work_p99_us)} ms`);
  }

  private leader_board(world: World, name_of: NameOf): void {
    element('leaders').hidden = world.leader_count === 0;
    let rows = 0;
    let own_leads = !name_of(world.own_id);  // Who looks on from above is nobody.
    for (; rows < world.leader_count; rows++) {
      const id = world.leader_id[rows]!;
      this.leader(rows, id, world.leader_score[rows]!, world.own_id, name_of);
      own_leads ||= id === world.own_id;
    }
    // Who is not among the best still sees how far it is to them.
    element('leaders').classList.toggle('behind', !own_leads);
    if (!own_leads) this.leader(rows++, world.own_id, world.own_score, world.own_id, name_of);
    while (this.leaders.childElementCount > rows) this.leaders.lastChild?.remove();
  }

  private leader(at: number, id: number, score: number, own_id: number, name_of: NameOf): void {
    const row = this.leaders.children[at] ?? this.new_row();
    row.classList.toggle('own', id === own_id);
    write(row.firstElementChild!, name_of(id) || `ship ${id}`);
    write(row.lastElementChild!, String(score));
  }

  private new_row(): Element {
    const row = document.createElement('li');
    row.append(document.createElement('span'), document.createElement('b'));
    return this.leaders.appendChild(row);
  }
}
