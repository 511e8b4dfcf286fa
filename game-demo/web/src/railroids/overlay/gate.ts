// The way in to the engineer's overlay: a key and a button. Until somebody takes it, the overlay is
// not even loaded; while it is closed, it computes nothing.

import type { layout } from 'railroids-layout';
import type { Client } from '../../ringtick/client';
import { load_bundle } from '../bundles';
import type { Game } from '../game';
import type { Overlay } from './overlay';

const keys = ['Backquote', 'F2'];

export class Gate {
  private readonly button = document.getElementById('look-inside') as HTMLButtonElement;
  private overlay: Overlay | undefined;
  private loading = false;

  constructor(
    private readonly client: Client<typeof layout>,
    private readonly game: Game,
  ) {
    this.button.addEventListener('click', ({ detail }) => {
      // Else the space bar would press it again instead of firing.
      if (detail > 0) this.button.blur();
      void this.toggle();
    });
    addEventListener('keydown', (event) => {
      if (!keys.includes(event.code) || event.repeat || is_written_to(event.target)) return;
      event.preventDefault();
      void this.toggle();
    });
  }

  private async toggle(): Promise<void> {
    // Before the match there is nothing to look at.
    if (this.loading || !document.body.classList.contains('playing')) return;
    this.loading = true;
    this.overlay ??= await this.load();
    this.loading = false;
    if (!this.overlay) return this.say(' did not load: try again');
    this.overlay.toggle();
    const { is_open } = this.overlay;
    this.button.setAttribute('aria-expanded', String(is_open));
    this.say(is_open ? ' close' : ' look inside');
  }

  private say(word: string): void {
    this.button.lastChild!.textContent = word;
  }

  // Whoever finds no server to load it from may try again.
  private async load(): Promise<Overlay | undefined> {
    const bundle = await load_bundle<typeof import('./overlay')>('overlay');
    return bundle && new bundle.Overlay(this.client, this.game);
  }
}

function is_written_to(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'text';
}
