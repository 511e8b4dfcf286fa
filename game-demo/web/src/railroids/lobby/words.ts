// What the lobby says, and in which order.

import {
  has_place, is_room_name, takes_another, type Directory, type Room,
} from '../../ringtick/rooms';

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

export function summary({ rooms, rooms_max }: Directory): string {
  const players = rooms.reduce((sum, room) => sum + room.players, 0);
  return `${counted(players, 'pilot')} in ${rooms.length} of ${counted(rooms_max, 'room')}`;
}

// Those whose names hold what is looked for, the fullest first.
export function busiest(rooms: readonly Room[], wanted: string): Room[] {
  const sought = wanted.toLowerCase();
  return rooms
    .filter(({ id }) => id.toLowerCase().includes(sought))
    .sort((a, b) => b.players - a.players || a.number - b.number);
}

export function facts({ players, players_max, shard, tick_p99_us }: Room, shards: number): string {
  const core = shards > 1 ? `, core ${shard}` : '';
  const tick = `tick p99 ${(tick_p99_us / 1000).toFixed(2)} ms`;
  return `${players} of ${counted(players_max, 'place')} taken${core}, ${tick}`;
}

// How many there are whose names are not said: too many for a list, or looking on.
export function who(names: readonly string[], players: number): string {
  const others = Math.max(0, players - names.length);
  if (names.length === 0) return others > 0 ? `${others} without a name` : 'Nobody is here.';
  return names.join(', ') + (others > 0 ? `, and ${others} more` : '');
}

// Why nobody can play there now; empty: they can.
export function why_not(name: string, directory: Directory): string {
  const room = directory.rooms.find(({ id }) => id === name);
  if (room) return has_place(room) ? '' : 'This room is full.';
  if (!is_room_name(name)) {
    return 'A name is of letters without accents, digits, - and _, up to 32 of them.';
  }
  return takes_another(directory) ? '' : 'The server takes no more rooms.';
}
