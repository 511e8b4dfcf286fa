// A match over real sockets. usage: node play.mjs, with RAILROIDS, RAILROIDS_WASM and
// PAGE_TSCONFIG.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { GameServer } from '../support/game_server.mjs';
import { Button, Kind, PlayerMaker } from '../support/player.mjs';
import { until } from '../support/until.mjs';

let server;
let maker;
let players = [];

before(async () => {
  maker = await PlayerMaker.create({
    wasm: process.env.RAILROIDS_WASM, tsconfig: process.env.PAGE_TSCONFIG });
  server = await GameServer.start(process.env.RAILROIDS, { args: ['--players-max', '4'] });
});
after(() => server.end());
afterEach(async () => {
  await Promise.all(players.map((player) => player.leave()));
  players = [];
});

async function join(name) {
  const player = await maker.join(server, name);
  players.push(player);
  return player;
}

const game_stats = async () => (await server.json('/stats.json')).rooms[0].game;

test('Play.WelcomesAPlayerIntoTheWorld', async () => {
  const ann = await join('Ann');
  const { view } = ann;
  assert.equal(ann.received[Kind.welcome], 1);
  assert.equal(view.tick_rate_hz, 30);
  assert.equal(view.own_energy, 100);
  assert.ok(view.own_x > 0 && view.own_x < view.world_side);
  assert.ok(view.asteroid_count > 0);
});

// Goal: a player gets a snapshot of every tick, but for those that the server says it skipped since
// this machine was too busy to take them.
test('Play.SendsOneSnapshotForEachTick', async () => {
  const ann = await join('Ann');
  const first = { tick: ann.view.server_tick, snapshots: ann.received[Kind.snapshot] };
  await until('two seconds of ticks have passed', () => ann.view.server_tick >= first.tick + 60);
  const ticks = ann.view.server_tick - first.tick;
  const snapshots = ann.received[Kind.snapshot] - first.snapshots;
  const { snapshots_skipped, ticks_forgiven } = await server.json('/stats.json');
  assert.ok(snapshots <= ticks);
  assert.ok(snapshots + snapshots_skipped + ticks_forgiven >= ticks);
});

test('Play.TellsWhatTheServerMeasured', async () => {
  const ann = await join('Ann');
  await until('statistics came', () => ann.received[Kind.stats] >= 1);
  await until('who plays is known', () => ann.view.players === 1);
  assert.ok(ann.view.tick_work_p99_us >= ann.view.tick_work_p50_us);
});

test('Play.AnswersPings', async () => {
  const ann = await join('Ann');
  ann.socket.send(ann.client.ping(performance.now()));
  await until('the round trip is known', () => ann.view.rtt_ms >= 0);
  assert.equal(ann.received[Kind.pong], 1);
});

test('Play.MovesTheShipThatThrusts', async () => {
  const ann = await join('Ann');
  const { own_x: x, own_y: y } = ann.view;
  ann.hold(Button.thrust | Button.aim_ahead);
  await until('the ship has flown', () => Math.hypot(ann.view.own_x - x, ann.view.own_y - y) > 60);
});

// Goal: what the page's module foretells of its ship is what the server does, in every tick.
test('Play.ForetellsItsOwnFlight', async () => {
  const ann = await join('Ann');
  const { server_tick: first } = ann.view;
  const buttons = [Button.thrust | Button.left, Button.brake, Button.thrust | Button.fire];
  for (let leg = 0; leg < 6; leg++) {
    ann.hold(buttons[leg % 3] | Button.aim_ahead);
    await until('she has flown so', () => ann.view.server_tick > first + 20 * (leg + 1));
  }
  assert.ok(ann.view.inputs_waiting > 0);
  assert.equal(ann.view.corrections_unexplained, 0);
});

test('Play.CountsTheInputsItApplied', async () => {
  const ann = await join('Ann');
  const applied = async () => (await game_stats()).inputs_applied;
  const earlier = await applied();
  ann.hold(Button.left | Button.aim_ahead);
  await until('inputs are counted', async () => (await applied()) >= earlier + 10);
});

test('Play.ShowsEachPlayerTheOther', async () => {
  const ann = await join('Ann');
  const bob = await join('Bob');
  await until('Ann has heard of Bob', () => ann.client.name_of(bob.view.own_id) === 'Bob');
  await until('Bob has heard of Ann', () => bob.client.name_of(ann.view.own_id) === 'Ann');
  await until('both are counted', () => ann.view.players === 2);
  const bobs_id = bob.view.own_id;
  await bob.leave();
  await until('Ann is told that Bob left', () => {
    const { view } = ann;
    const kinds = [...view.feed_kind.subarray(0, view.feed_count)];
    return kinds.some((kind, i) => kind === 2 && view.feed_a[i] === bobs_id);
  });
});

test('Play.ShowsTheShooterItsBeam', async () => {
  const ann = await join('Ann');
  ann.hold(Button.fire | Button.aim_ahead);
  await until('the beam is seen', () => ann.view.beam_count > 0);
  const { view } = ann;
  assert.equal(view.beam_shooter[0], view.own_id);
  const length = Math.hypot(view.beam_x1[0] - view.beam_x0[0], view.beam_y1[0] - view.beam_y0[0]);
  assert.ok(length <= 900 + 1);
});

// A message that no client of ours writes costs its sender nothing but a counter: the player may
// be a newer page.
test('Play.OutlivesNonsense', async () => {
  const ann = await join('Ann');
  const refused = (await game_stats()).messages_refused;
  for (const nonsense of [[], [255], [1], Array(300).fill(3), [3, 0, 0, 0, 0, 255, 255]]) {
    ann.socket.send(Uint8Array.from(nonsense));
  }
  ann.socket.send('text');
  await until('it is counted', async () => (await game_stats()).messages_refused > refused);
  const { server_tick: tick } = ann.view;
  await until('the game goes on', () => ann.view.server_tick > tick + 5);
});
