// What dialogs and bars are made of.

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name, text = '',
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  return made;
}

export function button(text: string, on_press: () => void): HTMLButtonElement {
  const made = element('button', text);
  made.type = 'button';
  made.addEventListener('click', ({ detail }) => {
    if (detail > 0) made.blur();  // By pointer: else the space bar would press it again.
    on_press();
  });
  return made;
}

// A button with a picture, paths in a square of 16, and a key that does the same. Both are told to
// whoever points at it.
export function icon_button(
  label: string, path: string, key: string, on_press: () => void,
): HTMLButtonElement {
  const made = button('', on_press);
  made.className = 'icon';
  made.dataset['key'] = key;
  made.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path/></svg>';
  change_icon(made, label, path);
  return made;
}

export function change_icon(target: HTMLButtonElement, label: string, path: string): void {
  if (target.getAttribute('aria-label') === label) return;
  target.setAttribute('aria-label', label);
  target.querySelector('path')!.setAttribute('d', path);
}

export function select(
  label: string, choices: readonly (readonly [value: string, text: string])[],
  on_choice: (value: string) => void,
): HTMLSelectElement {
  const made = element('select');
  made.setAttribute('aria-label', label);
  for (const [value, text] of choices) made.add(new Option(text, value));
  made.addEventListener('change', () => {
    on_choice(made.value);
    made.blur();  // The arrow keys are the match's again.
  });
  return made;
}

// Writing the same text again would still cost a layout.
export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
