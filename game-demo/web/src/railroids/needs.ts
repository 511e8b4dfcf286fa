// What the game cannot do without, and this browser lacks: a sentence for its player, or nothing.

export function missing_need(): string | undefined {
  if (typeof WebAssembly !== 'object' || !WebAssembly.instantiateStreaming) {
    return 'This browser has no WebAssembly, or it is turned off. The game cannot run without it.';
  }
  if (!has_webgl()) {
    return 'This browser has no WebGL, or it is turned off. The game cannot be drawn without it.';
  }
  return undefined;
}

function has_webgl(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  // Browsers have few of them: this one is given back at once.
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}
