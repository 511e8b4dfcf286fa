// To be imported before Pixi, which draws in two dimensions while it loads.
//
// All that is drawn so here is drawn once, and then handed to the graphics card: in main memory
// that is done at once. Drawn by the card, it would wait for whatever the card does meanwhile:
// while a page loads, longer than all of the drawing takes. Who asks otherwise gets it otherwise.

const get_context = HTMLCanvasElement.prototype.getContext as
  (this: HTMLCanvasElement, kind: string, options?: object) => RenderingContext | null;

HTMLCanvasElement.prototype.getContext = function (
  this: HTMLCanvasElement, kind: string, options?: object,
) {
  const wanted = kind === '2d' ? { willReadFrequently: true, ...options } : options;
  return get_context.call(this, kind, wanted);
} as typeof HTMLCanvasElement.prototype.getContext;
