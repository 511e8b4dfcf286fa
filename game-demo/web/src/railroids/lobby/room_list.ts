// The rooms one below the other. What was shown keeps its place while the lobby is open: nobody
// should press the wrong one because somebody came.

import type { Room } from '../../ringtick/rooms';
import { own_room } from '../address';
import { element, write } from '../parts';

class Row {
  readonly element = element('li');
  private readonly button = element('button');
  private readonly bar = element('i');
  private readonly count = element('span');

  constructor(room: string, on_choice: () => void) {
    const name = element('b', room);
    this.button.type = 'button';
    this.button.append(name, this.bar, this.count);
    if (room === own_room()) this.button.classList.add('here');
    this.button.addEventListener('click', on_choice);
    this.element.append(this.button);
  }

  show({ players, players_max }: Room, is_chosen: boolean): void {
    this.bar.style.setProperty('--full', (players / players_max).toFixed(3));
    write(this.count, `${players} / ${players_max}`);
    this.button.setAttribute('aria-pressed', String(is_chosen));
    this.button.classList.toggle('full', players >= players_max);
  }
}

export class RoomList {
  readonly element = element('ul');
  private readonly rows = new Map<string, Row>();

  constructor(private readonly on_choice: (room: string) => void) {}

  // The next rooms stand as they come.
  forget_order(): void {
    this.rows.clear();
    this.element.replaceChildren();
  }

  show(rooms: readonly Room[], chosen: string): void {
    const listed = new Set(rooms.map(({ id }) => id));
    for (const [room, row] of this.rows) {
      if (listed.has(room)) continue;
      row.element.remove();
      this.rows.delete(room);
    }
    for (const room of rooms) this.row_of(room.id).show(room, room.id === chosen);
  }

  private row_of(room: string): Row {
    let row = this.rows.get(room);
    if (!row) {
      row = new Row(room, () => this.on_choice(room));
      this.rows.set(room, row);
      this.element.append(row.element);
    }
    return row;
  }
}
