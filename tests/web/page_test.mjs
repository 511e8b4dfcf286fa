// Those parts of the page that need no browser. usage: node page_test.mjs, with PAGE_TSCONFIG.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load_page_code } from '../support/page_code.mjs';

// A system that asks for less motion, or does not.
const wishes = { matches: false, addEventListener(_, changed) { this.changed = changed; } };
globalThis.matchMedia = () => wishes;

const {
  Backoff, Camera, KeptKey, beacon_text, clock_text, colour, link_text, others, snapshots_text,
  steer_by, turn_towards, view_of, watched_by,
} = await load_page_code(
  process.env.PAGE_TSCONFIG, [
    'ringtick/backoff', 'ringtick/kept_key', 'ringtick/view', 'railroids/colours',
    'railroids/controls/steering', 'railroids/hud/beacon_notice', 'railroids/hud/clock',
    'railroids/hud/link', 'railroids/hud/net_text', 'railroids/scene/camera', 'railroids/watched',
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
  assert.equal(text_at(2), '15 Hz: this page took too few');
  assert.equal(text_at(6), '5 Hz: this page took too few');
});

test('Address.LetsNobodyPlayWhoAsksToWatch', () => {
  const [above, to_play] = [65534, 65535];
  assert.deepEqual(['0', '17', 'beacon', ''].map(watched_by), [0, 17, above, above]);
  assert.deepEqual([to_play, 65536, 99999].map((id) => watched_by(`${id}`)), [above, above, above]);
});

const [thrust, left, right] = [1, 2, 4];

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

test('Steering.FliesToWhereAStickIsPulledFar', () => {
  assert.equal(steer_by({ x: 0.1, y: 0 }, 0), 0);
  assert.equal(steer_by({ x: 0.4, y: 0 }, 0), 0);
  assert.equal(steer_by({ x: 0, y: 0.4 }, 0), right);
  assert.equal(steer_by({ x: 0, y: -1 }, 0), left | thrust);
});

test('Clock.CountsABegunSecondWhole', () => {
  const texts = [60_000, 59_001, 9_000, 1, 0, -5].map(clock_text);
  assert.deepEqual(texts, ['1:00', '1:00', '0:09', '0:01', '0:00', '0:00']);
});

test('BeaconNotice.TellsTheWayToItAndWhatItGives', () => {
  const seen = {
    own_x: 0, own_y: 0, own_alive: 1, own_in_beacon: 0, beacon_x: 0, beacon_radius: 600,
  };
  assert.equal(beacon_text({ ...seen, beacon_y: 1234 }), 'Beacon 640 away');
  assert.equal(
    beacon_text({ ...seen, beacon_y: 200, own_in_beacon: 1 }), 'In the beacon: +1 a second');
  assert.equal(beacon_text({ ...seen, beacon_y: 200, own_alive: 0, own_in_beacon: 1 }), 'Beacon');
});

test('LinkNotice.SaysWhyThereIsNoConnection', () => {
  const link = { status: 'waiting', refusal: 'unreachable', attempts: 2, retry_at_ms: 2500 };
  const text = (now, was_open = false) => link_text({ ...link, ...now }, was_open, 1000);
  assert.equal(text({}), 'No answer from the server. Trying again in 2 s');
  assert.equal(text({}, true), 'Connection lost. Trying again in 2 s');
  assert.equal(text({ refusal: 'full' }), 'The server is full. Trying again in 2 s');
  assert.equal(
    text({ refusal: 'too_many_from_here', status: 'connecting' }),
    'Too many players come from your address. Connecting…');
  assert.equal(text({ status: 'open' }), '');
  assert.equal(text({ status: 'connecting', attempts: 0 }), '');
});

// How colours look to eyes that lack one kind of cones, after Machado, Oliveira and Fernandes
// (2009), applied to linear RGB; distances are those of Oklab, times 100.
const eyes = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopic: [
    [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998]],
  deuteranopic: [
    [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881]],
  tritanopic: [
    [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039]],
};
const oklab_cones = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const oklab_axes = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const times = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, factor, i) => sum + factor * vector[i], 0));
const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const light_of = (rgb) =>
  [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((part) => linear(part / 255));

function seen(rgb, eye) {
  const light = times(eye, light_of(rgb)).map((part) => Math.min(1, Math.max(0, part)));
  return times(oklab_axes, times(oklab_cones, light).map(Math.cbrt));
}

function least_distance(of, from) {
  return Math.min(...Object.values(eyes).flatMap((eye) => from.map((other) => {
    const [a, b] = [seen(of, eye), seen(other, eye)];
    return 100 * Math.hypot(...a.map((part, i) => part - b[i]));
  })));
}

test('Colours.TellTheOwnShipFromAllOthersToAnyEye', () => {
  assert.ok(least_distance(colour.own, [...others, colour.beacon, colour.danger]) > 14);
});

test('Colours.TellGemsFromShipsAndTheBeacon', () => {
  assert.ok(least_distance(colour.gem, [...others, colour.own, colour.beacon, colour.danger]) > 9);
});

// WCAG 2.2, section 1.4.3: at least 4.5 to 1 for text.
test('Colours.CanBeReadOnBlack', () => {
  const luminance = (rgb) => times([[0.2126, 0.7152, 0.0722]], light_of(rgb))[0];
  for (const rgb of [...others, colour.own, colour.beacon, colour.danger, 0x8596bb]) {
    assert.ok((luminance(rgb) + 0.05) / (luminance(colour.space) + 0.05) >= 4.5, rgb.toString(16));
  }
});

test('Camera.IsNotShakenForWhoWantsLessMotion', () => {
  const camera = new Camera();
  camera.resize(1920, 1080);
  const strays = () => {
    camera.shake(1);
    camera.kick(1);
    camera.follow(500, 500, 0, 0, 1 / 60);
    return camera.x !== 500 || camera.y !== 500 || camera.zoom !== 1;
  };
  for (let i = 0; i < 600; i++) camera.follow(500, 500, 0, 0, 1 / 60);  // Until it has arrived.
  wishes.matches = true;
  wishes.changed();
  assert.ok(!strays());
  wishes.matches = false;
  wishes.changed();
  assert.ok(strays());
});
