// One palette: cold space, the own ship cyan, gold for the beacon, everyone else by their id. It is
// told apart with any kind of colour blindness, and what a colour means, a shape says too.
export const colour = {
  space: 0x03050d,
  own: 0x6ff4ff,
  beacon: 0xffc65c,
  gem: 0xd4ffc2,
  danger: 0xff4a6b,
  rock: 0xb9c9ea,
  edge: 0xff5d8f,
  white: 0xffffff,
};

// Neon hues that are told apart on black, and from the own ship's cyan.
export const others = [
  0xff5fa2, 0xff8b3d, 0xb06bff, 0xf2d21b, 0x6f8cff,
  0xe8533f, 0xcc78ff, 0xff9a70, 0xd0a23e, 0x9484ff,
];

export function colour_of(id: number, own_id: number): number {
  if (id === own_id) return colour.own;
  return others[(id * 7 + (id >> 3)) % others.length] ?? colour.white;
}

// Half way to white: what is written must be read on black.
export function lighter(rgb: number): number {
  return 0x808080 + ((rgb >> 1) & 0x7f7f7f);
}

const css_known = new Map<number, string>();

export function css(rgb: number): string {
  let text = css_known.get(rgb);
  if (text === undefined) css_known.set(rgb, (text = `#${rgb.toString(16).padStart(6, '0')}`));
  return text;
}
