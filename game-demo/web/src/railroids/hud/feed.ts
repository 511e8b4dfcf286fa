// Who came, who went, who shot whom.

import { colour_of, css } from '../colours';
import { FeedKind, type World } from '../world';

export type NameOf = (id: number) => string;

const lines_most = 6;
const shown_ms = 6000;

export class Feed {
  private readonly list = document.getElementById('feed')!;
  private last_serial = 0;

  update(world: World, name_of: NameOf): void {
    let newest = this.last_serial;
    for (let i = 0; i < world.feed_count; i++) {
      const serial = world.feed_serial[i]!;
      if (serial <= this.last_serial || world.feed_age_ms[i]! > shown_ms) continue;
      newest = Math.max(newest, serial);
      const first = world.feed_a[i]!;
      this.add(world, world.feed_kind[i]!, [first, world.feed_b[i]!], name_of);
    }
    this.last_serial = newest;
  }

  clear(): void {
    this.last_serial = 0;
    this.list.replaceChildren();
  }

  private add(world: World, kind: number, ids: [number, number], name_of: NameOf): void {
    const line = document.createElement('li');
    const who = (id: number) => {
      const name = document.createElement('b');
      name.textContent = id === world.own_id ? 'You' : name_of(id) || 'Someone';
      name.style.color = css(colour_of(id, world.own_id));
      return name;
    };
    const word = document.createElement('i');
    line.append(who(ids[0]), word);
    if (kind === FeedKind.join) word.textContent = 'joined';
    else if (kind === FeedKind.leave) word.textContent = 'left';
    else {
      word.textContent = '⟶';
      line.append(who(ids[1]));
    }
    this.list.append(line);
    setTimeout(() => line.classList.add('old'), shown_ms - 600);
    setTimeout(() => line.remove(), shown_ms);
    while (this.list.childElementCount > lines_most) this.list.firstElementChild?.remove();
  }
}
