// One panel of the overlay: a title, what it means, numbers and maybe a picture. Numbers carry
// their name, so that a test, or a curious engineer, finds them.

import type { World } from '../world';
import type { Report } from './server_stats';

// A snapshot as it came in, before it was drawn.
export interface Arrival {
  late_ms: number;  // Behind those that came soonest.
  missed: number;   // Ticks without one, since the one before.
}

export abstract class Panel {
  readonly element = document.createElement('section');

  // `of_server`: it is about the live match and its server, and not shown while a recording plays.
  constructor(title: string, meaning: string, of_server = false) {
    this.element.classList.toggle('of-server', of_server);
    const heading = document.createElement('h2');
    heading.textContent = title;
    this.element.dataset['panel'] = title;
    this.element.append(heading);
    this.explain(meaning);
  }

  // Shown to whoever asks for explanations.
  protected explain(meaning: string): void {
    const text = document.createElement('p');
    text.className = 'meaning';
    text.textContent = meaning;
    this.element.append(text);
  }

  // Each frame of the match; each snapshot; about ten times a second; once a second.
  on_frame(_world: World, _now_ms: number): void {}
  on_arrival(_arrival: Arrival): void {}
  draw(_world: World, _now_ms: number): void {}
  on_report(_report: Report): void {}
  // Before it is shown again: what was kept is old.
  reset(): void {}

  protected numbers(): NumberGrid {
    const grid = new NumberGrid();
    this.element.append(grid.element);
    return grid;
  }

  // One number that needs no label, beside the title.
  protected headline(name: string): Written {
    const value = document.createElement('b');
    value.dataset['number'] = name;
    value.textContent = '–';
    this.element.firstElementChild!.append(value);
    return new Written(value);
  }

  protected note(text: string): HTMLElement {
    const note = document.createElement('p');
    note.textContent = text;
    this.element.append(note);
    return note;
  }

  protected canvas(height: number): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    canvas.width = chart_width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    canvas.style.height = `${height}px`;
    name_picture(canvas, this.element);
    this.element.append(canvas);
    return canvas;
  }
}

export const chart_width = 270;

// Of a panel. What it shows is written beside it, in numbers.
export function name_picture(canvas: HTMLCanvasElement, panel: HTMLElement): void {
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Chart: ${panel.dataset['panel']}`);
}

export class NumberGrid {
  readonly element = document.createElement('dl');

  // Returns where to write it.
  add(name: string, label: string, wide = false): Written {
    const row = document.createElement('div');
    const term = document.createElement('dt');
    const value = document.createElement('dd');
    term.textContent = label;
    value.dataset['number'] = name;
    value.textContent = '–';
    row.classList.toggle('wide', wide);
    row.append(term, value);
    this.element.append(row);
    return new Written(value);
  }
}

// Writing the same text again would still cost a layout.
export class Written {
  constructor(private readonly target: HTMLElement) {}

  // As a panel can be: its row in a panel that is not.
  of_server(): this {
    this.target.parentElement!.classList.add('of-server');
    return this;
  }

  write(text: string, bad = false): void {
    if (this.target.textContent !== text) this.target.textContent = text;
    this.target.classList.toggle('bad', bad);
  }
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–';
}

export function decimal(value: number, digits = 1): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

// Of milliseconds, in no more than six signs up to a minute.
export function milliseconds(ms: number): string {
  return ms < 1000 || !Number.isFinite(ms) ? `${decimal(ms, 0)} ms` : `${decimal(ms / 1000, 1)} s`;
}

// Of microseconds, as short as it is read: 850 µs, 1.25 ms.
export function duration(us: number): string {
  return us < 1000 ? `${whole(us)} µs` : `${decimal(us / 1000, us < 10_000 ? 2 : 1)} ms`;
}
