// Those parts of the page that need no browser. usage: node page_test.mjs, with PAGE_TSCONFIG.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load_page_code } from '../support/page_code.mjs';

const { Backoff, KeptKey, snapshots_text, turn_towards, view_of } = await load_page_code(
  process.env.PAGE_TSCONFIG, [
    'ringtick/backoff', 'ringtick/kept_key', 'ringtick/view',
    'railroids/controls/steering', 'railroids/hud/net_text',
  ]);

const longest = () => 1;
const shortest = () => 0;

test('Backoff.DoublesUpToItsBound', () => {
  const backoff = new Backoff(250, 2000, longest);
  const waits = Array.from({ length: 6 }, () => backoff.next_ms());
  assert.deepEqual(waits, [250, 500, 1000, 2000, 2000, 2000]);
});

test('Backoff.SpreadsThoseWhoComeBackOverHalfTheWait', () => {
  assert.equal(new Backoff(250, 2000, shortest).next_ms(), 125);
});

test('Backoff.StartsAfreshOnceWelcomed', () => {
  const backoff = new Backoff(250, 2000, longest);
  backoff.next_ms();
  backoff.next_ms();
  backoff.reset();
  assert.equal(backoff.attempts, 0);
  assert.equal(backoff.next_ms(), 250);
});

// A tab's own storage, as a browser has it; or as one that forbids it.
class Storage {
  items = new Map();
  getItem(name) { return this.items.get(name) ?? null; }
  setItem(name, text) { this.items.set(name, text); }
  removeItem(name) { this.items.delete(name); }
}

test('KeptKey.IsFoundByTheNextPageAndByNoOther', () => {
  globalThis.sessionStorage = new Storage();
  const key = Uint8Array.of(0, 255, 7);
  new KeptKey('here').keep(key);
  assert.deepEqual(new KeptKey('elsewhere').take(), new Uint8Array());
  assert.deepEqual(new KeptKey('here').take(), key);
  assert.deepEqual(new KeptKey('here').take(), new Uint8Array());
});

test('KeptKey.IsNoConcernOfWhoForbidsPagesToKeepAnything', () => {
  Object.defineProperty(globalThis, 'sessionStorage', {
    configurable: true, get() { throw new Error('forbidden'); } });
  new KeptKey('here').keep(Uint8Array.of(1));
  assert.deepEqual(new KeptKey('here').take(), new Uint8Array());
});

test('View.ReadsTheMemoryItself', () => {
  const layout = { count: ['i32', 4, 1], speed: ['f32', 8, 1], x: ['f32', 12, 2] };
  const memory = new DataView(new ArrayBuffer(32));
  const view = view_of(layout, memory.buffer, 8);
  memory.setInt32(12, -3, true);
  memory.setFloat32(16, 0.5, true);
  memory.setFloat32(24, 1.5, true);
  assert.equal(view.count, -3);
  assert.equal(view.speed, 0.5);
  assert.deepEqual([...view.x], [0, 1.5]);
});

test('NetText.TellsHowManySnapshotsComeOrWhyTheyAreFewer', () => {
  const net = { tick_rate_hz: 30, snapshots_per_second: 29.6, snapshot_bytes_per_second: 4321 };
  const text_at = (snapshot_divisor) => snapshots_text({ ...net, snapshot_divisor });
  assert.equal(text_at(1), '30/s, 4.3 kB/s');
  assert.equal(text_at(2), '15 Hz: your connection is slow');
  assert.equal(text_at(6), '5 Hz: your connection is slow');
});

const [left, right] = [2, 4];

test('Steering.TurnsByTheShorterWay', () => {
  assert.equal(turn_towards(1, 0), right);  // Clockwise, since y points down.
  assert.equal(turn_towards(-1, 0), left);
  assert.equal(turn_towards(3, -3), left);
  assert.equal(turn_towards(-3, 3), right);
  assert.equal(turn_towards(0.5, 4 * Math.PI), right);
});

test('Steering.LeavesANoseThatPointsThereAlone', () => {
  assert.equal(turn_towards(2, 2.05), 0);
  assert.equal(turn_towards(0.01, 2 * Math.PI - 0.01), 0);
});
