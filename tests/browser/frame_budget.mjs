// What a picture costs, counted: five hundred ships in view against none, and minutes of battle.
// Draw calls and bytes are asserted; milliseconds are only printed, for they are the machine's.
// usage: node frame_budget.mjs, with PAGE_TSCONFIG

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, need_browser } from '../support/browser.mjs';
import { bundle_for_pages } from '../support/page_code.mjs';

need_browser();

const ships = 500;
const measured_frames = 120;
const growth_most = 400_000;  // Bytes: 64 of each ship every second would be fourteen times that.
const garbage_most = 192;  // Bytes a ship and frame: numbers on their way between functions.

let browser;
let script;

before(async () => {
  script = await bundle_for_pages(
    process.env.PAGE_TSCONFIG, new URL('battle.mjs', import.meta.url).pathname);
  browser = await launch();
});
after(() => browser.close());

// A page with a battle that has warmed up: every pool is as large as it will be.
async function begin_battle(count) {
  const page = await browser.newPage();
  await page.addScriptTag({ content: script });
  await page.evaluate(async (ships) => {
    window.battle = await Battle.begin(ships);
    battle.run(600);
  }, count);
  const cdp = await page.context().newCDPSession(page);
  const run = (frames) => page.evaluate((frames) => battle.run(frames), frames);
  return { page, cdp, run };
}

// By the browser's own sampling of every allocation, those included that are garbage by now.
async function bytes_a_frame({ cdp, run }) {
  await cdp.send('HeapProfiler.startSampling', {
    samplingInterval: 512,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await run(measured_frames);
  const { profile } = await cdp.send('HeapProfiler.stopSampling');
  // Set to find out where they come from.
  if (process.env.RINGTICK_ALLOCATIONS) print_allocations(profile.head);
  return profile.samples.reduce((sum, { size }) => sum + size, 0) / measured_frames;
}

function print_allocations(head) {
  const sites = [];
  const walk = (node) => {
    const { functionName, lineNumber } = node.callFrame;
    const bytes = Math.round(node.selfSize / measured_frames);
    if (bytes > 0) sites.push([bytes, functionName, lineNumber]);
    node.children.forEach(walk);
  };
  walk(head);
  console.log(sites.sort(([a], [b]) => b - a).slice(0, 25).join('\n'));
}

async function heap_bytes({ cdp }) {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize;
}

async function measure(count) {
  const battle = await begin_battle(count);
  const bytes = await bytes_a_frame(battle);
  const { draws, ms } = await battle.page.evaluate(() => battle.measure(120));
  await battle.page.close();
  console.log(`${count} ships: ${draws} draw calls, ${Math.round(bytes)} bytes of garbage and ` +
    `${ms.toFixed(2)} ms of script a frame`);
  return { draws, bytes };
}

test('Scene.DrawsFiveHundredShipsWithTheWorkOfABatch', async () => {
  const empty = await measure(0);
  const full = await measure(ships);
  assert.ok(full.draws <= empty.draws + 16, `${full.draws} draw calls instead of ${empty.draws}`);
  const garbage = full.bytes - empty.bytes;
  assert.ok(garbage < garbage_most * ships, `${garbage} bytes of garbage a frame`);
});

test('Scene.DoesNotGrowInThreeMinutesOfBattle', async () => {
  const battle = await begin_battle(ships);
  await battle.run(60 * 60);  // The browser, too, warms up: it compiles what is hot.
  const before = await heap_bytes(battle);
  await battle.run(3 * 60 * 60);
  const after = await heap_bytes(battle);
  console.log(`heap: ${before} bytes, ${after} three minutes later`);
  assert.ok(after < before + growth_most);
  await battle.page.close();
});
