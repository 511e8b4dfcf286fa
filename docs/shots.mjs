// Takes the pictures that the README shows, of the game as it is, or some of them:
// node docs/shots.mjs PROGRAM [crowd] [inside] [film]
//
// For the film both the server and the page's clock run slower, so that a machine that draws without
// a graphics card still draws each of its frames; it is played at the true speed. The browser itself
// encodes each frame, and what is left, the container, is written here.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { desk, GamePage, launch } from '../tests/support/browser.mjs';
import { GameServer } from '../tests/support/game_server.mjs';

const folder = new URL('.', import.meta.url).pathname;
const slower = 30;
const tick_rate_hz = 30;
const film = { width: 640, height: 360, frame_ms: 60, length_ms: 7000, quality: 0.55 };
const still = { width: 1280, height: 720, quality: 0.75 };
const screen = { viewport: { width: 960, height: 540 } };

// A picture as WebP, encoded by the page `studio`.
async function encode(studio, data, { width, height, quality }) {
  const base64 = await studio.evaluate(async ([data, width, height, quality]) => {
    const png = await fetch(`data:image/png;base64,${data}`);
    const picture = await createImageBitmap(await png.blob());
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const pen = canvas.getContext('2d', { alpha: false });
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(picture, 0, 0, width, height);
    return canvas.toDataURL('image/webp', quality).split(',')[1];
  }, [data, width, height, quality]);
  return Buffer.from(base64, 'base64');
}

// The container, as https://developers.google.com/speed/webp/docs/riff_container draws it.
function chunk(name, ...parts) {
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

function numbers24(...values) {
  const bytes = Buffer.alloc(3 * values.length);
  values.forEach((value, i) => bytes.writeUIntLE(value, 3 * i, 3));
  return bytes;
}

// The chunk of a still picture that holds its pixels.
function pixels_of(webp) {
  for (let at = 12; at < webp.length;) {
    const size = webp.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    if (webp.toString('latin1', at, at + 3) === 'VP8' && webp[at + 3] !== 0x58) {
      return webp.subarray(at, end);
    }
    at = end;
  }
  throw new Error('the browser made no WebP');
}

function animate(stills, { width, height }) {
  const size = numbers24(width - 1, height - 1);
  const animated = Buffer.from([2, 0, 0, 0]);
  const frames = stills.map(({ webp, shown_ms }) =>
    chunk('ANMF', numbers24(0, 0), size, numbers24(shown_ms), Buffer.from([2]), pixels_of(webp)));
  const forever = Buffer.alloc(6);
  const body = Buffer.concat([
    Buffer.from('WEBP'), chunk('VP8X', animated, size), chunk('ANIM', forever), ...frames]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

// The page's clock runs slower, and so does the server's, of which the page must not know.
async function slow_down(page) {
  await page.addInitScript((slower) => {
    const now = performance.now.bind(performance);
    performance.now = () => now() / slower;
  }, slower);
  await page.routeWebSocket('**/play/1', (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => {
      const welcome = 2;
      if ((message[0] & 15) === welcome) message.writeUInt16LE(tick_rate_hz, 1);
      socket.send(message);
    });
  });
}

// Who is in the midst of it.
async function find_pilot(browser, url) {
  const page = await GamePage.blank(browser, { screen });
  await page.go_to(`${url}/?watch=beacon`);
  const { ships, beacon } = await page.until('ships are in sight', (seen) => seen.ships.length > 9);
  await page.close();
  const away = ({ x, y }) => Math.hypot(x - beacon.x, y - beacon.y);
  return ships.sort((a, b) => away(a) - away(b))[0].id;
}

// Over a pilot's shoulder, from the moment on that there is a shot to be seen.
async function take_film(browser, studio, program) {
  const rate_hz = String(tick_rate_hz / slower);
  const server = await GameServer.start(program, { args: ['--bots', '200', '--rate-hz', rate_hz] });
  const pilot = await find_pilot(browser, server.url);
  const page = await GamePage.blank(browser, { screen });
  await slow_down(page.page);
  await page.go_to(`${server.url}/?sharp&watch=${pilot}`);
  await page.until('somebody fires', ({ beams_seen }) => beams_seen > 2);
  const camera = await page.page.context().newCDPSession(page.page);
  const clock = () => page.page.evaluate(() => performance.now());
  const begin = await clock();
  const stills = [];
  for (let at = begin, next; at < begin + film.length_ms; at = next) {
    const { data } = await camera.send('Page.captureScreenshot');
    const webp = await encode(studio, data, film);
    do next = await clock(); while (next < at + film.frame_ms);
    stills.push({ webp, shown_ms: Math.round(next - at) });
  }
  await write('railroids.webp', animate(stills, film));
  await page.close();
  await server.end();
}

// The picture that shows what it is about: the crowd at the beacon.
async function take_still(browser, studio, program) {
  const server = await GameServer.start(program, { args: ['--bots', '150'] });
  const page = await GamePage.blank(browser, { screen: desk });
  await page.go_to(`${server.url}/?sharp&watch=beacon`);
  await page.until('they have come to the beacon', ({ server_tick, beams_seen }) =>
    server_tick > 12 * tick_rate_hz && beams_seen > 20);
  const data = (await page.page.screenshot()).toString('base64');
  await write('crowd.webp', await encode(studio, data, still));
  await page.close();
  await server.end();
}

// And what an engineer sees: the overlay, once its charts have something to show.
async function take_inside(browser, studio, program) {
  const server = await GameServer.start(program, { args: ['--bots', '60'] });
  const page = await GamePage.open(browser, server.url, { screen: desk, sharp: true });
  await page.play('You');
  await page.page.keyboard.down('KeyW');
  await page.page.keyboard.press('F2');
  await page.page.waitForSelector('#inside');
  const { server_tick } = await page.state();
  await page.until('time has passed', (state) =>
    state.server_tick > server_tick + 8 * tick_rate_hz);
  const data = (await page.page.screenshot()).toString('base64');
  await write('inside.webp', await encode(studio, data, still));
  await page.close();
  await server.end();
}

async function write(name, bytes) {
  await writeFile(join(folder, name), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}

const program = process.argv[2];
if (!program) {
  console.error('usage: node docs/shots.mjs PROGRAM [crowd] [inside] [film]');
  process.exit(2);
}
const browser = await launch();
const studio = await browser.newPage();
const wanted = process.argv.slice(3);
const takes = { crowd: take_still, inside: take_inside, film: take_film };
for (const [name, take] of Object.entries(takes)) {
  if (wanted.length === 0 || wanted.includes(name)) await take(browser, studio, program);
}
await browser.close();
