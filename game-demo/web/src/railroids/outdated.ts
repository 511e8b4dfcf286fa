// After an update of the server, open pages are of the old build, and no message between the two
// means anything: such a page is loaded again. Once, for whatever stands between us and the server
// may go on handing out the old one.

const key = 'railroids.loaded_again_at';
const soon_ms = 60_000;

function loaded_again_ms_ago(): number {
  try {
    return Date.now() - Number(sessionStorage.getItem(key) ?? 0);
  } catch {
    return Infinity;
  }
}

export function was_loaded_again(): boolean {
  return loaded_again_ms_ago() < soon_ms;
}

// False: that was tried just now, and did not help.
export function load_again(): boolean {
  if (was_loaded_again()) return false;
  try {
    sessionStorage.setItem(key, String(Date.now()));
  } catch {
    // Then only whoever presses Play again is asked to wait again.
  }
  location.reload();
  return true;
}
