// The ways in to the lobby: a button on the title, and one beside the match, with a key. Until
// somebody takes one, the lobby is not even loaded.

import { own_room } from '../address';
import { load_bundle } from '../bundles';
import type { Game } from '../game';
import type { Lobby } from './lobby';

const key = 'KeyL';

export class LobbyGate {
  private lobby: Lobby | undefined;
  private loading = false;

  constructor(
    private readonly game: Game,
    private readonly play: () => void,
    private readonly complain: (text: string) => void,
  ) {
    const on_title = document.getElementById('rooms') as HTMLButtonElement;
    const in_match = document.getElementById('open-rooms') as HTMLButtonElement;
    on_title.append(`: ${own_room()}`);
    on_title.disabled = false;
    for (const button of [on_title, in_match]) {
      button.addEventListener('click', () => void this.toggle());
    }
    addEventListener('keydown', ({ code, repeat, target, ctrlKey, metaKey, altKey }) => {
      const is_ours = code === key && !repeat && !ctrlKey && !metaKey && !altKey;
      if (is_ours && game.is_on && !(target instanceof HTMLInputElement)) void this.toggle();
    });
  }

  private async toggle(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    this.lobby ??= await this.load();
    this.loading = false;
    if (this.lobby) this.lobby.toggle();
    else this.complain('The rooms could not be loaded from the server. Try again.');
  }

  private async load(): Promise<Lobby | undefined> {
    const bundle = await load_bundle<typeof import('./lobby')>('lobby');
    return bundle && new bundle.Lobby(this.game, this.play);
  }
}
