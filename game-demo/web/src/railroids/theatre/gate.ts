// The ways in to the theatre: a file, chosen or dropped; an address; and the last minute of the
// match under way. Until somebody takes one, the theatre is not even loaded.

import type { layout } from 'railroids-layout';
import type { Client } from '../../ringtick/client';
import { own_room } from '../address';
import { load_bundle } from '../bundles';
import type { Game } from '../game';
import { watched_by } from '../watched';
import type { Doors, Opening, Theatre } from './theatre';

const last_minute_key = 'KeyR';

export class TheatreGate {
  private theatre: Theatre | undefined;
  private loading: Promise<Theatre | undefined> | undefined;

  constructor(
    private readonly client: Client<typeof layout>,
    private readonly game: Game,
    private readonly options: URLSearchParams,
    private readonly doors: Doors,
    private readonly complain: (text: string) => void,
  ) {
    this.take_chosen_file();
    this.take_dropped_file();
    const last_minute = document.getElementById('last-minute') as HTMLButtonElement;
    last_minute.addEventListener('click', ({ detail }) => {
      if (detail > 0) last_minute.blur();  // Else the space bar would press it again.
      this.game.on_last_minute();
    });
    game.on_last_minute = () =>
      void this.enter((theatre) => theatre.offer_last_minute(own_room()));
    addEventListener('keydown', ({ code, repeat, target, ctrlKey, metaKey }) => {
      const is_ours = code === last_minute_key && !repeat && !ctrlKey && !metaKey;
      if (is_ours && game.is_playing && !(target instanceof HTMLInputElement)) {
        game.on_last_minute();
      }
    });
  }

  // What the page's address asks for. False: nothing.
  take_address(): boolean {
    const url = this.options.get('replay');
    if (url === null) return false;
    const tick = this.options.get('tick') ?? '';
    const watch = this.options.get('watch');
    const opening: Opening = {};
    if (/^\d{1,10}$/.test(tick)) opening.tick = Number(tick);
    if (watch !== null) opening.watch = watched_by(watch);
    void this.enter((theatre) => theatre.watch_url(url, opening));
    return true;
  }

  // The match goes on elsewhere.
  close(): void {
    this.theatre?.close();
  }

  private async enter(act: (theatre: Theatre) => Promise<void>): Promise<void> {
    this.loading ??= this.load();  // Who asks again meanwhile waits for the same one.
    this.theatre = await this.loading;
    if (this.theatre) await act(this.theatre);
    else this.loading = undefined;
  }

  // Whoever finds no server to load it from may try again.
  private async load(): Promise<Theatre | undefined> {
    const bundle = await load_bundle<typeof import('./theatre')>('theatre');
    if (bundle) return new bundle.Theatre(this.client, this.game, this.doors);
    this.complain('What plays recordings could not be loaded from the server. Try again.');
    return undefined;
  }

  private take_chosen_file(): void {
    const input = document.getElementById('recording') as HTMLInputElement;
    document.getElementById('watch-recording')!.addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (file) this.watch(file);
      input.value = '';  // The same one again is a choice, too.
    });
  }

  private take_dropped_file(): void {
    const has_file = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const mark = (on: boolean) => document.body.classList.toggle('dropping', on);
    addEventListener('dragover', (event) => {
      if (!has_file(event)) return;
      event.preventDefault();
      mark(true);
    });
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) mark(false);
    });
    addEventListener('drop', (event) => {
      if (!has_file(event)) return;
      event.preventDefault();
      mark(false);
      const file = event.dataTransfer?.files[0];
      if (file) this.watch(file);
    });
  }

  private watch(file: File): void {
    void this.enter((theatre) => theatre.watch_file(file));
  }
}
