// Why a server does not take us. Browsers hide the status with which a WebSocket was refused, so
// the server is asked once more, in plain HTTP.

import { has_place, is_room_name, takes_another, type Directory } from './rooms';

export type Refusal =
  | 'unreachable' | 'full' | 'too_many_from_here' | 'no_such_room'
  | 'room_full'      // There is place in others.
  | 'no_more_rooms'  // This one would have to be made.
  | 'nobody_to_watch' | 'no_place_to_watch'  // These two the server says itself.
  | 'unknown';

const play = '/play/';

export async function why_refused(url: string): Promise<Refusal> {
  try {
    const answer = await fetch('/rooms', { cache: 'no-store' });
    if (answer.status === 503) return 'full';
    if (answer.status === 429) return 'too_many_from_here';
    return verdict((await answer.json()) as Directory, new URL(url).pathname);
  } catch {
    return 'unreachable';
  }
}

export function verdict(directory: Directory, path: string): Refusal {
  const room = directory.rooms.find((other) => other.path === path);
  if (room && has_place(room)) return 'unknown';
  const is_place_elsewhere = takes_another(directory) || directory.rooms.some(has_place);
  if (room) return is_place_elsewhere ? 'room_full' : 'full';
  const can_be_made = path.startsWith(play) && is_room_name(path.slice(play.length));
  if (!can_be_made) return 'no_such_room';
  return takes_another(directory) ? 'unknown' : 'no_more_rooms';
}
