// The operator's page in a real browser: it shows what the server says, as text, and its buttons do
// what they say. usage: node ops.mjs, with RAILROIDS and ARTEFACTS.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { desk, launch, need_browser, phone } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { WebSocket } from '../support/player.mjs';
import { limit_ms, until } from '../support/until.mjs';

need_browser();

const hostile = '<img src=x onerror="window.broken = true"><script>window.broken = true</script>';
const token = 'correct-horse-battery-staple';

let browser;
let server;
let page;
let sockets;
let complaints;

before(async () => {
  browser = await launch();
});
after(() => browser.close());
afterEach(async () => {
  for (const socket of sockets) socket.close();
  await page.context().close();
  await server.end();
  assert.deepEqual(complaints, []);
});

async function open_page(args = [], screen = desk) {
  sockets = [];
  complaints = [];
  server = await GameServer.start(process.env.RAILROIDS, { args });
  const context = await browser.newContext(screen);
  context.setDefaultTimeout(limit_ms);
  page = await context.newPage();
  // A server that asks for a token says 401, which the browser reports, too.
  page.on('console', (message) => {
    const expected = / 401 /.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !expected) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack));
  await page.goto(`${server.url}/ops`);
}

const screenshot = (name) =>
  page.screenshot({ path: join(process.env.ARTEFACTS, `${name}.png`), fullPage: true });
const text_is = (id, expected) =>
  until(`${id} says ${expected}`, async () => expected.test(await page.textContent(`#${id}`)));

// Somebody who connects and says nothing.
async function connect() {
  const socket = new WebSocket(`${server.socket_url}/play/1`, 'arena.v1');
  socket.closed = new Promise((resolve) => { socket.onclose = resolve; });
  sockets.push(socket);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('refused'));
  });
  return socket;
}

const kick_buttons = '#clients button';

test('Operations.ShowsTheServerAndKicks', async () => {
  await open_page(['--rooms', '3', '--bots', '40']);
  await text_is('state', /^open$/);
  const first = await connect();
  const second = await connect();
  await until('both are on the list', async () => (await page.$$(kick_buttons)).length === 2);
  assert.equal(await page.locator('#rooms tbody tr').count(), 3);
  await until('seconds are drawn',
              () => page.$eval('#work path', (line) => line.getAttribute('d').includes('L')));
  await screenshot('operations');
  await page.locator(kick_buttons).first().click();
  const { code, reason } = await Promise.race([first.closed, second.closed]);
  assert.deepEqual([code, reason], [1008, 'kicked by the operator']);
  await until('one is left', async () => (await page.$$(kick_buttons)).length === 1);
  await text_is('told', /^kicked: connection \d+\.\d+$/);
});

test('Operations.RefusesNewcomersAndLetsThemInAgain', async () => {
  await open_page();
  await page.click('#drain');
  await text_is('state', /^newcomers are refused$/);
  await assert.rejects(connect());
  await page.click('#empty');
  await text_is('state', /sent away in \d+ s$/);
  await screenshot('operations-draining');
  await page.click('#undrain');
  await text_is('state', /^open$/);
  await connect();
});

test('Operations.ShowsWhateverIsInTheLogOrInANameAsText', async () => {
  await open_page();
  await connect();
  await text_is('state', /^open$/);
  await page.route('**/ops/clients*', async (route) => {
    const { clients } = await (await route.fetch()).json();
    await route.fulfill({ json: { clients: clients.map((who) => ({ ...who, name: hostile })) } });
  });
  await text_is('clients', /onerror/);
  assert.equal(await page.$('#clients img, #clients script'), null);
  await page.route('**/ops/log', (route) => route.fulfill({ json: { lines: [hostile] } }));
  await text_is('log', /onerror/);
  assert.equal(await page.textContent('#log li'), hostile);
  assert.equal(await page.$('#log img, #log script'), null);
  assert.equal(await page.evaluate(() => window.broken), undefined);
});

test('Operations.AsksForTheToken', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  const file = join(folder, 'token');
  writeFileSync(file, token);
  await open_page(['--ops-token-file', file], phone);
  rmSync(folder, { recursive: true });
  await page.waitForSelector('#login:not([hidden])');
  await screenshot('operations-locked');
  assert.equal(await page.isVisible('main'), false);
  await page.fill('#token', 'another-one-of-that-length');
  await page.keyboard.press('Enter');
  await text_is('refused', /another one/);
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await text_is('state', /^open$/);
  assert.equal(page.url(), `${server.url}/ops`);
  assert.deepEqual(await page.context().cookies(), []);
  await page.reload();
  await text_is('state', /^open$/);
  await screenshot('operations-phone');
});
