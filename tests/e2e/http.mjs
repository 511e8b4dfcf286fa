// The pages that the game server answers over HTTP. usage: node http.mjs, with RAILROIDS.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GameServer } from '../support/game_server.mjs';

let server;
before(async () => {
  server = await GameServer.start(process.env.RAILROIDS, { args: ['--bots', '3'] });
});
after(() => server.end());

const get = (path, headers = {}) => fetch(server.url + path, { headers });

test('Http.ServesThePageWithAPolicyThatForbidsForeignScripts', async () => {
  const page = await get('/');
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type'), /^text\/html/);
  assert.match(page.headers.get('content-security-policy'), /script-src 'self' 'wasm-unsafe-eval'/);
  assert.match(await page.text(), /<script type="module" src="\/railroids.js">/);
});

test('Http.ServesEveryFileThatThePageNames', async () => {
  const html = await (await get('/')).text();
  const named = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(named.length >= 3);
  for (const path of [...named, '/railroids.wasm']) {
    assert.equal((await get(path)).status, 200, path);
  }
});

// WebAssembly.instantiateStreaming takes nothing else.
test('Http.ServesTheModuleAsWebAssembly', async () => {
  const module = await get('/railroids.wasm');
  assert.equal(module.headers.get('content-type'), 'application/wasm');
  await WebAssembly.compile(await module.arrayBuffer());
});

test('Http.AnswersNotModifiedToAPageThatIsKnown', async () => {
  const tag = (await get('/railroids.js')).headers.get('etag');
  assert.equal((await get('/railroids.js', { 'If-None-Match': tag })).status, 304);
});

test('Http.SaysThatItIsHealthy', async () => {
  const answer = await get('/healthz');
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), 'ok\n');
});

test('Http.TellsPrometheusItsFigures', async () => {
  const answer = await get('/metrics');
  assert.match(answer.headers.get('content-type'), /version=0\.0\.4/);
  const text = await answer.text();
  const sample = /^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? \S+$/;
  for (const line of text.trimEnd().split('\n')) {
    if (!line.startsWith('#')) assert.match(line, sample);
  }
  assert.match(text, /^# TYPE ringtick_ticks_total counter$/m);
  assert.match(text, /^ringtick_cq_overflow_total(\{shard="0"\})? 0$/m);
});

test('Http.TellsItsStatisticsAsJson', async () => {
  const stats = await server.json('/stats.json');
  assert.equal(stats.rate_hz, 30);
  assert.equal(stats.cq_overflow, 0);
  assert.equal(stats.rooms.length, 1);
  assert.ok(stats.tick_work_us.p99 >= stats.tick_work_us.p50);
});

test('Http.ListsItsRooms', async () => {
  const { rooms } = await server.json('/rooms');
  assert.deepEqual(rooms.map(({ id, path, players }) => [id, path, players]),
                   [['1', '/play/1', 0]]);
});

test('Http.HasNothingElsewhere', async () => {
  for (const path of ['/nothing', '/play/', '/../etc/passwd', '/railroids.js.map']) {
    assert.equal((await get(path)).status, 404, path);
  }
});
