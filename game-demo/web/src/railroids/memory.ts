// What the page remembers of its player between visits. Storage may be forbidden; then it forgets.
const prefix = 'railroids.';

export function recall(key: string): string {
  try {
    return localStorage.getItem(prefix + key) ?? '';
  } catch {
    return '';
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // A page that may not remember still plays.
  }
}
