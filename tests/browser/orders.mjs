// What an operator orders from inside the page, in a real browser: it comes to be in the server,
// and nobody else is offered it. usage: node orders.mjs, with RAILROIDS and ARTEFACTS.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GamePage, launch, need_browser } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { Inside } from '../support/inside.mjs';
import { until } from '../support/until.mjs';

need_browser();

// One match, in which Ann plays; each test finds the overlay open, and the path as it is.
let browser;
let server;
let page;
let inside;

before(async () => {
  browser = await launch();
  server = await GameServer.start(process.env.RAILROIDS, {
    args: ['--bots', '40', '--bots-max', '500'] });
  page = await GamePage.blank(browser);
  await page.go_to(`${server.url}/`);
  await page.play('Ann');
  inside = new Inside(page.page);
});
after(async () => {
  await page?.close();
  await Promise.all([browser.close(), server?.end()]);
  assert.deepEqual(page.complaints, []);
});

// Goal: the slider is an order, and the number beside it what came of it: in this page's match and
// by the server's own count.
test('Orders.BringsAndSendsAwayBots', async () => {
  await inside.look();
  await page.page.waitForSelector('#inside [name=bots]:enabled');
  const shown = await inside.text('bots');
  assert.equal(shown, '40 of 500');
  for (const count of [90, 0, 40]) {
    await inside.set_slider('bots', count);
    await page.until(`${count} bots fly`, ({ bots }) => bots === count);
    await inside.until_number('the page says so', 'bots', (value) => value === count);
    // One thread knows of another's rooms what was so a second ago.
    await until('the server counts them', async () =>
      (await server.json('/stats.json')).rooms[0].game.bots === count);
    assert.equal(Number(await page.page.inputValue('[name=bots]')), count);
  }
});

// Goal: the server's own side of the path shows what becomes of a slow client: nothing is queued
// for it, so it is in the present again at once. Method: this page is stalled, and limited.
test('Orders.MakesThePathWorseInTheServer', async () => {
  await inside.look();
  const skipped = async () => {
    const { snapshots_skipped, snapshots_thinned } = await server.json('/stats.json');
    return snapshots_skipped + snapshots_thinned;
  };
  const before = await skipped();
  const missed = await inside.number('snapshots_missed');
  // A page that is slow itself is deaf for a while, and needs a longer one to tell.
  await until('the page names the cause', async () => {
    await page.page.click('#inside button:text-is("stall 2 s"):enabled');
    return page.page.$('#inside [data-cause=withheld]');
  });
  assert.match(await inside.text('verdict'), /made this page no snapshot for \d+ ms/);
  await page.screenshot('overlay-server-stall');
  await inside.until_number('it is over', 'snapshot_age_ms', (value) => value < 200);
  const enough = (count) => count >= 50;  // Of two seconds.
  await until('the server counts them', async () => enough(await skipped() - before));
  await inside.until_number('here', 'snapshots_missed', (value) => enough(value - missed));
  await inside.until_number('there', 'snapshots_skipped', (value) => enough(value - before));

  await inside.set_slider('server_bytes_per_s', 7);
  await inside.until_number('it is shown fewer', 'snapshots_per_s', (value) => value < 20);
  await until('it is told so', async () => /Hz/.test(await inside.text('snapshot_rate')));
  await page.screenshot('overlay-server-limit');
  await page.page.keyboard.press('F2');
  await page.page.waitForSelector('body.bad-path #look-inside');
  await inside.look();  // And as it is again.
  assert.equal(await page.page.inputValue('[name=server_bytes_per_s]'), '0');
  await until('the server knows', async () =>
    !(await server.json('/ops/clients')).clients.some(({ limited }) => limited));
  await inside.until_number('it is shown all', 'snapshots_per_s', (value) => value > 15);
});

test('Orders.OffersNobodyWhatOnlyAnOperatorMay', async () => {
  await inside.look();
  const saying = (operator) => page.page.route('**/stats.json*', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), operator } });
  });
  for (const [operator, sentence] of [['none', /no operator/], ['token', /token at .ops/]]) {
    await saying(operator);
    await page.page.waitForSelector('#inside [name=bots]:disabled');
    await page.page.waitForSelector('#inside [name=server_bytes_per_s]:disabled');
    await page.page.waitForSelector('#inside button:text-is("stall 2 s"):disabled');
    await until('it says why', async () =>
      sentence.test(await page.page.textContent('#inside [data-panel=Bots] .why-not')));
    if (operator === 'none') await page.screenshot('overlay-no-operator');
    await page.page.unrouteAll({ behavior: 'wait' });  // An answer may be under way.
  }
  await page.page.waitForSelector('#inside [name=bots]:enabled');
  assert.ok(await page.page.isHidden('#inside [data-panel=Bots] .why-not'));
});
