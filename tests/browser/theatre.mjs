// A recorded match in a page, without the server that recorded it.
// usage: node theatre.mjs, with RAILROIDS and ARTEFACTS (where the screenshots go).

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { desk, GamePage, launch, need_browser, OpenPages, phone } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { faint_texts, nameless, tab_stops } from '../support/page_audit.mjs';
import { until } from '../support/until.mjs';

need_browser();

let browser;
let server;
let folder;
let recording;
let joined_at;  // The tick from which on Ann is in it,
let ann;        // and her ship.
const pages = new OpenPages();

// A match that a page plays for some seconds among bots.
async function record(path) {
  const recorder = await GameServer.start(
    process.env.RAILROIDS, { args: ['--bots', '40', '--players-max', '8', '--record', path] });
  const page = await GamePage.open(browser, recorder.url);
  await page.play('Ann');
  await page.until('it flies', async ({ speed }) => {
    await page.page.keyboard.down('KeyW');  // As a held key does, again and again.
    return speed > 100;
  });
  await page.page.keyboard.press('Space');
  ({ server_tick: joined_at, id: ann } = await page.state());
  await page.until('some seconds have passed', ({ server_tick }) => server_tick > joined_at + 120);
  await page.close();
  await recorder.end();
  return readFile(path);
}

before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), 'ringtick-theatre-'));
  recording = await record(join(folder, 'match.rec'));
  server = await GameServer.start(process.env.RAILROIDS);
});
after(async () => {
  await browser.close();
  await server.end();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  assert.deepEqual(await pages.close_all(), []);
});

const text = (page, selector) => page.page.textContent(selector);
const verdict = (page) => text(page, '#theatre [data-number="verdict"]');
const tick = async (page) =>
  Number((await text(page, '#theatre [data-number="tick"]')).replaceAll(/\D/g, ''));

async function open(options) {
  return pages.add(await GamePage.open(browser, server.url, { sharp: true, ...options }));
}

// As a player does: by the button on the title.
async function choose(page, bytes) {
  const [chooser] = await Promise.all([
    page.page.waitForEvent('filechooser'), page.page.click('#watch-recording'),
  ]);
  await chooser.setFiles(
    { name: 'match.rec', mimeType: 'application/octet-stream', buffer: bytes });
}

async function watch(page, bytes = recording) {
  await choose(page, bytes);
  await page.page.waitForSelector('#theatre');
  await page.until('the match is there', ({ connected }) => connected);
}


const frames = (page) => page.page.evaluate(() =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const subject = (page) => text(page, '#theatre .whom b');
const dialog = (page) => page.page.waitForSelector('dialog[open]').then((it) => it.textContent());

// Where it stands then.
async function pause(page) {
  await page.page.keyboard.press('Space');
  await page.page.waitForSelector('[aria-label=Play]');
  await frames(page);
  return tick(page);
}

test('Theatre.ShowsARecordedMatchAtAnyPaceAndPlace', async () => {
  const page = await open();
  await watch(page);
  const leaders = () => page.page.$$eval('#leaders:not([hidden]) li', (all) => all.length);
  await until('it goes on', async () => (await tick(page)) > 20);
  assert.equal(await subject(page), 'The beacon');

  const paused_at = await pause(page);
  const before = await page.state();
  await frames(page);
  assert.equal(await tick(page), paused_at);
  assert.deepEqual((await page.state()).ships, before.ships, 'nothing moves');
  await page.page.keyboard.press('Period');
  await until('one tick on', async () => (await tick(page)) === paused_at + 1);
  await page.page.click('[aria-label="One tick back"]');
  await until('and back', async () => (await tick(page)) === paused_at);

  // Far on, and back to where it was: the very same is seen.
  await page.page.keyboard.press('End');
  await until('its end', async () => (await tick(page)) > paused_at + 100);
  const last = await tick(page);
  await until('who leads is told', async () => (await leaders()) > 0);
  await page.page.evaluate((at) => {
    const scrubber = document.querySelector('#theatre input');
    scrubber.value = at;
    scrubber.dispatchEvent(new Event('input'));
  }, paused_at);
  await until('back there', async () => (await tick(page)) === paused_at);
  // The scrubber is there before the picture is. Who is drawn by a clock is drawn nearly there, so
  // at the edge of what is in sight one may be on either side of it; and who flew out of sight is
  // still told of for a while, to whoever saw it.
  const well_in_sight = ({ x, y, ships }) =>
    ships.filter((ship) => Math.abs(ship.x - x) < 959 && Math.abs(ship.y - y) < 539);
  const shows_all_of = (other, state) => well_in_sight(other).every(({ id, x, y }) =>
    state.ships.some((ship) => ship.id === id && Math.hypot(ship.x - x, ship.y - y) < 0.1));
  await page.until('the same ships where they were', (state) =>
    shows_all_of(before, state) && shows_all_of(state, before));

  await page.page.keyboard.press('Space');
  await page.page.selectOption('[aria-label=Speed]', '8');
  await until('it stops at its end', async () =>
    (await tick(page)) === last && await page.page.isVisible('[aria-label=Play]'));
  assert.match(await verdict(page), /^(\d+) of \1 states as recorded$/);
  await page.page.keyboard.press('Escape');
  await page.page.waitForSelector('#title:not(.gone)');
  assert.equal(await page.page.$('#theatre'), null);
});

test('Theatre.LooksAtWhomeverOneLikes', async () => {
  const page = await open();
  await watch(page);
  await page.page.keyboard.press('End');
  await page.page.keyboard.press('ArrowDown');
  await until('the player is looked at', async () => (await subject(page)) === 'Ann');
  const ann = await page.until('her ship', ({ id, ships }) =>
    id === 0 && ships.some(({ name }) => name === 'Ann'));
  await page.screenshot('theatre-end');

  // A click on another ship. The camera looks a little ahead of hers.
  const { width, height } = desk.viewport;
  const zoom = width / 1920;
  const others = ann.ships.filter(({ id, x, y }) =>
    id !== 0 && Math.abs(x - ann.x) < 600 && Math.abs(y - ann.y) < 200);
  const places = others.flatMap(({ x, y }) => [[0, 0], [60, 0], [-60, 0], [0, 60], [0, -60]].map(
    ([dx, dy]) => [width / 2 + (x - ann.x) * zoom + dx, height / 2 + (y - ann.y) * zoom + dy]));
  for (const [x, y] of places) {
    await page.page.mouse.click(x, y);
    await frames(page);
    if ((await subject(page)) !== 'Ann') return;
  }
  assert.equal(others.length, 0, 'no click on a ship was heard');
});

test('Theatre.VerifiesAllAndComesBack', async () => {
  const page = await open();
  await watch(page);
  const before = await pause(page);
  await page.page.click('text=Verify all');
  await until('all is verified', async () =>
    /^(\d+) of \1 states as recorded$/.test(await verdict(page)));
  await until('it is where it was', async () => (await tick(page)) === before);
  assert.ok(await page.page.isHidden('text=Verify all'));
  await page.screenshot('theatre');
  assert.deepEqual([await nameless(page.page), await faint_texts(page.page)], [[], []]);
  const stops = await tab_stops(page.page);
  assert.deepEqual(stops.map(({ name }) => name), [
    'Sound off', 'F2 look inside', 'Place in the match', 'One tick back', 'Play', 'One tick on',
    'Speed', 'Watch the one before', 'Watch the next one', 'Copy link', 'Save file',
    'Back to the game']);
  assert.deepEqual(stops.filter(({ ring }) => !(ring >= 2)), []);
});

// What lies on the server: here the browser is told so.
async function put(page, path, answer) {
  await page.page.context().route(`**${path}`, (route) => route.fulfill(answer));
}

test('Theatre.GivesALinkToTheMoment', async () => {
  const page = pages.add(await GamePage.blank(browser));
  await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await put(page, '/match.rec', { body: recording });
  const tick_asked = joined_at + 30;
  await page.go_to(`${server.url}/?replay=/match.rec&tick=${tick_asked}&watch=${ann}&sharp`);
  await page.page.waitForSelector('#theatre');
  const here = await pause(page);
  assert.ok(here >= tick_asked);
  await page.page.click('text=Copy link');
  await until('it is copied', async () => /Link copied/.test(await text(page, '#theatre .said')));
  const link = await page.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${server.url}/?replay=%2Fmatch.rec&tick=${here}&watch=${ann}`);

  await page.go_to(link);
  await page.page.waitForSelector('#theatre');
  assert.ok((await pause(page)) >= here);
  assert.equal(await subject(page), 'Ann');

  // Who is not there, and when there was nothing any more.
  const says = (words) =>
    until(`it says ${words}`, async () => words.test(await text(page, '#theatre .said')));
  const at = `${server.url}/?replay=/match.rec&sharp`;
  await page.go_to(`${at}&tick=${tick_asked}&watch=7`);
  await says(/^Ship 7 is not in the match here\. This is the beacon\.$/);
  await until('so it is', async () => (await subject(page)) === 'The beacon');
  // Who has only just come is looked at all the same.
  await page.go_to(`${at}&tick=${joined_at}&watch=${ann}`);
  await until('she is there', async () => (await subject(page)) === 'Ann');
  await page.go_to(`${at}&tick=999999`);
  await says(/^This recording ends at tick \d+\.$/);
});

test('Theatre.SaysWhatIsWrong', async () => {
  const page = await open();
  await choose(page, Buffer.from('No recording at all.'));
  assert.match(await dialog(page), /This file is no recording/);
  await page.page.click('dialog button');

  const old = Buffer.from(recording);
  old.write('1', recording.indexOf('\n') - 1);
  await choose(page, old);
  assert.match(await dialog(page), /made by another version of Railroids/);
  await page.page.click('dialog button');

  // The last byte but some is not what was written.
  const spoiled = Buffer.from(recording);
  spoiled[recording.length - 30] ^= 1;
  await watch(page, spoiled);
  await page.page.keyboard.press('End');
  await until('it says so', async () =>
    /The file is damaged behind tick|Cut off while it was written/.test(
      await text(page, '#theatre .said')));
  await page.page.click('text=Copy link');
  assert.match(await dialog(page), /send it along/);
  await page.page.keyboard.press('Escape');
  assert.ok(await page.page.isVisible('#theatre'), 'that was for the dialog');

  await page.go_to(`${server.url}/?replay=${encodeURIComponent('https://example.com/match.rec')}`);
  assert.match(await dialog(page), /of its own server only, not of example\.com/);
});

// From the real server, which keeps it for its operator: whoever is on the same machine.
test('Theatre.ShowsTheLastMinuteToWhoeverPlays', async () => {
  const page = await open();
  await page.play('Bob');
  const { id } = await page.until('a second was kept', ({ server_tick }) => server_tick > 45);
  await page.page.keyboard.press('KeyR');
  assert.match(await dialog(page), /The last 60 s/);
  const [download] = await Promise.all([
    page.page.waitForEvent('download'), page.page.click('text=Save file')]);
  assert.match(download.suggestedFilename(), /^railroids-[\d-]+-room1\.replay$/);
  const saved = await readFile(await download.path());
  assert.ok(saved.toString('latin1').startsWith('ringtick record '));

  await page.page.keyboard.press('F2');
  await page.page.fill('[name=interpolation]', '250');
  await page.page.keyboard.press('F2');
  await page.page.click('#last-minute');
  await page.page.click('text=Watch now');
  await page.page.waitForSelector('#theatre');
  await page.page.keyboard.press('End');
  await until('he sees himself', async () => {
    if ((await subject(page)) === 'Bob') return true;
    await page.page.keyboard.press('ArrowDown');
    return frames(page);
  });
  await until('as it was', async () =>
    /^(\d+) of \1 states as recorded$/.test(await verdict(page)));
  await page.screenshot('theatre-last-minute');
  await page.page.keyboard.press('F2');  // Who looks inside is not told of a broken connection.
  await page.page.waitForSelector('#inside [data-cause=recorded]');
  const panels = await page.page.$$eval('#inside section', (all) => all
    .filter((element) => element.checkVisibility()).map(({ dataset }) => dataset.panel));
  assert.deepEqual(panels, [
    'Why it stutters', 'Lagometer', 'Network', 'Snapshot age', 'Bytes by kind', 'Over the world',
  ], 'what is of this match');
  const delay = () => page.page.textContent('[data-number=interpolation_delay_ms]');
  await page.screenshot('theatre-inside');
  await page.page.keyboard.press('Escape');
  await page.until('Bob has his ship again', (state) =>
    state.link === 'open' && state.alive && state.id === id);
  await until('the delay is again what he had chosen', async () => (await delay()) === '250 ms');
});

const is_verified = (page) => async () =>
  /^(\d+) of \1 states as recorded$/.test(await verdict(page));

// What she looks at is kept when she copies the link; killed and started anew, the server has it.
test('Theatre.KeepsTheMomentOfALink', async (t) => {
  const kept = await mkdtemp(join(folder, 'moments-'));
  const args = ['--bots', '40', '--moments', kept, '--moments-max', '1'];
  let keeper = await GameServer.start(process.env.RAILROIDS, { args });
  t.after(() => keeper.end());
  const page = pages.add(await GamePage.open(browser, keeper.url, { server_may_vanish: true }));
  await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.play('Cleo');
  await page.until('seconds were kept', ({ server_tick }) => server_tick > 90);
  await page.page.keyboard.press('KeyR');
  await page.page.click('text=Watch now');
  await page.page.waitForSelector('#theatre');
  await page.page.keyboard.press('End');
  await until('its end', async () => (await tick(page)) > 80);
  await page.page.click('[aria-label="One tick back"]');
  await frames(page);
  const here = await tick(page);
  const link_of = async () => {
    await page.page.click('text=Copy link');
    await until('it is copied', async () => /Link copied/.test(await text(page, '#theatre .said')));
    return page.page.evaluate(() => navigator.clipboard.readText());
  };
  const link = new URL(await link_of());
  const name = (await readdir(kept))[0];
  assert.deepEqual(Object.fromEntries(link.searchParams),
    { replay: `/moments/${name}`, tick: String(here), watch: 'beacon' });
  assert.equal(await link_of(), link.href, 'it is there already');
  assert.equal((await readdir(kept)).length, 1);

  // Of another one there is no link: so many are kept as may be.
  await page.page.keyboard.press('Escape');
  await page.page.waitForSelector('#theatre', { state: 'detached' });
  await page.page.keyboard.press('KeyR');
  await page.page.click('text=Watch now');
  await page.page.waitForSelector('#theatre');
  await page.page.click('text=Copy link');
  assert.match(await dialog(page), /as many moments as it may.*Save the file/);

  await keeper.end('SIGKILL');
  keeper = await GameServer.start(process.env.RAILROIDS, { args });
  const fresh = pages.add(await GamePage.blank(browser));
  await fresh.go_to(`${keeper.url}/${link.search}`);
  await fresh.page.waitForSelector('#theatre');
  await until('that very moment', async () => (await tick(fresh)) >= here);
  assert.equal(await subject(fresh), 'The beacon');
  if (await fresh.page.isVisible('text=Verify all')) await fresh.page.click('text=Verify all');
  await until('as it was', is_verified(fresh));
  const complaints = await pages.close_all();
  assert.equal(complaints.length, 1, complaints.join());
  assert.match(complaints[0], /status of 507/, 'as the browser has it of a refused order');
});

test('Theatre.SaysWhyThereIsNoLastMinute', async () => {
  const page = pages.add(await GamePage.blank(browser, { server_may_vanish: true }));
  await put(page, '/replay/last?room=1', { status: 503 });
  await page.go_to(server.url);
  await page.play('Bob');
  // As /ops keeps it for an operator, in this tab.
  await page.page.evaluate(() => sessionStorage.setItem('token', 'of-the-operator'));
  const [asked] = await Promise.all([
    page.page.waitForRequest('**/replay/last*'),
    // Twice, before what shows recordings has been loaded.
    page.page.evaluate(() => {
      const button = document.getElementById('last-minute');
      button.click();
      button.click();
    }),
  ]);
  assert.equal(await asked.headerValue('Authorization'), 'Bearer of-the-operator');
  assert.match(await dialog(page), /no recording of the last minute yet/);
  assert.equal(await page.page.locator('dialog').count(), 1);
});

test('Theatre.FitsAPhone', async () => {
  const page = await open({ screen: phone });
  await watch(page);
  await until('it goes on', async () => (await tick(page)) > 10);
  await page.page.tap('[aria-label=Pause]');
  await page.page.tap('[aria-label="Watch the next one"]');
  await until('another is looked at', async () => (await subject(page)) !== 'The beacon');
  const { scrollWidth, clientWidth } = await page.page.evaluate(() => document.body);
  assert.equal(scrollWidth, clientWidth);
  await page.screenshot('theatre-phone');
});
