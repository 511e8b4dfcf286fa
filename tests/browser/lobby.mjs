// The lobby: rooms are chosen, made, looked at and shared, by a mouse, by keys and by thumbs.
// usage: node lobby.mjs, with RAILROIDS and ARTEFACTS (where the screenshots go).

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { GamePage, launch, need_browser, OpenPages, phone } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { faint_texts, nameless } from '../support/page_audit.mjs';
import { until } from '../support/until.mjs';

need_browser();

let browser;
let server;
const pages = new OpenPages();

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
});
afterEach(async () => {
  assert.deepEqual(await pages.close_all(), []);
  await server.end();
});

async function start(...args) {
  server = await GameServer.start(process.env.RAILROIDS, {
    args: ['--shards', '2', '--bots', '8', ...args] });
}

async function open(path = '/', options = {}) {
  const page = pages.add(await GamePage.blank(browser, options));
  await page.go_to(server.url + path);
  return page;
}

// Drawn without a graphics card, several large pictures would take their time.
const small = { screen: { viewport: { width: 480, height: 360 } } };

const words = (page, selector) => page.page.textContent(`#lobby ${selector}`);
const says = (page, selector, pattern) =>
  until(`the lobby says ${pattern}`, async () => pattern.test(await words(page, selector)));

async function open_lobby(page, button = '#rooms') {
  await page.page.click(button);
  await page.page.waitForSelector('#lobby[open] li');
}

// Another room is another page.
async function arrive(page, room) {
  await page.page.waitForURL((url) => url.searchParams.get('room') === room);
  await page.page.waitForFunction(() => window.railroids);
}

const plays = ({ connected, alive }) => connected && alive;

test('Lobby.MakesARoomAndShowsWhoIsThere', async () => {
  await start('--rooms-max', '4');
  const ann = await open();
  await ann.page.fill('#name', 'Ann');
  await open_lobby(ann);
  assert.match(await words(ann, 'header p'), /^0 pilots in 1 of 4 rooms$/);
  await ann.page.fill('#lobby form input', 'duel');
  await says(ann, 'section .first', /^Create and play$/);
  await ann.page.keyboard.press('Enter');
  await arrive(ann, 'duel');
  await ann.until('Ann plays, and was not asked her name again', plays);
  assert.equal(new URL(ann.page.url()).hash, '');
  assert.equal((await server.json('/rooms?room=duel')).players, 1);

  const bob = await open('/', { screen: phone });
  await open_lobby(bob);
  await bob.page.click('#lobby li button:has-text("duel")');
  await says(bob, '.pilots', /^Ann$/);
  assert.match(await words(bob, '.facts'), /^1 of 1000 places taken, core 1, tick p99 \d/);
  assert.deepEqual([await nameless(bob.page), await faint_texts(bob.page)], [[], []]);
  await bob.screenshot('lobby-phone');
  await bob.page.click('#lobby section .first');
  await arrive(bob, 'duel');
  await bob.until('Bob sees Ann in that room', ({ players }) => players === 2);

  // By key, from within the match, and out again.
  await ann.page.keyboard.press('KeyL');
  await says(ann, '.pilots', /^Ann, Pilot \d+$|^Pilot \d+, Ann$/);
  assert.match(await words(ann, 'h3'), /^duel, where you are$/);
  assert.deepEqual([await nameless(ann.page), await faint_texts(ann.page)], [[], []]);
  await ann.screenshot('lobby');
  await ann.page.keyboard.press('Escape');
  assert.ok(await ann.page.isHidden('#lobby'));
  assert.ok(plays(await ann.state()));
});

test('Lobby.InvitesAndLetsLookOn', async () => {
  await start('--rooms-max', '4');
  const ann = await open('/?room=tea');
  assert.equal(await ann.page.textContent('#rooms'), 'Room: tea');
  await ann.play('Ann');
  await open_lobby(ann, '#open-rooms');
  const link = await ann.page.inputValue('#lobby section input');
  assert.equal(link, `${server.url}/?room=tea`);
  await ann.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await ann.page.click('#lobby button:has-text("Copy link")');
  await says(ann, 'section', /Copied/);
  assert.equal(await ann.page.evaluate(() => navigator.clipboard.readText()), link);

  const guest = await open(link.slice(server.url.length), small);
  await guest.play('Guest');
  const { names } = await server.json('/rooms?room=tea');
  assert.deepEqual(names.toSorted(), ['Ann', 'Guest']);

  const looker = await open('/', small);
  await open_lobby(looker);
  await looker.page.click('#lobby li button:has-text("tea")');
  await says(looker, '.pilots', /Ann/);
  await looker.page.click('#lobby button:has-text("Watch")');
  await arrive(looker, 'tea');
  await looker.until('the match is there', ({ connected, alive }) => connected && !alive);
  assert.equal((await server.json('/rooms?room=tea')).players, 3);
});

test('Lobby.RefusesWhatCannotBeMade', async () => {
  await start('--rooms-max', '2', '--players-max', '1');
  const ann = await open();
  await open_lobby(ann);
  for (const [name, why] of [['no spaces', /letters without accents/], ['<b>x', /letters/]]) {
    await ann.page.fill('#lobby form input', name);
    await says(ann, '.pilots', why);
    assert.ok(await ann.page.isDisabled('#lobby section .first'));
    await ann.page.keyboard.press('Enter');
  }
  assert.equal(await ann.page.$('#lobby b:has-text("x")'), null);
  await ann.page.keyboard.press('Escape');
  await ann.play('Ann');

  // Who asks for no room comes to one that has place, and then there is none.
  const bob = await open('/', { ...small, server_may_vanish: true });
  await bob.page.click('#title [type="submit"]');
  await arrive(bob, '2');
  await bob.until('Bob plays in another room', plays);
  const cleo = await open('/', small);
  await open_lobby(cleo);
  await says(cleo, '.pilots', /^This room is full/);
  await cleo.page.fill('#lobby form input', 'third');
  await says(cleo, '.pilots', /^The server takes no more rooms/);
});

test('Lobby.FindsAMatchAndSaysWhenThereIsNoServer', async () => {
  await start('--rooms-max', '4', '--players-max', '2');
  const ann = await open('/?room=tea');
  await ann.play('Ann');
  const bob = await open('/', { ...small, server_may_vanish: true });
  await open_lobby(bob);
  await bob.page.click('#lobby button:has-text("Quick match")');
  await arrive(bob, 'tea');
  await bob.until('Bob plays where Ann is', ({ players, connected }) => connected && players === 2);
  await open_lobby(bob, '#open-rooms');
  ann.complaints.length = 0;
  await pages.close(ann);
  await server.end('SIGKILL');
  await says(bob, 'header p', /^The server does not answer/);
});
