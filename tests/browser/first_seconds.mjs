// The first seconds of a visit: what is loaded, and what is said when there is nothing to play.
// usage: node first_seconds.mjs, with RAILROIDS and ARTEFACTS (where the screenshots go).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { GamePage, launch, need_browser, OpenPages } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { faint_texts, nameless } from '../support/page_audit.mjs';
import { WebSocket } from '../support/player.mjs';
import { until } from '../support/until.mjs';

need_browser();

const page_bytes_most = 300_000;

let browser;
let server;
const pages = new OpenPages();
let bye;

// What the server answers to a page that was built with another one.
async function farewell() {
  const socket = new WebSocket(`${server.socket_url}/play/1`, 'arena.v1');
  await once(socket, 'open');
  socket.send(Uint8Array.of(1));
  const [bye] = await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
  return bye;
}

before(async () => {
  // One room, and one place in it: else whoever finds it full is led to another.
  server = await GameServer.start(process.env.RAILROIDS, {
    args: ['--players-max', '1', '--rooms-max', '1'] });
  bye = await farewell();  // While there is a place.
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.end();
});
afterEach(async () => {
  assert.deepEqual(await pages.close_all(), []);
});

async function open(options) {
  return pages.add(await GamePage.open(browser, server.url, options));
}

const link_says = (page, words) =>
  until(`the page says ${words}`, async () => words.test(await page.page.textContent('#link')));

test('Page.IsSmallAndAsksNobodyElse', async () => {
  const page = await open();
  const loaded = await page.page.evaluate(() =>
    ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
      .map(({ name, transferSize, responseEnd }) => ({ name, transferSize, responseEnd })));
  const names = loaded.map(({ name }) => name.replace(server.url, ''));
  assert.deepEqual(names.filter((name) => !name.startsWith('/')), []);
  assert.ok(names.includes('/railroids.js') && names.includes('/railroids.wasm'));
  assert.equal(new Set(names).size, names.length, `something came twice: ${names}`);
  const bytes = loaded.reduce((sum, { transferSize }) => sum + transferSize, 0);
  assert.ok(loaded.every(({ transferSize }) => transferSize > 0));
  console.log(`${names.length} files, ${bytes} bytes with their headers`);
  assert.ok(bytes < page_bytes_most, String(bytes));
  assert.deepEqual([await nameless(page.page), await faint_texts(page.page)], [[], []]);
  // Printed only: the machine has other things to do.
  const ready_ms = await page.page.evaluate(() =>
    performance.getEntriesByName('playable')[0].startTime);
  console.log(`playable after ${Math.round(ready_ms)} ms`);
});

test('Page.SaysThatTheServerIsFullAndTakesTheNextPlace', async () => {
  const ann = await open();
  await ann.play('Ann');
  const bob = await open({ server_may_vanish: true });
  await bob.page.fill('#name', 'Bob');
  await bob.page.click('#title [type="submit"]');
  await link_says(bob, /^The server is full\. Trying again in \d s$/);
  // What moved behind the title is not to be taken for a match.
  await bob.page.waitForSelector('body.backdrop');
  await bob.screenshot('full');
  await bob.page.keyboard.press('F2');  // Who looks inside without a world is told why.
  await bob.page.waitForSelector('#inside [data-cause=link]');
  await bob.page.keyboard.press('F2');
  await pages.close(ann);
  await bob.until('Bob plays', (state) => state.connected && state.alive);
  assert.ok(await bob.page.isHidden('#link'));
  assert.equal(await bob.page.$('body.backdrop, body.cut-off'), null);
});

test('Page.SaysWhatItIsWhenLoadingAgainDidNotHelp', async () => {
  const page = await open();
  await page.page.routeWebSocket('**/play/1', (socket) => {
    socket.onMessage(() => socket.send(bye));
  });
  await page.page.reload();
  const play = async () => {
    await page.page.waitForFunction(() => window.railroids && !window.is_old);
    await page.page.click('#title [type="submit"]');
  };
  await play();
  await page.page.waitForSelector('#note:not([hidden])');
  assert.match(await page.page.textContent('#note'), /^The game was updated/);
  await play();
  await link_says(page, /not of the version that the server runs/);
});

// Goal: no page is loaded again for ever. Method: one that may keep nothing, and that begins by
// itself, for it only watches.
test('Page.IsNotLoadedForEverWhereNothingMayBeKept', async () => {
  const page = pages.add(await GamePage.blank(browser));
  let loadings = 0;
  page.page.on('load', () => (loadings += 1));
  await page.page.addInitScript(() => {
    for (const storage of ['sessionStorage', 'localStorage']) {
      Object.defineProperty(window, storage, {
        get: () => { throw new DOMException('forbidden', 'SecurityError'); } });
    }
  });
  await page.page.routeWebSocket('**/play/1', (socket) => {
    socket.onMessage(() => socket.send(bye));
  });
  await page.page.goto(`${server.url}/?watch=beacon`);
  await link_says(page, /not of the version that the server runs/);
  assert.equal(loadings, 2);
});

// A browser that lacks something, before the page's first line runs.
async function open_without(take_away) {
  const page = pages.add(await GamePage.blank(browser));
  await page.page.addInitScript(take_away);
  await page.page.goto(server.url);
  await page.page.waitForSelector('#note:not([hidden])');
  assert.ok(await page.page.isHidden('.join'));
  return page;
}

test('Page.SaysThatWebAssemblyIsMissing', async () => {
  const page = await open_without(() => delete globalThis.WebAssembly);
  assert.match(await page.page.textContent('#note'), /^This browser has no WebAssembly/);
  await page.screenshot('no-webassembly');
});

test('Page.SaysThatWebGlIsMissing', async () => {
  const page = await open_without(() => {
    HTMLCanvasElement.prototype.getContext = () => null;
  });
  assert.match(await page.page.textContent('#note'), /^This browser has no WebGL/);
});
