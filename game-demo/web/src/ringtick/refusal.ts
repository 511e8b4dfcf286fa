// Why a server does not take us. Browsers hide the status with which a WebSocket was refused, so
// the server is asked once more, in plain HTTP.

export type Refusal =
  | 'unreachable' | 'full' | 'too_many_from_here' | 'no_such_room'
  | 'nobody_to_watch' | 'no_place_to_watch'  // These two the server says itself.
  | 'unknown';

interface Room {
  path: string;
  players: number;
  players_max: number;
}

export async function why_refused(url: string): Promise<Refusal> {
  try {
    const answer = await fetch('/rooms', { cache: 'no-store' });
    if (answer.status === 503) return 'full';
    if (answer.status === 429) return 'too_many_from_here';
    const { rooms } = (await answer.json()) as { rooms: Room[] };
    return verdict(rooms.find(({ path }) => path === new URL(url).pathname));
  } catch {
    return 'unreachable';
  }
}

function verdict(room: Room | undefined): Refusal {
  if (!room) return 'no_such_room';
  return room.players >= room.players_max ? 'full' : 'unknown';
}
