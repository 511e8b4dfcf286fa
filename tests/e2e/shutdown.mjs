// How the server ends, and comes back. usage: node shutdown.mjs, with RAILROIDS,
// RAILROIDS_WASM and PAGE_TSCONFIG.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { GameServer } from '../support/game_server.mjs';
import { PlayerMaker } from '../support/player.mjs';

let maker;
before(async () => {
  maker = await PlayerMaker.create({
    wasm: process.env.RAILROIDS_WASM, tsconfig: process.env.PAGE_TSCONFIG });
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`Shutdown.ClosesWith1001AndReportsItsTotalsOn${signal}`, async () => {
    const server = await GameServer.start(process.env.RAILROIDS);
    const ann = await maker.join(server, 'Ann');
    const outcome = await server.end(signal);
    // RFC 6455, section 7.4.1: 1001 says that the server goes away.
    assert.equal(await ann.closing, 1001);
    assert.deepEqual(outcome, { code: 0, signal: null });
    const [, ...totals] = server.lines;
    assert.equal(totals.length, 1);
    const { opened, ticks } = JSON.parse(totals[0]);
    assert.equal(opened, 1);
    assert.ok(ticks > 0);
  });
}

test('Shutdown.LeavesThePortToTheNextServerEvenIfKilled', async () => {
  const first = await GameServer.start(process.env.RAILROIDS);
  const ann = await maker.join(first, 'Ann');
  await first.end('SIGKILL');
  const second = await GameServer.start(process.env.RAILROIDS, { port: first.port });
  assert.equal(second.port, first.port);
  assert.equal(await ann.closing, 1006);  // Nobody said goodbye.
  await (await maker.join(second, 'Ann')).leave();
  assert.equal((await second.end()).code, 0);
});

test('Shutdown.SaysWhyItCannotStart', async () => {
  const first = await GameServer.start(process.env.RAILROIDS);
  await assert.rejects(
    GameServer.start(process.env.RAILROIDS, { port: first.port }),
    /ended with 1 at once: .*the address is taken/s);
  await first.end();
});

test('Shutdown.RefusesOptionsThatItDoesNotKnow', async () => {
  await assert.rejects(
    GameServer.start(process.env.RAILROIDS, { args: ['--no-such-option'] }),
    /ended with 2 at once/);
});
