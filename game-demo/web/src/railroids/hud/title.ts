// The first thing one sees: asks a name, remembers it, says how to fly. Who looks on may call it
// back, and play.

import { recall, remember } from '../memory';

export class Title {
  private readonly form = document.getElementById('title') as HTMLFormElement;
  private readonly name = document.getElementById('name') as HTMLInputElement;
  private readonly join = document.getElementById('join')!;
  private looks_on = false;

  constructor(on_play: (name: string) => void, on_watch: () => void) {
    this.name.value = recall('name');
    for (const button of this.form.querySelectorAll('button')) button.disabled = false;
    if (matchMedia('(pointer: fine)').matches) this.name.focus();
    // Whoever goes to another room need not say it again.
    this.name.addEventListener('change', () => remember('name', this.name.value.trim()));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = this.name.value.trim() || `Pilot ${100 + Math.floor(Math.random() * 900)}`;
      this.leave();
      on_play(name);
    });
    document.getElementById('watch')!.addEventListener('click', () => {
      on_watch();
      this.leave_to_look_on();
      this.join.focus({ preventScroll: true });  // What comes next for who goes by keyboard.
    });
    this.join.addEventListener('click', () => this.come_back());
    this.form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.looks_on) this.leave();
    });
  }

  note(text: string): void {
    const note = document.getElementById('note')!;
    note.textContent = text;
    note.hidden = false;
  }

  // As if its button had been pressed.
  press_play(): void {
    this.form.requestSubmit();
  }

  // Once there is something to look at.
  leave_to_look_on(): void {
    this.looks_on = true;
    document.getElementById('watch')!.hidden = true;  // Once is enough.
    this.leave();
  }

  // Nothing is behind it any more.
  begin_anew(): void {
    this.looks_on = false;
    document.getElementById('watch')!.hidden = false;
    this.come_back();
  }

  leave(): void {
    // Else the button that was pressed would have the keys until it is out of sight.
    (document.activeElement as HTMLElement | null)?.blur();
    this.form.classList.add('gone');
  }

  private come_back(): void {
    this.form.classList.remove('gone');
    this.name.focus();
  }
}
