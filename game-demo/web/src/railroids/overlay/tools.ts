// What can be done with the overlay as a whole: have it explained, and take its numbers along.

import { prometheus_text } from './prometheus';
import { button } from './slider';

const told_ms = 2000;

export class Tools {
  readonly element = document.createElement('div');

  private readonly explain: HTMLButtonElement;
  private readonly copy: HTMLButtonElement;

  constructor(private readonly root: HTMLElement) {
    this.explain = button('explain all', () => this.toggle_meanings());
    this.explain.setAttribute('aria-pressed', 'false');
    this.copy = button('copy numbers', () => void this.copy_numbers());
    this.element.className = 'tools';
    this.element.append(this.explain, this.copy);
  }

  private toggle_meanings(): void {
    const on = this.root.classList.toggle('explained');
    this.explain.setAttribute('aria-pressed', String(on));
    this.explain.classList.toggle('on', on);
  }

  private async copy_numbers(): Promise<void> {
    const shown = [...this.root.querySelectorAll<HTMLElement>('[data-number]')]
      .filter((element) => !element.matches('.theatre .of-server *'))
      .map(({ dataset, textContent }) => [dataset['number']!, textContent ?? ''] as const);
    const copied = await put_on_clipboard(prometheus_text(shown));
    this.copy.textContent = copied ? 'copied' : 'not allowed';
    setTimeout(() => (this.copy.textContent = 'copy numbers'), told_ms);
  }
}

async function put_on_clipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copy_as_of_old(text);
  }
}

// A page that came neither by HTTPS nor from this machine has no clipboard but this one.
function copy_as_of_old(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
