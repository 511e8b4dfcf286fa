// The server's rooms, as it tells of them: which there are, who is in one, where there is place.

export const room_from_the_start = '1';

export interface Room {
  id: string;  // Its name.
  path: string;
  number: number;
  players: number;
  players_max: number;
  shard: number;  // The thread that it is on.
  tick_p99_us: number;
}

export interface Directory {
  rooms: Room[];
  rooms_max: number;
  shards: number;
}

export interface Inside {
  players: number;
  names: string[];  // Some of them, if they are many; who only looks on has none.
}

async function ask(path: string): Promise<Response> {
  return fetch(path, { cache: 'no-store' });
}

export async function read_directory(): Promise<Directory> {
  const answer = await ask('/rooms');
  if (!answer.ok) throw new Error(`/rooms: ${answer.status}`);
  return (await answer.json()) as Directory;
}

// Nothing: there is no such room, or not yet.
export async function read_inside(room: string): Promise<Inside | undefined> {
  const answer = await ask(`/rooms?room=${encodeURIComponent(room)}`);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`/rooms: ${answer.status}`);
  return (await answer.json()) as Inside;
}

// The room where the server would put whoever asks for none. Nothing: all are full.
export async function quick_match(): Promise<string | undefined> {
  const answer = await ask('/play');  // It leads to the page of that room.
  if (!answer.ok) return undefined;
  return new URL(answer.url).searchParams.get('room') ?? undefined;
}

// As the server has it.
export const is_room_name = (name: string): boolean => /^[\w-]{1,32}$/.test(name);

export const has_place = ({ players, players_max }: Room): boolean => players < players_max;
export const takes_another = ({ rooms, rooms_max }: Directory): boolean =>
  rooms.length < rooms_max;
