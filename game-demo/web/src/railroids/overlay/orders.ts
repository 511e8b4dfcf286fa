// What the server's operator may do from this page, too. The server decides who that is, for each
// order anew; this page only says in time who need not try.

import { proof, token } from '../operator';
import type { ServerStats } from './server_stats';

const loopback = /^(localhost|\[::1\]|127(\.\d+){3})$/;

// Why nobody can order anything from here; empty if somebody can.
export function why_no_orders({ operator, shown_rooms }: ServerStats): string {
  if (shown_rooms > 0) return 'What was recorded cannot be changed.';
  if (operator === 'none') return 'This server has no operator who could change it.';
  if (operator === 'token' && !token()) {
    return 'Only the operator can change it: show the token at /ops, in this tab, and come back.';
  }
  if (operator === 'machine' && !loopback.test(location.hostname)) {
    return 'Only who sits at the server\u2019s own machine can change it.';
  }
  return '';
}

// Returns what the server has against it; empty if it obeys.
export async function order(path: string): Promise<string> {
  try {
    const answer =
      await fetch(`/ops/${path}`, { method: 'POST', headers: proof(), cache: 'no-store' });
    return answer.ok ? '' : (await answer.text()).trim();
  } catch {
    return 'The server is not there.';
  }
}
