// Whom ?watch=… of the page's address asks for: a pilot by number, or what is worth a look. The two
// numbers above all pilots' mean something else.

import { overview } from '../ringtick/module';

export function watched_by(wish: string): number {
  return /^\d{1,5}$/.test(wish) ? Math.min(Number(wish), overview) : overview;
}
