// Waits for a condition. The time limit is only there so that a test that has failed ends.

export const limit_ms = 120_000;
const look_every_ms = 10;

export async function until(what, condition) {
  const deadline = performance.now() + limit_ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, look_every_ms));
  }
}
