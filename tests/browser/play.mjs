// The game as people meet it: two pages in a real browser, a phone, and a server that dies.
// usage: node play.mjs, with RAILROIDS and ARTEFACTS (where the screenshots go).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { desk, GamePage, launch, need_browser, OpenPages, phone } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { WebSocket } from '../support/player.mjs';
import { until } from '../support/until.mjs';

need_browser();

let browser;
let server;
const pages = new OpenPages();

before(async () => {
  browser = await launch();
});
after(() => browser.close());
afterEach(async () => {
  const complaints = await pages.close_all();
  await server.end();
  assert.deepEqual(complaints, []);
});

async function start(args, port = 0) {
  server = await GameServer.start(process.env.RAILROIDS, { port, args });
}

async function open(options) {
  return pages.add(await GamePage.open(browser, server.url, options));
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

// Flies with the mouse alone, as a player would: the reticle where one wants to go, the right
// button to thrust, Shift to brake.
async function fly_to(page, place, near) {
  const { mouse, keyboard } = page.page;
  await mouse.move(640, 360);
  await mouse.down({ button: 'right' });
  await page.until('the ship has come near', async (state) => {
    const angle = Math.atan2(place.y - state.y, place.x - state.x);
    await mouse.move(640 + 250 * Math.cos(angle), 360 + 250 * Math.sin(angle));
    return distance(state, place) < near;
  });
  await mouse.up({ button: 'right' });
  await keyboard.down('Shift');
  await page.until('the ship has stopped', ({ speed }) => speed < 30);
  await keyboard.up('Shift');
}

test('Page.LooksOnAtTheBeaconOrOverAPilotsShoulder', async () => {
  await start(['--bots', '40']);
  const page = await open();
  await page.page.click('#watch');
  const seen = await page.until('ships are in sight', (state) => state.ships.length > 0);
  assert.ok(!seen.alive);
  await page.until('they fly on', (state) => state.server_tick > seen.server_tick + 15);

  const { id } = seen.ships[0];
  await page.page.goto(`${server.url}/?watch=${id}`);
  await page.page.waitForFunction(() => window.railroids);
  await page.until('the pilot is looked at', (state) => state.id === id && state.connected);
  const pilot = await page.until('it flies', (state) => state.alive && state.speed > 0);
  assert.ok(pilot.ships.some((ship) => ship.id === id && distance(ship, pilot) < 1));
});

test('Page.AsksANameAndRemembersIt', async () => {
  await start(['--bots', '20']);
  const page = await open({ sharp: true });
  await page.screenshot('title');
  await page.play('Ann');
  await page.page.reload();
  assert.equal(await page.page.inputValue('#name'), 'Ann');
});

test('Page.ShowsTwoPlayersEachOtherFlyAndFire', async () => {
  await start([]);
  const ann = await open();
  const bob = await open();
  await ann.play('Ann');
  await bob.play('Bob');
  const { id: anns_id } = await ann.state();

  await fly_to(ann, await bob.state(), 420);
  const sees_ann = await bob.until('Bob sees Ann', ({ ships }) =>
    ships.some(({ id, name }) => id === anns_id && name === 'Ann'));
  const seen_at = sees_ann.ships.find(({ id }) => id === anns_id);

  await ann.page.keyboard.down('KeyW');
  await bob.until('Bob sees Ann move', ({ ships }) =>
    ships.some((ship) => ship.id === anns_id && distance(ship, seen_at) > 40));
  await ann.page.keyboard.up('KeyW');

  const at_bob = await bob.state();
  const at_ann = await ann.state();
  const angle = Math.atan2(at_bob.y - at_ann.y, at_bob.x - at_ann.x);
  await ann.page.mouse.move(640 + 200 * Math.cos(angle), 360 + 200 * Math.sin(angle));
  await ann.page.mouse.down();
  await bob.until("Bob sees Ann's beam", ({ beam_shooters }) => beam_shooters.includes(anns_id));
  await Promise.all([ann.screenshot('ann-fires'), bob.screenshot('bob-sees-it')]);
  await ann.page.mouse.up();

  const { messages_received, rooms } = await server.json('/stats.json');
  assert.equal(rooms[0].players, 2);
  assert.ok(rooms[0].game.inputs_applied > 0);
  assert.ok(rooms[0].game.shots > 0);
  assert.ok(8 * messages_received >= rooms[0].game.inputs_applied);  // As many as one carries.
});

test('Page.PlaysAmongTwoHundredBots', async () => {
  await start(['--bots', '200']);
  const page = await open({ sharp: true });
  await page.play('Ann');
  await page.page.keyboard.down('KeyW');
  await page.until('a battle was seen', ({ beams_seen, ships }) =>
    beams_seen > 20 && ships.length > 5);
  await page.screenshot('crowd');
  const { bots } = await page.until('the bots are counted', (state) => state.bots > 0);
  assert.equal(bots, 200);
  assert.match(await page.page.textContent('#pilots'), /^1 \+ 200 bots$/);
});

// What of the title lies outside of the screen.
function cut_off(page) {
  return page.page.$$eval('#title, #title *', (all) => all
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 0 && (left < 0 || right > innerWidth);
    })
    .map(({ tagName, id, className }) => [tagName, id, String(className)]));
}

test('Page.PlaysByThumbsOnAPhone', async () => {
  await start(['--bots', '40']);
  const page = await open({ screen: phone, sharp: true });
  await page.screenshot('phone-title');
  // A phone's width, and those of the smallest and of a large one.
  for (const width of [390, 320, 480]) {
    await page.page.setViewportSize({ width, height: phone.viewport.height });
    assert.deepEqual(await cut_off(page), [], `${width} px wide`);
  }
  await page.page.setViewportSize(phone.viewport);
  await page.play('Thumb');
  const from = await page.state();
  const touch = await page.page.context().newCDPSession(page.page);
  const thumbs = (type, ...points) =>
    touch.send('Input.dispatchTouchEvent', {
      type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });

  await thumbs('touchStart', [95, 700]);
  await thumbs('touchMove', [150, 680]);
  await page.until('the ship has flown', (state) => !state.alive || distance(state, from) > 60);
  await thumbs('touchStart', [150, 680], [310, 730]);
  await page.until('it fired', ({ id, beam_shooters }) => beam_shooters.includes(id));
  await page.screenshot('phone');
  await thumbs('touchEnd');
});

test('Page.ComesBackWhenTheServerDoes', async () => {
  await start([]);
  const page = await open({ screen: desk, server_may_vanish: true });
  await page.play('Ann');
  await server.end('SIGKILL');
  await page.page.waitForSelector('#link:not([hidden])');
  assert.match(await page.page.textContent('#link'), /^Connection lost/);
  await page.page.waitForSelector('body.cut-off');
  await page.screenshot('connection-lost');

  await start([], server.port);
  await page.until('Ann plays again', (state) => state.link === 'open' && state.alive);
  await page.page.waitForSelector('#link', { state: 'hidden' });
  await until('the server counts her', async () =>
    (await server.json('/stats.json')).players === 1);
});

// Plays on a connection that goes through our hands. Returns the page's end of it.
async function play_by_way_of_us(page, name) {
  let to_page;
  await page.page.routeWebSocket('**/play/1', (socket) => {
    socket.connectToServer();
    to_page = socket;
  });
  await page.page.reload();
  await page.page.waitForFunction(() => window.railroids);
  await page.play(name);
  return to_page;
}

test('Page.ComesBackToItsShipWhenTheConnectionBreaks', async () => {
  await start([]);
  const page = await open();
  const to_page = await play_by_way_of_us(page, 'Ann');
  const { id } = await page.state();
  await to_page.close({ code: 1001 });
  const back = await page.until('the world goes on', ({ resumptions }) => resumptions === 1);
  assert.equal(back.id, id);
  await page.until('it is shown', ({ server_tick }) => server_tick > back.server_tick + 3);
});

// What the server says to a page whose token another one has shown.
test('Page.LeavesItsShipToThePageThatGoesOnWithIt', async () => {
  await start([]);
  const page = await open();
  const to_page = await play_by_way_of_us(page, 'Ann');
  const { id } = await page.state();
  await to_page.close({ code: 1000 });
  const other = await page.until('it has another ship', (state) =>
    state.connected && state.id !== -1 && state.id !== id);
  assert.equal(other.resumptions, 0);
  await until('it says why', async () =>
    /^Your ship goes on in another tab/.test(await page.page.textContent('#link')));
  assert.equal(await page.page.$('body.cut-off'), null);
  await until('and not for ever', () => page.page.isHidden('#link'));
});

test('Page.ComesBackToItsShipWhenItIsLoadedAgain', async () => {
  await start([]);
  const page = await open();
  await page.play('Ann');
  const { id } = await page.state();
  await page.page.reload();
  await page.page.waitForFunction(() => window.railroids);
  await page.play('Ann');
  assert.equal((await page.state()).id, id);
  const { rooms } = await server.json('/stats.json');
  assert.equal(rooms[0].game.resumed, 1);
});

// Goal: who is shown fewer snapshots reads why. Method: a true match, in which the server's word
// for it is put between what the server itself sends.
test('Page.SaysWhySnapshotsAreFewer', async () => {
  await start([]);
  const page = await open();
  const to_page = await play_by_way_of_us(page, 'Ann');
  const text = () => page.page.textContent('#snapshots');

  to_page.send(Buffer.of(8, 1));
  await until('the page says it', async () => (await text()) === '15 Hz: this page took too few');
  await page.screenshot('slow');
  to_page.send(Buffer.of(8, 0));
  await until('the page counts again', async () => / kB\/s$/.test(await text()));
});

// Goal: the ship answers its pilot at once, however long the way to the server is.
// Method: a true match over a path of 150 ms there and back, and then no more word of the server
// but what is under way. The page says which ticks its inputs are for: when the ship is first seen
// to move, the server has answered none of those that thrust.
test('Page.FliesTheShipBeforeTheServerHasHeardOfIt', async () => {
  await start([]);
  const page = await open();
  let held = null;  // What the server says while it is not heard.
  const later = (send) => (message) => setTimeout(() => send(message), 75);
  const later_if_heard = (send) => later((message) => {
    if (held) held.push(() => send(message));
    else send(message);
  });
  await page.page.routeWebSocket('**/play/1', (socket) => {
    const to_server = socket.connectToServer();
    socket.onMessage(later((message) => to_server.send(message)));
    to_server.onMessage(later_if_heard((message) => socket.send(message)));
  });
  await page.page.reload();
  await page.page.waitForFunction(() => window.railroids);
  await page.play('Ann');
  await page.until('inputs are answered', ({ inputs_waiting, rtt_ms }) =>
    inputs_waiting > 3 && rtt_ms >= 150);
  held = [];
  const { before, seen } = await page.page.evaluate(() => new Promise((resolve) => {
    const before = window.railroids.state();
    dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyW' }));
    const look = () => {
      const seen = window.railroids.state();
      if (seen.speed > before.speed) resolve({ before, seen });
      else requestAnimationFrame(look);
    };
    look();
  }));
  const last_idle_tick = before.server_tick + before.inputs_waiting;
  assert.ok(seen.server_tick <= last_idle_tick, JSON.stringify({ before, seen }));
  for (const send of held) send();
  held = null;
  await page.until('it flies', ({ speed }) => speed > 100);
});

// What the server answers to a page that was built with another one.
async function farewell() {
  const socket = new WebSocket(`${server.socket_url}/play/1`, 'arena.v1');
  await once(socket, 'open');
  socket.send(Uint8Array.of(1));
  const [bye] = await once(socket, 'message');
  socket.terminate();
  return bye;
}

// Goal: after an update of the server, open pages are replaced. Method: the server's own farewell,
// in answer to whatever the page says first.
test('Page.LoadsAgainWhenTheServerIsOfAnotherBuild', async () => {
  await start([]);
  const bye = await farewell();
  const page = await open();
  await page.page.routeWebSocket('**/play/1', (socket) => {
    socket.onMessage(() => socket.send(bye));
  });
  await page.page.reload();
  await page.page.waitForFunction(() => window.railroids);
  await page.page.evaluate(() => (window.is_old = true));
  await page.page.fill('#name', 'Ann');
  await page.page.click('#title [type="submit"]');
  await page.page.waitForFunction(() => window.railroids && !window.is_old);
  assert.ok(await page.page.isVisible('#title'));
});
