// The WebSockets that browsers and Node bring along, against an echo server.
// Environment: PORT, SIZE_MAX, DEFLATE (yes or no).

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readFile } from 'node:fs/promises';
import { launch } from '../support/browser.mjs';
import { all_cases, talk } from './cases.mjs';

const { PORT, SIZE_MAX, DEFLATE } = process.env;
const cases = all_cases(Number(SIZE_MAX), false);
const deflate = DEFLATE === 'yes';

function expect_all(outcomes) {
  assert.equal(outcomes.length, cases.length + 1);
  for (const [name, passed] of outcomes) assert.ok(passed, name);
}

// Node 22 has it as a global; undici is what it is made of.
async function socket_of_node() {
  if (globalThis.WebSocket !== undefined) return globalThis.WebSocket;
  const require = createRequire(new URL('../../game-demo/web/package.json', import.meta.url));
  return (await import(pathToFileURL(require.resolve('undici')))).WebSocket;
}

test("Node's own WebSocket gets every message back", async () => {
  const Socket = await socket_of_node();
  expect_all(await talk(Socket, `ws://127.0.0.1:${PORT}/`, cases, deflate));
});

test('Chromium gets every message back', async () => {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    // A page of the same origin, as the server demands; any answer of it will do.
    await page.goto(`http://127.0.0.1:${PORT}/healthz`);
    // As an expression, since the page's policy lets no script in.
    const source = await readFile(new URL('cases.mjs', import.meta.url), 'utf8');
    const outcomes = await page.evaluate(`(async () => {
      ${source.replaceAll('export ', '')}
      return talk(WebSocket, 'ws://127.0.0.1:${PORT}/', all_cases(${SIZE_MAX}, false), ${deflate});
    })()`);
    expect_all(outcomes);
  } finally {
    await browser.close();
  }
});
