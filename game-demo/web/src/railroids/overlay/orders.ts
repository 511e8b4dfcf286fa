// What the server's operator may do from this page, too. The server decides who that is, for each
// order anew; this page only says in time who need not try.

import { own_room } from '../address';
import { proof, token } from '../operator';
import type { ServerStats } from './server_stats';

const loopback = /^(localhost|\[::1\]|127(\.\d+){3})$/;

// The match that this page is about.
export const room = own_room();

// Why nobody can order anything of a match from here; empty if somebody can.
export function why_no_orders(stats: ServerStats): string {
  if (stats.shown_rooms > 0) return 'What was recorded cannot be changed.';
  return why_not_operator(stats);
}

// Why nobody here is the operator.
export function why_not_operator({ operator }: ServerStats): string {
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
async function order(path: string): Promise<string> {
  try {
    const answer =
      await fetch(`/ops/${path}`, { method: 'POST', headers: proof(), cache: 'no-store' });
    return answer.ok ? '' : (await answer.text()).trim();
  } catch {
    return 'The server is not there.';
  }
}

// The orders of a slider that moves: the server is told of one place after the other, each as soon
// as it has answered to the one before.
export class Orders {
  refusal = '';  // Of the last one.

  private next: string | undefined;
  private under_way = false;

  give(path: string): void {
    this.next = path;
    this.refusal = '';
    if (!this.under_way) void this.go_on();
  }

  private async go_on(): Promise<void> {
    this.under_way = true;
    while (this.next !== undefined) {
      const path = this.next;
      this.next = undefined;
      this.refusal = await order(path);
    }
    this.under_way = false;
  }
}
