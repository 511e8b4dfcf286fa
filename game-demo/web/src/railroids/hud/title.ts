// The first thing one sees: asks a name, remembers it, says how to fly.

import { recall, remember } from '../memory';

export class Title {
  private readonly form = document.getElementById('title') as HTMLFormElement;
  private readonly name = document.getElementById('name') as HTMLInputElement;

  constructor(on_play: (name: string) => void, on_watch: () => void) {
    this.name.value = recall('name');
    if (matchMedia('(pointer: fine)').matches) this.name.focus();
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = this.name.value.trim() || `Pilot ${100 + Math.floor(Math.random() * 900)}`;
      remember('name', this.name.value.trim());
      this.leave();
      on_play(name);
    });
    document.getElementById('watch')!.addEventListener('click', () => {
      this.leave();
      on_watch();
    });
  }

  leave(): void {
    this.name.blur();
    this.form.classList.add('gone');
  }
}
