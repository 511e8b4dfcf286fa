// What the page's address says, and addresses that lead to this page.
//
// ?room=NAME says where to play, ?watch=beacon looks on, ?watch=ID over that pilot's shoulder;
// behind #play nobody has to press the button any more.

import { room_from_the_start } from '../ringtick/rooms';

const at_once = '#play';

export function own_room(): string {
  return new URLSearchParams(location.search).get('room') ?? room_from_the_start;
}

export function play_url(): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/play/${encodeURIComponent(own_room())}`;
}

// For somebody else, who has a name to give first.
export function invitation(room: string): string {
  return `${location.origin}/?room=${encodeURIComponent(room)}`;
}

export const play_page = (room: string): string => invitation(room) + at_once;
export const watch_page = (room: string): string => `${invitation(room)}&watch=beacon`;

// Whether to play at once. So it is once only: who loads the page again is asked again.
export function take_wish_to_play(): boolean {
  if (location.hash !== at_once) return false;
  history.replaceState(history.state, '', location.pathname + location.search);
  return true;
}

// Loaded again, the page shall not show a recorded match again.
export function leave_replay(): void {
  const address = new URL(location.href);
  if (address.searchParams.has('replay')) {
    for (const name of ['replay', 'tick', 'watch']) address.searchParams.delete(name);
  }
  history.replaceState(null, '', address.href);
}
