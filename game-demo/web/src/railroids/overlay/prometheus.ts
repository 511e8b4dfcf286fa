// What the overlay shows, as text that Prometheus reads: whatever was seen can be kept beside what
// the server says of itself in /metrics.

const prefix = 'railroids_page_';
const number = /[-−+]?\d[\d,]*(\.\d+)?/;
// One number, its unit behind it, and nothing else.
const measured = new RegExp(`^(${number.source})\\s*([a-zµ%/]*)$`, 'i');

// One line for each: a number with its unit, or else what is written, as a label.
export function prometheus_text(shown: readonly (readonly [name: string, text: string])[]): string {
  return shown.map(([name, text]) => `${prefix}${name}${sample_of(text.trim())}\n`).join('');
}

function sample_of(text: string): string {
  const found = measured.exec(text);
  if (!found) return `{text="${escaped(text)}"} 1`;
  const value = found[1]!.replaceAll(',', '').replace('−', '-').replace('+', '');
  const unit = found.at(-1)!;
  return unit ? `{unit="${unit}"} ${value}` : ` ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
