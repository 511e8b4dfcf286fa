// What one plays with, and what it comes to: looking on first, a gamepad, sound, death, and the way
// back. One server and one browser for all of it.
// usage: node controls.mjs, with RAILROIDS and ARTEFACTS (where the screenshots go).

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { GamePage, launch, need_browser, OpenPages } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { until } from '../support/until.mjs';

need_browser();

let browser;
let server;
const pages = new OpenPages();

before(async () => {
  server = await GameServer.start(process.env.RAILROIDS);
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.end();
});
afterEach(async () => {
  assert.deepEqual(await pages.close_all(), []);
});

async function open() {
  return pages.add(await GamePage.open(browser, server.url));
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

test('Page.JoinsAfterLookingOn', async () => {
  const page = await open();
  await page.page.click('#watch');
  await page.page.waitForSelector('body.watching #join');
  await page.until('it looks on', ({ connected, alive }) => connected && !alive);
  await page.page.click('#join');
  await page.play('Ann');
  assert.ok(await page.page.isHidden('#join'));
  const { ships, id } = await page.until('it has a ship', ({ ships }) => ships.length > 0);
  assert.ok(ships.some((ship) => ship.id === id && ship.name === 'Ann'));
});

// A gamepad of the standard layout as the page sees one: `window.pad` is what it does.
function plug_in_a_gamepad() {
  const pad = {
    connected: true, mapping: 'standard', axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 16 }, () => ({ pressed: false })),
  };
  navigator.getGamepads = () => [null, pad];
  window.pad = pad;
  dispatchEvent(new Event('gamepadconnected'));
}

test('Page.PlaysByGamepad', async () => {
  const page = await open();
  await page.page.fill('#name', 'Pad');
  await page.page.evaluate(plug_in_a_gamepad);
  const press = (...how) =>
    page.page.evaluate(([index, pressed]) => (pad.buttons[index].pressed = pressed), how);
  const south = 0;
  await press(south, true);  // On the title: play.
  const from = await page.until('Pad plays', (state) => state.connected && state.alive);
  await page.until('a held button fires', ({ id, beam_shooters }) => beam_shooters.includes(id));
  await press(south, false);

  await page.page.evaluate(() => (pad.axes = [-1, 0, 0, 0]));
  await page.until('it flies where the stick points', (state) =>
    state.speed > 30 && Math.abs(Math.cos(state.heading) + 1) < 0.1);
  await page.page.evaluate(() => (pad.axes = [0, 0, 0, 0]));
  const left_bumper = 4;
  await press(left_bumper, true);
  await page.until('it has braked', (state) => state.speed < 25);
  assert.ok(distance(await page.state(), from) > 1, 'it is where it was');
});

test('Page.IsSilentUntilAskedForSound', async () => {
  const page = await open();
  await page.page.addInitScript(() => {
    window.contexts = [];
    window.AudioContext = class extends AudioContext {
      constructor() {
        super();
        window.contexts.push(this);
      }
    };
  });
  await page.page.reload();
  await page.page.waitForFunction(() => window.railroids);
  await page.play('Ann');
  const contexts = () => page.page.evaluate(() => contexts.length);
  const is_on = () => page.page.getAttribute('#sound', 'aria-pressed');
  await page.page.mouse.click(640, 300);
  assert.deepEqual([await contexts(), await is_on()], [0, 'false']);
  await page.page.click('#sound');
  assert.deepEqual([await contexts(), await is_on()], [1, 'true']);
  await page.page.keyboard.press('KeyM');
  assert.deepEqual([await contexts(), await is_on()], [1, 'false']);
  // The space bar fires; it does not press the button that was clicked.
  const shots = async () => (await server.json('/stats.json')).rooms[0].game.shots;
  const before = await shots();
  await page.page.keyboard.down('Space');
  await until('it fired', async () => (await shots()) > before);
  await page.page.keyboard.up('Space');
  assert.equal(await is_on(), 'false');
});

// Turns to where the other one is by now, and shoots.
async function shoot_at(shooter, target) {
  const [from, at] = await Promise.all([shooter.state(), target.state()]);
  const angle = Math.atan2(at.y - from.y, at.x - from.x);
  await shooter.page.mouse.move(640 + 200 * Math.cos(angle), 360 + 200 * Math.sin(angle));
  return distance(from, at);
}

// Goal: what the server decided is what both see. Method: two who are near each other, since the
// world is small and a newcomer is put wherever there is room; one flies to the other and shoots.
test('Page.DiesOfAShotAndComesBack', async () => {
  const [ann, bob] = [await open(), await open()];
  await ann.play('Ann');
  await bob.play('Bob');
  const { mouse } = ann.page;
  await mouse.move(640, 300);
  await mouse.down();
  await mouse.down({ button: 'right' });
  await until('Bob is dead', async () => {
    const away = await shoot_at(ann, bob);
    if (away < 300) await mouse.up({ button: 'right' });
    return !(await bob.state()).alive;
  });
  await mouse.up();
  await mouse.up({ button: 'right' });
  await bob.page.waitForSelector('#fallen.shown');
  assert.equal(await bob.page.textContent('#fallen p'), 'by Ann');
  assert.match(await bob.page.textContent('#fallen strong'), /^[123]$/);
  assert.match(await bob.page.textContent('#feed'), /Ann⟶You/);
  await until('Ann reads it', async () =>
    /You⟶Bob/.test(await ann.page.textContent('#feed')));
  assert.equal(await ann.page.textContent('#toast'), 'Bob destroyed');
  await Promise.all([bob.screenshot('dead'), ann.screenshot('killer')]);
  await until('Ann has her points', async () =>
    Number(await ann.page.textContent('#score b')) >= 10);
  await bob.until('Bob is back', ({ alive }) => alive);
  await bob.page.waitForSelector('#fallen:not(.shown)');
});

test('Page.CountsDownToTheBeaconsMove', async () => {
  const page = await open();
  await page.play('Ann');
  const seconds = async () => {
    const [minutes, rest] = (await page.page.textContent('#beacon b')).split(':');
    return 60 * Number(minutes) + Number(rest);
  };
  await page.page.waitForSelector('#beacon:not([hidden])');
  const first = await seconds();
  assert.ok(first >= 0 && first <= 60, String(first));
  await until('a second has passed', async () => (await seconds()) === (first + 59) % 60);
});

// From the name through all that can be pressed, in the order in which one reads.
test('Page.IsWalkedThroughByKeyboard', async () => {
  const page = await open();
  const focused = () =>
    page.page.evaluate(() => document.activeElement.id || document.activeElement.type);
  const walked = [await focused()];
  for (let i = 0; i < 2; i++) {
    await page.page.keyboard.press('Tab');
    walked.push(await focused());
  }
  assert.deepEqual(walked, ['name', 'submit', 'watch']);
  await page.page.keyboard.press('Enter');
  await page.until('it looks on', ({ connected }) => connected);
  assert.equal(await focused(), 'join');
});
