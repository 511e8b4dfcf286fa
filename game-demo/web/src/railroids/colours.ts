// One palette: cold space, the own ship cyan, gold for the beacon, everyone else by their id.
export const colour = {
  space: 0x03050d,
  own: 0x6ff4ff,
  beacon: 0xffc65c,
  gem: 0x8dffb6,
  danger: 0xff4a6b,
  rock: 0xb9c9ea,
  edge: 0xff5d8f,
  white: 0xffffff,
};

// Neon hues that are told apart on black, and from the own ship's cyan.
const others = [
  0xff5fa2, 0xffa14a, 0xc77dff, 0xf7f06d, 0x7aa2ff,
  0xff7361, 0x9dff6a, 0xff8de9, 0xffd0a1, 0xa0b4ff,
];

export function colour_of(id: number, own_id: number): number {
  if (id === own_id) return colour.own;
  return others[(id * 7 + (id >> 3)) % others.length] ?? colour.white;
}

export function css(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, '0')}`;
}
