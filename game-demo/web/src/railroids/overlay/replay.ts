// The last minute of a match under way, to be watched or kept. And of a recorded match on show:
// where it is, and a way to go elsewhere in it, for everybody who watches. The server plays it by
// telling the game what it was told then, and holds the state against the recorded one each second:
// so what is shown is proved to be what was.

import { own_room } from '../address';
import { Panel, whole } from './panel';
import type { Report } from './server_stats';
import { button, let_go_of_pointer } from './slider';

interface Position {
  tick: number;
  play_s: number;
  seeking: boolean;
  as_recorded: boolean;
  bytes: number;  // Of the file: what has been played, and all.
  bytes_all: number;
}

const compared_every_s = 1;
const room = Number(own_room());

export class Replay extends Panel {
  private readonly verdict = this.headline('replay_verdict');
  private readonly grid = this.numbers();
  private readonly tick = this.grid.add('replay_tick', 'tick');
  private readonly played = this.grid.add('replay_played', 'played');
  private readonly input = document.createElement('input');
  private held = false;
  private by_key = false;

  private readonly last_minute: HTMLButtonElement;

  constructor(on_last_minute: () => void) {
    super(
      'Replay',
      'A match played again from what its game was told, its state held against the recorded one ' +
        'each second. Of one that the server shows, the length is guessed from how much was read.',
      true);
    this.last_minute = button('The last 60 s', on_last_minute);
    this.input.type = 'range';
    this.input.name = 'replay';
    this.input.min = '1';
    this.input.setAttribute('aria-label', 'Tick to go to');
    this.input.addEventListener('input', () => {
      this.held = true;
    });
    // Each key changes it: where to go is known when the key is let go.
    this.input.addEventListener('keydown', () => {
      this.by_key = true;
    });
    this.input.addEventListener('change', () => {
      if (!this.by_key) this.go_there();
    });
    for (const end of ['keyup', 'blur']) {
      this.input.addEventListener(end, () => {
        this.by_key = false;
        if (this.held) this.go_there();
      });
    }
    let_go_of_pointer(this.input);
    this.element.append(this.input, this.last_minute);
    this.show_position(false);
  }

  override on_report({ now }: Report): void {
    const is_shown = now.shown_rooms > 0;
    this.show_position(is_shown);
    if (is_shown) void this.ask('');
  }

  private show_position(is_shown: boolean): void {
    this.grid.element.hidden = this.input.hidden = !is_shown;
    this.last_minute.hidden = is_shown;
    if (!is_shown) this.verdict.write('');
  }

  private go_there(): void {
    this.held = false;
    void this.ask(`?tick=${this.input.value}`);
  }

  private async ask(query: string): Promise<void> {
    try {
      const answer = await fetch(`/replay${query}`, { cache: 'no-store' });
      const { rooms } = (await answer.json()) as { rooms: Position[] };
      const position = rooms[room - 1];
      if (position) this.show(position);
    } catch {
      // The server has gone; the page says so itself.
    }
  }

  private show(position: Position): void {
    const { tick, bytes, bytes_all } = position;
    this.verdict.write(verdict_of(position), !position.seeking && !position.as_recorded);
    this.tick.write(whole(tick));
    this.played.write(`${whole(position.play_s)} s`);
    if (this.held || bytes === 0) return;
    this.input.max = String(Math.round((tick * bytes_all) / bytes));
    this.input.value = String(tick);
  }
}

function verdict_of({ seeking, as_recorded, play_s }: Position): string {
  if (seeking) return 'on its way there…';
  if (!as_recorded) return 'not what was recorded';
  return play_s > compared_every_s ? 'every state as recorded' : 'nothing compared yet';
}
