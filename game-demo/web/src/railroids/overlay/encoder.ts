// Which of the server's two encoders this page is told the world by.

import type { Client } from '../../ringtick/client';
import type { layout } from 'railroids-layout';
import type { World } from '../world';
import { Panel, whole } from './panel';
import { button } from './slider';

export class Encoder extends Panel {
  private readonly now = this.headline('encoder');
  private readonly changes: HTMLButtonElement;
  private readonly cells: HTMLButtonElement;

  constructor(private readonly client: Client<typeof layout>) {
    super('Encoder', 'Changes: what this one viewer cannot know, in few bytes. Cells: squares of ' +
      'the world, written once for all who see them: more bytes, and next to no work.');
    const choices = document.createElement('p');
    choices.className = 'choices';
    this.changes = button('changes', () => this.choose(false));
    this.cells = button('cells', () => this.choose(true));
    choices.append(this.changes, this.cells);
    this.element.append(choices);
  }

  override draw(world: World): void {
    const by_cells = Boolean(world.by_cells);
    const each = world.snapshot_bytes_per_second / world.snapshots_per_second;
    const size = Number.isFinite(each) ? `, ${whole(each)} B each` : '';
    this.now.write(`${by_cells ? 'cells' : 'changes'}${size}`);
    this.changes.classList.toggle('on', !by_cells);
    this.cells.classList.toggle('on', by_cells);
  }

  private choose(cells: boolean): void {
    this.client.module.want_cells(cells);
    this.client.probe();
  }
}
