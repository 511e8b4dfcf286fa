// After an update of the server, open pages are of the old build, and no message between the two
// means anything: such a page is loaded again. Once, for whatever stands between us and the server
// may go on handing out the old one. When that was is kept with the page's place in the history,
// which outlives the loading and which nobody can forbid.

const soon_ms = 60_000;

interface Kept {
  loaded_again_at?: number;
}

export function was_loaded_again(): boolean {
  const { loaded_again_at = 0 } = (history.state ?? {}) as Kept;
  return Date.now() - loaded_again_at < soon_ms;
}

// False: that was tried just now, and did not help.
export function load_again(): boolean {
  if (was_loaded_again()) return false;
  history.replaceState({ loaded_again_at: Date.now() } satisfies Kept, '');
  location.reload();
  return true;
}
