// Typed views of a C++ struct that lies in WebAssembly memory. The layout is generated from the
// struct by the build, so that neither side keeps the other's offsets by hand.

// Element type, byte offset in the struct, number of elements.
type Field = readonly ['i32' | 'u32' | 'f32', number, number];
export type Layout = Readonly<Record<string, Field>>;

type Elements = { i32: Int32Array; u32: Uint32Array; f32: Float32Array };

// A field of one element reads as a number, a longer one as an array that is the memory itself.
export type View<L extends Layout> = {
  -readonly [Name in keyof L]: L[Name][2] extends 1 ? number : Elements[L[Name][0]];
};

function elements(field: Field, buffer: ArrayBufferLike, base: number) {
  const [type, offset, count] = field;
  if (type === 'f32') return new Float32Array(buffer, base + offset, count);
  if (type === 'i32') return new Int32Array(buffer, base + offset, count);
  return new Uint32Array(buffer, base + offset, count);
}

export function view_of<L extends Layout>(
  layout: L, buffer: ArrayBufferLike, base: number,
): View<L> {
  const view = {};
  for (const [name, field] of Object.entries(layout)) {
    const array = elements(field, buffer, base);
    const property: PropertyDescriptor =
      field[2] === 1
        ? { get: () => array[0], set: (value: number) => (array[0] = value) }
        : { value: array };
    Object.defineProperty(view, name, { ...property, enumerable: true });
  }
  return view as View<L>;
}
