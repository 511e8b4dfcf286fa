// A slider with its value beside it. It gives the keys back to the ship once the pointer lets it
// go; whoever moves it by keys goes on with them.

import { Written } from './panel';

export interface SliderOptions {
  name: string;
  label: string;
  meaning?: string;  // Where the label alone would not be understood.
  most: number;
  step: number;
  text: (value: number) => string;
}

export class Slider {
  readonly element = document.createElement('label');

  private readonly input = document.createElement('input');
  private readonly shown: Written;
  private readonly text: (value: number) => string;

  constructor(options: SliderOptions, private readonly on_change: (value: number) => void) {
    const { name, label, meaning, most, step, text } = options;
    this.text = text;
    this.input.type = 'range';
    this.input.min = '0';
    this.input.max = String(most);
    this.input.step = String(step);
    this.input.value = '0';
    this.input.name = name;
    if (meaning) this.input.setAttribute('aria-label', meaning);
    const caption = document.createElement('span');
    caption.textContent = label;
    const value = document.createElement('output');
    this.shown = new Written(value);
    this.element.className = 'slider';
    this.element.append(caption, this.input, value);
    this.input.addEventListener('input', () => {
      this.shown.write(text(this.value));
      this.on_change(this.value);
    });
    let_go_of_pointer(this.input);
    this.shown.write(text(0));
  }

  get value(): number {
    return Number(this.input.value);
  }

  set most(most: number) {
    if (this.input.max !== String(most)) this.input.max = String(most);
  }

  set enabled(enabled: boolean) {
    this.input.disabled = !enabled;
  }

  // Without telling anybody.
  set value(value: number) {
    this.input.value = String(value);
    this.shown.write(this.text(this.value));
  }
}

export function let_go_of_pointer(input: HTMLInputElement): void {
  input.addEventListener('pointerup', () => input.blur());
}

export function button(text: string, on_press: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.addEventListener('click', ({ detail }) => {
    if (detail > 0) made.blur();  // By pointer: else the space bar would press it again.
    on_press();
  });
  return made;
}
