// The game in Firefox: loaded, joined, flown, shot, and not a word of complaint.
// usage: node firefox.mjs, with RAILROIDS and ARTEFACTS (where the screenshot goes).

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Firefox, program, screen_program } from '../support/firefox.mjs';
import { GameServer } from '../support/game_server.mjs';
import { until } from '../support/until.mjs';

for (const needed of [program, screen_program]) {
  if (existsSync(needed)) continue;
  console.log(`Not tried in Firefox: there is no ${needed}. ./dev setup test installs it.`);
  process.exit(77);
}

const state = 'window.railroids?.state()';
let firefox;
let server;

before(async () => {
  server = await GameServer.start(process.env.RAILROIDS, { args: ['--bots', '20'] });
  firefox = await Firefox.launch();
});
after(async () => {
  await firefox?.close();
  await server.end();
});

test('Firefox.PlaysTheGame', async () => {
  await firefox.go_to(`${server.url}/`);
  await firefox.until('the page is there', state);
  await firefox.click('#name');
  await firefox.type('Fox');
  await firefox.click('#title [type="submit"]');
  const from = await firefox.until('Fox plays', state, (now) => now.connected && now.alive);
  assert.equal(from.link, 'open');

  await firefox.perform('pointer', { type: 'pointerMove', x: 600, y: 200 });
  await firefox.perform('key', { type: 'keyDown', value: 'w' });
  await firefox.until('the ship has flown', state, ({ alive, x, y }) =>
    !alive || Math.hypot(x - from.x, y - from.y) > 60);
  await firefox.perform('pointer', { type: 'pointerDown', button: 0 });
  await firefox.until('it fired', state, ({ id, beam_shooters }) => beam_shooters.includes(id));
  await firefox.screenshot(join(process.env.ARTEFACTS, 'firefox.png'));
  const { ships } = await firefox.evaluate(state);
  assert.ok(ships.some(({ name }) => name === 'Fox'));
  await firefox.perform('pointer', { type: 'pointerUp', button: 0 });
  await firefox.perform('key', { type: 'keyUp', value: 'w' });
  assert.deepEqual(firefox.complaints, []);
});

const press = (value) =>
  firefox.perform('key', { type: 'keyDown', value }, { type: 'keyUp', value });

test('Firefox.ShowsTheLastMinuteAndProvesIt', async () => {
  const escape = '\uE00C';
  const home = '\uE011';
  const said = (number) => `document.querySelector('#theatre [data-number=${number}]').textContent`;
  const tick = (text) => Number(text.replaceAll(/\D/g, ''));
  await press('r');
  await firefox.until('it is offered', 'document.querySelector("dialog[open] h2")?.textContent',
    (title) => title === 'The last 60 s');
  await firefox.click('dialog .first');
  await firefox.until('it is there', 'Boolean(document.querySelector("#theatre"))');
  await press(' ');
  // Not before there is one: the beginning is no tick before the first.
  const paused_at = tick(await firefox.until('it shows a tick', said('tick'),
    (text) => tick(text) > 0));
  await firefox.click('#theatre .proof button');
  await firefox.until('all is as it was', said('verdict'),
    (text) => /^(\d+) of \1 states as recorded$/.test(text));
  await press('.');
  await firefox.until('it is a tick on', said('tick'), (text) => tick(text) > paused_at);
  await press(home);
  await firefox.until('it is at its beginning', said('tick'), (text) => tick(text) <= paused_at);
  await firefox.screenshot(join(process.env.ARTEFACTS, 'firefox-theatre.png'));
  await press(escape);
  await firefox.until('Fox flies on', state, ({ link, alive }) => link === 'open' && alive);
  assert.deepEqual(firefox.complaints, []);
});

test('Firefox.ComesBackWhenTheServerDoes', async () => {
  await server.end('SIGKILL');
  await firefox.until('it says so', 'document.getElementById("link").textContent',
    (text) => /^Connection lost/.test(text));
  server = await GameServer.start(process.env.RAILROIDS, {
    port: server.port, args: ['--bots', '20'] });
  await firefox.until('Fox plays again', state, ({ link, alive }) => link === 'open' && alive);
  await firefox.until('nothing more is said', 'document.getElementById("link").hidden');
  await until('the server counts it', async () => (await server.json('/stats.json')).players === 1);
});
