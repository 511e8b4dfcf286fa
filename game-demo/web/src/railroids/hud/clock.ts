// Time left as a clock shows it: 1:05. A begun second counts whole, so that 0:00 is really over.
export function clock_text(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
