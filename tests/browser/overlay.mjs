// The engineer's overlay in a real browser: what it shows is what the server says, and what it
// offers to change changes. usage: node overlay.mjs, with RAILROIDS and ARTEFACTS.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desk, GamePage, launch, need_browser, phone } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { Inside } from '../support/inside.mjs';
import { faint_texts, nameless, tab_stops } from '../support/page_audit.mjs';
import { count_webgl_objects, held_by } from '../support/page_memory.mjs';
import { until } from '../support/until.mjs';

need_browser();

const page_size_most = 300_000;  // Compressed, all of it.

// One match for all tests but the last, in which Ann plays; each finds the overlay open, and the
// path as it is.
let browser;
let server;
let page;

before(async () => {
  browser = await launch();
  server = await GameServer.start(process.env.RAILROIDS, {
    args: ['--bots', '40', '--bots-max', '500'] });
  page = await GamePage.blank(browser);
  await count_webgl_objects(page.page);
  await page.go_to(`${server.url}/`);
  await page.play('Ann');
});
after(async () => {
  await page?.close();
  await Promise.all([browser.close(), server?.end()]);
  assert.deepEqual(page.complaints, []);
});

const inside = () => new Inside(page.page);
const look_inside = () => inside().look();
const text = (name) => inside().text(name);
const number = (name) => inside().number(name);
const until_number = (...what) => inside().until_number(...what);
const set_slider = (name, value) => inside().set_slider(name, value);

// Whoever only plays loads nothing of it, and all together is small.
test('Overlay.IsLoadedByNobodyWhoDoesNotLook', async () => {
  const loaded = await page.page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  assert.ok(loaded.includes('/railroids.js') && !loaded.includes('/overlay.js'), `${loaded}`);
  let size = 0;
  for (const path of ['/', '/style.css', '/favicon.svg', '/railroids.js', '/railroids.wasm',
                      '/overlay.js', '/overlay.css']) {
    const answer = await fetch(server.url + path, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(answer.status, 200, path);
    size += Number(answer.headers.get('content-length'));
  }
  assert.ok(size > 0 && size < page_size_most, `${size} bytes compressed`);
});

// What is told of a shot, or of a recorded match.
const in_time = new Set(['rewound_units', 'replay_verdict', 'replay_tick', 'replay_played']);

test('Overlay.ShowsInEveryPanelWhatThereIsToTell', async () => {
  await look_inside();
  await until('every number is there', async () => {
    const texts = await page.page.$$eval('#inside [data-number]', (all) =>
      all.map(({ dataset, textContent }) => [dataset.number, textContent]));
    const missing = texts.filter(([name, shown]) => /^–|NaN/.test(shown) && !in_time.has(name));
    return texts.length > 40 && missing.length === 0;
  });
  const titles = await page.page.$$eval('#inside section:not([hidden])', (all) =>
    all.map(({ dataset }) => dataset.panel));
  assert.deepEqual(titles, [
    'Why it stutters', 'Lagometer', 'Network', 'Round trip', 'Snapshot age', 'Prediction error',
    'Bytes by kind', 'Replay', 'Tick lateness', 'Tick work', 'io_uring', 'Path', 'Interpolation',
    'Encoder', 'Bots', 'Over the world', 'Server']);
  await page.screenshot('overlay');
});

// Of microseconds or milliseconds, as it is shown.
async function shown_us(name) {
  const shown = await text(name);
  return Number.parseFloat(shown.replaceAll(',', '')) * (shown.endsWith('ms') ? 1000 : 1);
}

// Each number of the server's that is shown, and how to find it in /stats.json.
const said_by_server = {
  players: (stats) => stats.players,
  rate_hz: (stats) => stats.rate_hz,
  buffers_lent: (stats) => stats.receive_buffers_lent,
  sends_in_flight: (stats) => stats.sends_in_flight,
  sockets_full: (stats) => stats.sockets_full,
  snapshots_skipped: (stats) => stats.snapshots_skipped + stats.snapshots_thinned,
  ticks_unshown: (stats) => stats.ticks + stats.ticks_forgiven - stats.broadcasts,
  views_too_old: (stats) => stats.rooms[0].game.views_too_old,
  tick_late_idle_p50: (stats) => stats.tick_late_idle_us.p50,
  tick_late_idle_p99: (stats) => stats.tick_late_idle_us.p99,
  tick_late_p50: (stats) => stats.tick_late_us.p50,
  tick_late_p99: (stats) => stats.tick_late_us.p99,
  tick_work_idle_p50: (stats) => stats.tick_work_idle_us.p50,
  tick_work_idle_p99: (stats) => stats.tick_work_idle_us.p99,
  tick_work_p50: (stats) => stats.tick_work_us.p50,
  tick_work_p99: (stats) => stats.tick_work_us.p99,
};
const rounding = 1.02;   // Three digits are shown of most.
const wandering = 1.3;  // A percentile may go up and down meanwhile.

// Of what a number says in its own unit, or in microseconds if that is a time.
function value_of(shown) {
  const thousands = shown.endsWith(' ms') ? 1000 : 1;
  return Number.parseFloat(shown.replaceAll(',', '')) * thousands;
}

// Goal: what is shown is what the server says. Method: it says it before a report is shown and
// after that, and what is shown lies between. The path is as it is, so nothing else is needed.
test('Overlay.ShowsEachNumberOfTheServersAsTheServerSaysIt', async () => {
  await look_inside();
  const asked = () => page.page.waitForResponse('**/stats.json*');
  const before = await server.json('/stats.json');
  await asked();
  await asked();  // By now what the first one answered is shown.
  const shown = Object.fromEntries(await page.page.$$eval('#inside [data-number]', (all) =>
    all.map(({ dataset, textContent }) => [dataset.number, textContent])));
  const after = await server.json('/stats.json');
  for (const [name, find] of Object.entries(said_by_server)) {
    const [low, high] = [find(before), find(after)].sort((a, b) => a - b);
    const value = value_of(shown[name]);
    const slack = /_p\d\d$/.test(name) ? wandering : rounding;
    assert.ok(value >= low / slack && value <= high * slack,
              `${name}: ${low} <= ${shown[name]} <= ${high}`);
  }
  assert.deepEqual([shown.schema, shown.configuration], [after.schema, after.configuration]);
  for (const [name, times] of [['sqes_per_enter', after.sqes_per_enter],
                               ['cqes_per_reap', after.cqes_per_reap]]) {
    const numbers = shown[name].split(' · ').map(Number);
    assert.ok(numbers[2] <= times.max && numbers[0] <= numbers[1] && numbers[1] <= numbers[2],
              `${name}: ${shown[name]}`);
  }
  // Everything is to be found in /metrics, too: by another name where that has a convention.
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const name of ['players', 'receive_buffers_lent', 'sends_in_flight', 'sockets_full',
                      'snapshots_skipped_total', 'enters_total', 'submitted_total',
                      'completions_total', 'tick_late_seconds_count',
                      'tick_work_idle_seconds_count', 'game_views_too_old', 'sqes_per_enter']) {
    assert.match(metrics, new RegExp(`^ringtick_${name}`, 'm'), name);
  }
});

test('Overlay.SaysOfTheServerWhatTheServerSays', async () => {
  await look_inside();
  await until_number('the server was asked', 'players', (value) => value === 1);
  // Both are asked at some moment of a match that goes on: one reading lies between two others.
  const ticks = async () => (await server.json('/stats.json')).tick_work_us;
  const [first, shown, last] = [await ticks(), await shown_us('tick_work_p50'), await ticks()];
  const [low, high] = [Math.min(first.p50, last.p50), Math.max(first.p50, last.p50)];
  assert.ok(shown >= low / 2 && shown <= high * 2, `${low} <= ${shown} <= ${high}`);

  const { sqes_per_enter, cqes_per_reap } = await server.json('/stats.json');
  assert.ok(Number(/\d+$/.exec(await text('sqes_per_enter'))[0]) <= sqes_per_enter.max);
  assert.ok(Number(/\d+$/.exec(await text('cqes_per_reap'))[0]) <= cqes_per_reap.max);
  await until_number('a turn enters the kernel', 'enters_per_tick', (value) => value >= 1);
});

// Goal: what this page took apart is what the server put together. Method: the counters of both,
// the page's first: what is under way is not in them yet.
test('Overlay.TakesSnapshotsApartAsTheServerPutThemTogether', async () => {
  await look_inside();
  await page.until('some came', ({ bytes }) => bytes.updates > 2000 && bytes.comings > 100);
  const { bytes, snapshots } = await page.state();
  const { rooms, snapshots_sent } = await server.json('/stats.json');
  assert.ok(snapshots <= snapshots_sent, `${snapshots} of ${snapshots_sent}`);
  const later = (await page.state()).bytes;
  for (const [kind, here] of Object.entries(bytes)) {
    const there = rooms[0].game[`snapshot_bytes_${kind}`];
    // What came behind that is told by the server first, and then here.
    assert.ok(here <= there, `${kind}: ${here} here, ${there} there`);
    await page.until(`all ${kind} came`, (state) => state.bytes[kind] >= there - 1);
    assert.ok(later[kind] >= here);
  }
});

// Notes how long each ping was held in this page: it tells when it was written, by this clock.
function note_pings_held() {
  window.held_ms = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const sent_us = (view.getUint8(0) & 15) === 6 && view.getUint32(1, true);
    if (sent_us) window.held_ms.push(performance.now() - sent_us / 1000);
    return send.call(this, bytes);
  };
}

test('Overlay.LengthensTheWayByAsMuchAsIsAskedFor', async () => {
  await look_inside();
  await page.page.evaluate(note_pings_held);
  await until_number('the way is short', 'rtt_median_ms', (value) => value >= 0);
  const before_ms = await number('rtt_median_ms');
  await set_slider('up_lag_ms', 0);
  await set_slider('down_lag_ms', 100);
  // Until half of what the panel remembers is of the longer way.
  await until_number('the way is longer', 'rtt_median_ms', (value) => value >= 100);
  const now_ms = await number('rtt_median_ms');
  assert.ok(now_ms < before_ms + 400, `${before_ms} ms became ${now_ms} ms`);
  await page.until('the game knows', ({ rtt_ms }) => rtt_ms >= 100);

  const held_ms = () => page.page.evaluate(() => window.held_ms.splice(0));
  await until('a ping leaves at once', async () => (await held_ms()).some((ms) => ms < 100));

  await set_slider('up_lag_ms', 100);
  await set_slider('down_lag_ms', 0);
  await held_ms();  // What left before that.
  const held = [];
  await until('pings left', async () => held.push(...(await held_ms())) > 4);
  assert.ok(held.every((ms) => ms > 99), `${held}`);

  await page.page.click('#inside button:text-is("as it is")');
  await until_number('it is as it was', 'rtt_median_ms', (value) => value < 100);
});

test('Overlay.SaysWhyItStuttersWhenThePathStalls', async () => {
  await look_inside();
  await set_slider('down_stall_ms', 1500);
  await page.page.waitForSelector('#inside [data-cause=silence]');
  assert.match(await text('verdict'), /^The path stalls: nothing came for \d+ ms\.$/);
  await page.screenshot('overlay-stall');

  // Nobody is to wonder later why the game is as it is.
  await page.page.keyboard.press('F2');
  await page.page.waitForSelector('body.bad-path #look-inside');
  await page.screenshot('overlay-closed');
});

test('Overlay.DrawsAsFarInThePastAsItsSliderSays', async () => {
  await look_inside();
  await set_slider('interpolation', 250);
  await until_number('far', 'interpolation_delay_ms', (value) => value === 250);
  await set_slider('interpolation', 20);
  await until_number('near', 'interpolation_delay_ms', (value) => value === 20);
  assert.ok(!(await page.page.isChecked('[name=interpolation_auto]')));
  await page.page.check('[name=interpolation_auto]');
  await until_number('as it needs to be', 'interpolation_delay_ms', (value) => value > 20);
});

test('Overlay.AsksForTheOtherEncoder', async () => {
  await look_inside();
  const is_cells = () => page.page.textContent('[data-number=encoder]');
  await until('changes come', async () => /^changes/.test(await is_cells()));
  await page.page.click('#inside button:text-is("cells")');
  await until('cells come', async () => /^cells/.test(await is_cells()));
  const { bytes } = await page.state();
  await page.until('they are counted', (state) => state.bytes.cells > bytes.cells);
  await page.page.click('#inside button:text-is("whole")');
  await until('the whole comes', async () => /^whole/.test(await is_cells()));
  await until_number('it is measured', 'encoder_whole', (value) => value > 0);
  await page.page.click('#inside button:text-is("changes")');
  await until('changes come again', async () => /^changes/.test(await is_cells()));
  await until_number('they are measured', 'encoder_changes', (value) => value > 0);
  await page.screenshot('overlay-encoders');
  const sizes = await Promise.all(['changes', 'whole', 'json'].map((name) =>
    number(`encoder_${name}`)));
  assert.ok(sizes[0] < sizes[1] && sizes[1] < sizes[2], `${sizes}`);
});

test('Overlay.DrawsOverTheWorldOnlyWhatIsWanted', async () => {
  await look_inside();
  assert.equal(await page.page.$('#inside-world'), null);
  for (const layer of ['server_ghosts', 'rewind_ghosts', 'interest_grid']) {
    await page.page.check(`[name=${layer}]`);
  }
  await page.page.waitForSelector('#inside-world');
  const painted = () => page.page.$eval('#inside-world', (canvas) =>
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
      .some((value) => value > 0));
  await until('something is drawn', painted);
  await page.screenshot('overlay-world');
  await page.page.keyboard.press('F2');
  assert.equal(await page.page.$('#inside-world'), null);
});

test('Overlay.CanBeReadWithoutAPointerAndWalkedThroughByKeyboard', async () => {
  await look_inside();
  assert.deepEqual([await nameless(page.page), await faint_texts(page.page)], [[], []]);
  const meaning = page.page.locator('#inside [data-panel=Lagometer] .meaning');
  assert.ok(await meaning.isHidden());
  await page.page.click('#inside button:text-is("explain all")');
  assert.match(await meaning.textContent(), /^Above, each frame: blue/);
  assert.ok(await meaning.isVisible());
  assert.deepEqual(await faint_texts(page.page), []);
  const meanings = await page.page.locator('#inside section:visible > .meaning').count();
  assert.ok(meanings >= await page.page.locator('#inside section:visible').count());
  await page.page.click('#inside button:text-is("explain all")');

  const stops = await tab_stops(page.page);
  assert.deepEqual(stops.slice(0, 6).map(({ name }) => name), [
    'Sound off', 'L rooms', 'R last 60 s', 'F2 close', 'explain all', 'copy numbers']);
  assert.ok(stops.length > 20, JSON.stringify(stops));
  assert.deepEqual(stops.filter(({ ring }) => !(ring >= 2)), []);
  for (const [i, stop] of stops.entries()) {
    const next = stops[i + 1];
    const goes_on = !next || next.column !== stop.column || next.top > stop.top - 40 ||
      next.left > stop.left;
    assert.ok(goes_on, `${stop.name}, then ${next?.name}`);
    assert.ok(!next || next.column >= stop.column, `${stop.name}, then ${next?.name}`);
  }
});

test('Overlay.GivesItsNumbersToWhoeverWantsToKeepThem', async () => {
  await look_inside();
  await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.page.click('#inside button:text-is("copy numbers")');
  await page.page.waitForSelector('#inside button:text-is("copied")');
  const lines = (await page.page.evaluate(() => navigator.clipboard.readText())).split('\n');
  const names = await page.page.$$eval('#inside [data-number]', (all) =>
    all.map(({ dataset }) => dataset.number));
  assert.equal(lines.length, names.length + 1);
  for (const name of names) {
    assert.ok(lines.some((line) => line.startsWith(`railroids_page_${name}`)), name);
  }
  assert.ok(lines.includes('railroids_page_players 1'), `${lines}`);
});

test('Overlay.IsReachedAndReadOnAPhone', async () => {
  await page.page.setViewportSize(phone.viewport);
  if (await page.page.$('#inside')) await page.page.click('#look-inside');
  await page.page.click('#look-inside');
  await page.page.waitForSelector('#inside');
  const wide = await page.page.$$eval('#inside, #inside section', (all) => all
    .filter((element) => element.checkVisibility())
    .map((element) => element.getBoundingClientRect())
    .filter(({ left, right }) => left < 0 || right > innerWidth).length);
  assert.equal(wide, 0);
  const bottom = await page.page.$eval('#inside', (inside) =>
    inside.getBoundingClientRect().bottom);
  assert.ok(bottom < phone.viewport.height / 2, 'the ship and the thumbs keep their half');
  await page.page.locator('[name=down_lag_ms]').scrollIntoViewIfNeeded();
  assert.ok(await page.page.isVisible('[name=down_lag_ms]'));
  await page.screenshot('overlay-phone');
  await page.page.setViewportSize(desk.viewport);
});

test('Overlay.AsksTheServerNothingOnceItIsClosed', async () => {
  await look_inside();
  const asked = [];
  page.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const questions = () => asked.filter((path) => path === '/stats.json').length;
  await until('it asks now and then', () => questions() > 1);
  await page.page.click('#look-inside');
  assert.equal(await page.page.$('#inside'), null);
  const { length } = asked;
  const { server_tick } = await page.state();
  await page.until('seconds of the match pass', (state) => state.server_tick > server_tick + 75);
  assert.equal(asked.length, length);
});

// Plays for some rounds, each with the overlay open for half of the time.
async function play_on(rounds) {
  const { keyboard, mouse } = page.page;
  const pass = async (ticks) => {
    const { server_tick } = await page.state();
    await page.until('ticks pass', (state) => state.server_tick > server_tick + ticks);
  };
  await keyboard.down('KeyW');
  await mouse.down();
  for (let i = 0; i < rounds; i++) {
    await mouse.move(400 + 480 * (i % 2), 300);
    for (let half = 0; half < 2; half++) {
      await keyboard.press('F2');
      await pass(75);
    }
  }
  await mouse.up();
  await keyboard.up('KeyW');
}

// Goal: whatever was shown and is over is let go. Method: a match among bots, measured where the
// page is warm and some rounds later. With RINGTICK_MEMORY=full in the environment the rounds take
// three minutes.
const [rounds_to_warm_up, rounds] = process.env.RINGTICK_MEMORY === 'full' ? [6, 36] : [2, 3];
const growth_most = {
  script_bytes: 400_000,
  nodes: 60,          // As many lines of news as there happen to be, of four nodes each.
  listeners: 0,
  webgl_objects: 96,  // Of rocks that come into sight so many are kept.
};

test('Page.KeepsNothingOfWhatIsOver', async () => {
  if (await page.page.$('#inside')) await page.page.keyboard.press('F2');
  const cdp = await page.page.context().newCDPSession(page.page);
  await cdp.send('Performance.enable');
  await play_on(rounds_to_warm_up);
  const warm = await held_by(page.page, cdp);
  await play_on(rounds);
  const later = await held_by(page.page, cdp);
  console.log(`held: ${JSON.stringify(warm)}; ${5 * rounds} s later: ${JSON.stringify(later)}`);
  for (const [name, most] of Object.entries(growth_most)) {
    assert.ok(later[name] <= warm[name] + most, `${name}: ${warm[name]}, then ${later[name]}`);
  }
  await cdp.detach();
});

// A match in which there is more to tell than the budget lets.
test('Overlay.FadesWhomTheBudgetPutOff', async () => {
  const tight = await GameServer.start(process.env.RAILROIDS, {
    args: ['--bots', '400', '--snapshot-bytes', '64'] });
  await page.page.goto(tight.url);
  await page.page.waitForFunction(() => window.railroids);
  await page.play('Ann');
  await look_inside();
  await page.until('it was answered to', ({ rtt_ms }) => rtt_ms >= 0);
  assert.deepEqual((await page.state()).put_off, [], 'nobody has asked');
  await page.page.check('[name=interest_grid]');
  await page.until('some are put off', ({ ships, put_off }) =>
    put_off.length > 0 && ships.some(({ id }) => put_off.includes(id)));
  // Nothing else that is drawn there is as dark, and so little translucent.
  await until('a ship is faded', () => page.page.$eval('#inside-world', (canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((alpha, i) => i % 4 === 3 && alpha > 170 && data[i - 3] < 12);
  }));
  await page.screenshot('overlay-put-off');
  await page.page.uncheck('[name=interest_grid]');
  await page.until('nobody asks', ({ put_off }) => put_off.length === 0);
  await page.page.goto('about:blank');
  await tight.end();
});

// A short match, recorded, and shown again.
test('Overlay.GoesToAnotherTickOfARecordedMatch', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'overlay-'));
  const record = join(folder, 'match.rec');
  const recorder = await GameServer.start(process.env.RAILROIDS, { args: ['--record', record] });
  await page.page.goto(recorder.url);
  await page.page.waitForFunction(() => window.railroids);
  await page.play('Ann');
  const { server_tick } = await page.state();
  assert.ok(await page.page.isHidden('#recorded'));
  await page.until('some seconds are recorded', (state) => state.server_tick > server_tick + 240);
  await page.page.goto('about:blank');
  await recorder.end();

  const shown = await GameServer.start(process.env.RAILROIDS, {
    args: ['--replay', record, '--serve'] });
  await page.page.goto(shown.url);
  await page.page.waitForFunction(() => window.railroids);
  await page.page.fill('#name', 'Bob');
  await page.page.click('#title [type="submit"]');
  await page.page.waitForSelector('#recorded');
  await page.until('Bob looks on', ({ connected }) => connected);
  await look_inside();
  await page.page.waitForSelector('#inside [data-panel=Replay]:not([hidden])');
  await until('it is proved', async () =>
    (await text('replay_verdict')) === 'every state as recorded');
  const there = server_tick + 120;
  await until('the slider reaches so far', async () =>
    (await page.page.$eval('[name=replay]', ({ max }) => Number(max))) > there);
  await page.screenshot('overlay-replay');
  await set_slider('replay', there);
  await page.page.dispatchEvent('[name=replay]', 'change');
  await until('it is there', async () => {
    const { tick, seeking } = (await shown.json('/replay')).rooms[0];
    return !seeking && tick >= there;
  });
  // By keys: it goes where they end, not everywhere they pass by.
  const asked = [];
  page.page.on('request', (request) => asked.push(new URL(request.url()).search));
  const sought = () => asked.filter((query) => query.startsWith('?tick=')).length;
  await page.page.focus('[name=replay]');
  for (let i = 0; i < 3; i++) await page.page.keyboard.down('ArrowLeft');
  assert.equal(sought(), 0);
  await page.page.keyboard.up('ArrowLeft');
  await until('it is sought', () => sought() > 0);
  assert.equal(sought(), 1);
  assert.ok(await page.page.evaluate(() => document.activeElement.name === 'replay'));
  await page.page.goto('about:blank');
  await Promise.all([shown.end(), rm(folder, { recursive: true })]);
});
