// How long a visitor waits for Railroids: each load is by a browser that was started for it, so
// nothing is cached or compiled, and the program is served over loopback.
// usage: node bench/first_seconds.mjs PROGRAM [LOADS]. Needs what ./dev setup test installs.
//
// Printed are milliseconds from the wish to go there until
//   title    the page takes "Play" (which is pressed at once)
//   ship     the visitor's own ship is drawn
//   flies    it has answered a key that was pressed when it came
// and, as a control, until a page without content has drawn two frames in that same browser.

import { GameServer } from '../tests/support/game_server.mjs';
import { GamePage, launch } from '../tests/support/browser.mjs';
import { Firefox } from '../tests/support/firefox.mjs';

const [program, loads = '10'] = process.argv.slice(2);
if (!program || !(Number(loads) > 0)) {
  console.error('usage: node bench/first_seconds.mjs PROGRAM [LOADS]');
  process.exit(2);
}

// Runs in the page, before anything of it does.
const probe = `(() => {
  const at = window.first_seconds = {};
  let frames = 0;
  const look = (now) => {
    frames += 1;
    if (frames === 2) at.control = performance.now();
    const [playable] = performance.getEntriesByName('playable');
    if (playable && !at.title) {
      at.title = playable.startTime;
      document.getElementById('name').value = 'Ann';
      document.querySelector('#title [type=submit]').click();
    }
    const state = window.railroids?.state();
    if (state?.alive && !at.ship) {
      at.ship = now;
      at.speed = state.speed;
      dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyW', key: 'w', bubbles: true }));
    } else if (at.ship && !at.flies && state.speed > at.speed) {
      at.flies = now;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

async function in_chromium(url) {
  const browser = await launch();
  const { page } = await GamePage.blank(browser);
  await page.addInitScript(probe);
  await page.goto(`${url}/healthz`);
  await page.waitForFunction(() => window.first_seconds.control);
  const { control } = await page.evaluate(() => window.first_seconds);
  await page.goto(`${url}/`);
  await page.waitForFunction(() => window.first_seconds.flies);
  const seen = await page.evaluate(() => window.first_seconds);
  await browser.close();
  return { ...seen, control };
}

async function in_firefox(url) {
  const firefox = await Firefox.launch();
  await firefox.ask('script.addPreloadScript', { functionDeclaration: `() => ${probe}` });
  await firefox.go_to(`${url}/healthz`);
  const { control } = await firefox.until('two frames', 'window.first_seconds',
    (at) => at.control);
  await firefox.go_to(`${url}/`);
  const seen = await firefox.until('the ship flies', 'window.first_seconds', (at) => at.flies);
  await firefox.close();
  return { ...seen, control };
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1,
  Math.floor(part * sorted.length))];

async function measure(name, load, url) {
  const seen = [];
  for (let i = 0; i < Number(loads); i += 1) seen.push(await load(url));
  for (const what of ['control', 'title', 'ship', 'flies']) {
    const times = seen.map((one) => one[what]).sort((a, b) => a - b);
    const [p50, p90, max] = [0.5, 0.9, 1].map((part) =>
      String(Math.round(percentile(times, part))).padStart(5));
    console.log(`${name.padEnd(9)} ${what.padEnd(8)} p50 ${p50}  p90 ${p90}  max ${max} ms`);
  }
}

const server = await GameServer.start(program, { args: ['--bots', '100'] });
try {
  await measure('Chromium', in_chromium, server.url);
  await measure('Firefox', in_firefox, server.url);
} finally {
  await server.end();
}
