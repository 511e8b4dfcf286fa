// A word to whoever watches, and what can be done about it.

import { button, element } from '../parts';

export interface Choice {
  text: string;
  act: () => void;
}

export class Dialog {
  private readonly dialog = document.createElement('dialog');

  constructor() {
    this.dialog.className = 'word';
    document.body.append(this.dialog);
  }

  // The first choice is the one that most will take.
  say(title: string, text: string, choices: readonly Choice[] = []): void {
    const close = { text: choices.length > 0 ? 'Close' : 'All right', act: () => {} };
    const buttons = [...choices, close].map(({ text: label, act }) =>
      button(label, () => {
        this.dialog.close();
        act();
      }));
    buttons[0]!.classList.add('first');
    const heading = element('h2', title);
    const row = element('div');
    row.append(...buttons);
    this.dialog.replaceChildren(heading, element('p', text), row);
    if (!this.dialog.open) this.dialog.showModal();
    buttons[0]!.focus();
  }

  get is_open(): boolean {
    return this.dialog.open;
  }
}
