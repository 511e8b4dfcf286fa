// Who is let in to play, through npm's ws. usage: node handshake.mjs, with RAILROIDS.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { GameServer } from '../support/game_server.mjs';
import { WebSocket } from '../support/player.mjs';

let server;
before(async () => {
  server = await GameServer.start(process.env.RAILROIDS, { args: ['--rooms', '2'] });
});
after(() => server.end());

// The protocol that was agreed on, or the status of the refusal.
async function knock(path, { protocol = 'arena.v1', ...options } = {}) {
  const socket = new WebSocket(server.socket_url + path, protocol, options);
  const outcome = await Promise.race([
    once(socket, 'open').then(() => socket.protocol),
    once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
  ]);
  socket.on('error', () => {});  // ws complains of what we end before it is open.
  socket.terminate();
  return outcome;
}

test('Handshake.OpensEachRoomWithTheGamesProtocol', async () => {
  assert.equal(await knock('/play/1'), 'arena.v1');
  assert.equal(await knock('/play/2'), 'arena.v1');
});

test('Handshake.OpensARoomThatIsAskedForAndTheFullestForWhoAsksForAny', async () => {
  assert.equal(await knock('/play/another'), 'arena.v1');
  assert.equal(await knock('/play'), 'arena.v1');
});

test('Handshake.RefusesWhatIsNoRoom', async () => {
  for (const path of ['/', '/play/', '/play/1/', '/play/a.b', '/play/%31', '/healthz']) {
    assert.equal(await knock(path), 404, path);
  }
});

test('Handshake.LetsThePagesOfItsOwnOriginIn', async () => {
  assert.equal(await knock('/play/1', { origin: server.url }), 'arena.v1');
});

test('Handshake.RefusesThePagesOfOtherOrigins', async () => {
  const other_port = `http://127.0.0.1:${server.port + 1}`;
  for (const origin of ['http://example.com', other_port, 'null', `${server.url}.example.com`]) {
    assert.equal(await knock('/play/1', { origin }), 403, origin);
  }
});

test('Handshake.AsksForTheVersionThatItSpeaks', async () => {
  assert.equal(await knock('/play/1', { protocolVersion: 8 }), 426);
});
