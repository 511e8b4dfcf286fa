// Which of the server's encoders this page is told the world by, and what each makes of the same
// scene.

import { Encoding } from '../../ringtick/module';
import type { Client } from '../../ringtick/client';
import type { layout } from 'railroids-layout';
import { ShipFlag, type World } from '../world';
import { Panel, whole, type Written } from './panel';
import { button } from './slider';

// The figures of a rate are of the last second: so long after a switch they are of both.
const settled_ms = 1500;
const json_every_ms = 1000;

const names = ['changes', 'cells', 'whole'] as const;  // By Encoding.

export class Encoder extends Panel {
  private readonly now = this.headline('encoder');
  private readonly buttons: HTMLButtonElement[];
  private readonly sizes: Written[];
  private readonly json: Written;
  private encoding: Encoding | undefined;
  private since_ms = 0;
  private json_ms = 0;

  constructor(private readonly client: Client<typeof layout>) {
    super('Encoder', 'Changes: what this one viewer cannot know, in few bytes. Cells: squares of ' +
      'the world, written once for all who see them: more bytes, and next to no work. Whole: ' +
      'everything in sight, anew each tick. Each figure is of the seconds when it was last in ' +
      'use; that of JSON is counted here, of the picture that is drawn. Who looks on shares with ' +
      'all others who do, and has no choice.', true);
    const choices = document.createElement('p');
    choices.className = 'choices';
    this.buttons = names.map((name, encoding) => button(name, () => this.choose(encoding)));
    choices.append(...this.buttons);
    this.element.append(choices);
    const grid = this.numbers();
    this.sizes = names.map((name) => grid.add(`encoder_${name}`, name));
    for (const size of this.sizes) size.write('not tried');
    this.json = grid.add('encoder_json', 'as JSON');
  }

  override reset(): void {
    this.encoding = undefined;
  }

  override draw(world: World, now_ms: number): void {
    const encoding =
      world.by_cells ? Encoding.cells : world.stands_alone ? Encoding.whole : Encoding.changes;
    if (encoding !== this.encoding) this.since_ms = now_ms;
    this.encoding = encoding;
    const each = world.snapshot_bytes_per_second / world.snapshots_per_second;
    const size = Number.isFinite(each) ? `, ${whole(each)} B each` : '';
    this.now.write(`${names[encoding]}${size}`);
    this.buttons.forEach((choice, i) => {
      choice.classList.toggle('on', i === encoding);
      choice.disabled = this.client.looks_on;
    });
    const settled = size !== '' && now_ms - this.since_ms > settled_ms;
    if (settled) this.sizes[encoding]!.write(`${whole(each)} B`);
    if (now_ms - this.json_ms < json_every_ms) return;
    this.json_ms = now_ms;
    this.json.write(`${whole(size_as_json(world))} B`);
  }

  private choose(encoding: Encoding): void {
    this.client.module.want_encoding(encoding);
    this.client.probe();
  }
}

const tenths = (value: number) => Math.round(value * 10) / 10;
const hundredths = (value: number) => Math.round(value * 100) / 100;

// As somebody would write it who does not think of the bytes, but rounds: all text of JSON is ASCII
// here.
function size_as_json(world: World): number {
  const ships = Array.from({ length: world.ship_count }, (_, i) => ({
    id: world.ship_id[i],
    x: tenths(world.ship_x[i]!), y: tenths(world.ship_y[i]!),
    vx: tenths(world.ship_vx[i]!), vy: tenths(world.ship_vy[i]!),
    heading: hundredths(world.ship_heading[i]!), energy: world.ship_energy[i],
    thrusting: (world.ship_flags[i]! & ShipFlag.thrusting) !== 0,
  }));
  const gems = Array.from({ length: world.gem_count }, (_, i) => ({
    id: world.gem_id[i], x: tenths(world.gem_x[i]!), y: tenths(world.gem_y[i]!),
  }));
  return JSON.stringify({ tick: world.server_tick, ships, gems }).length;
}
