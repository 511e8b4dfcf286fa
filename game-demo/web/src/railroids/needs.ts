// What the game cannot do without, and this browser lacks: a sentence for its player, or nothing.

import { isWebGLSupported } from 'pixi.js';

export function missing_need(): string | undefined {
  if (typeof WebAssembly !== 'object') {
    return 'This browser has no WebAssembly, or it is turned off. The game cannot run without it.';
  }
  if (!isWebGLSupported()) {  // Pixi remembers the answer; asking takes a while.
    return 'This browser has no WebGL, or it is turned off. The game cannot be drawn without it.';
  }
  return undefined;
}
