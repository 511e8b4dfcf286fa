// The game over https: and wss:, with a certificate made for the occasion.
// usage: node tls.mjs, with RAILROIDS and ARTEFACTS (where the certificate goes).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desk, GamePage, launch, need_browser, OpenPages } from '../support/browser.mjs';
import { GameServer } from '../support/game_server.mjs';
import { until } from '../support/until.mjs';

need_browser();

let browser;
let server;
const pages = new OpenPages();

function certificate(folder) {
  const [key, certificate] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
  ], { stdio: 'ignore' });
  return ['--tls-cert', certificate, '--tls-key', key];
}

before(async () => {
  const folder = mkdtempSync(join(process.env.ARTEFACTS ?? '.', 'tls-'));
  server = await GameServer.start(process.env.RAILROIDS,
    // One thread: a ticket is good on the thread that gave it, and the kernel chooses.
    { args: ['--shards', '1', '--bots', '20', ...certificate(folder)] });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.end();
});

// Nobody vouches for the certificate: that is the browser's to complain of, and not the test's.
const screen = { ...desk, ignoreHTTPSErrors: true };
const open = async () => pages.add(await GamePage.open(browser, server.url, { screen }));

test('Tls.APagePlays', async () => {
  assert.match(server.url, /^https:/);
  const page = await open();
  const sockets = [];
  page.page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.play('Vera');
  const { server_tick } = await page.state();
  await page.until('time goes on', (state) => state.server_tick > server_tick + 60);
  assert.ok(await page.page.evaluate(() => isSecureContext));
  assert.ok(sockets.length > 0 && sockets.every((url) => url.startsWith('wss:')), `${sockets}`);
  assert.deepEqual(await pages.close_all(), []);
});

test('Tls.ASecondVisitGoesOnFromATicket', async () => {
  const page = await open();
  // So many questions at once take connections of their own: a browser keeps one for a single one.
  const counts = () => page.page.evaluate(async () => {
    const ask = async () => (await fetch('/stats.json', { cache: 'no-store' })).json();
    return (await Promise.all(Array.from({ length: 6 }, ask))).at(-1);
  });
  await page.page.reload();
  const stats = await until('a handshake was resumed', async () => {
    const stats = await counts();
    return stats.tls_resumed > 0 && stats;
  });
  assert.ok(stats.tls_connections > 0 && stats.tls_handshakes > stats.tls_resumed);
  assert.deepEqual(await pages.close_all(), []);
});
