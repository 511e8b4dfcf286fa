// permessage-deflate with npm's ws, whose compression is not ours. usage: node deflate.mjs, with
// BENCH_SERVER, RAILROIDS, RAILROIDS_WASM and PAGE_TSCONFIG. MESSAGES says how many of each size
// are sent with each choice of parameters; conformance suites send 1000.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { BenchServer } from '../support/bench_server.mjs';
import { GameServer } from '../support/game_server.mjs';
import { Kind, PlayerMaker, WebSocket } from '../support/player.mjs';
import { until } from '../support/until.mjs';

const messages_count = Number(process.env.MESSAGES ?? 2);
const message_max = 16_777_216;
const words = ['ship ', 'gem ', 'beacon ', 'rail ', '\u00e9t\u00e9 ', '42, '];

// Text of that many bytes, another for each seed.
function prose(size, seed) {
  const parts = [];
  for (let left = size, state = seed + 1; left > 0; left -= Buffer.byteLength(parts.at(-1))) {
    state = (state * 48_271) % 2_147_483_647;
    parts.push(words[state % words.length]);
  }
  return Buffer.from(parts.join('')).subarray(0, size - 2).toString('ascii') + '\u00e9';
}

async function connect(server, perMessageDeflate = { threshold: 0 }) {
  const options = { perMessageDeflate, maxPayload: 2 * message_max };
  const socket = new WebSocket(server.socket_url, options);
  socket.closing = once(socket, 'close');
  await once(socket, 'open');
  return socket;
}

function send_in_fragments(socket, message, size) {
  const bytes = Buffer.from(message);
  for (let at = 0; at < bytes.length; at += size) {
    const fin = at + size >= bytes.length;
    socket.send(bytes.subarray(at, at + size), { fin, binary: typeof message !== 'string' });
  }
}

// Each message when the last is back.
async function exchange(socket, messages, fragment_size = Infinity) {
  for (const message of messages) {
    const back = Promise.race([once(socket, 'message'), socket.closing]);
    send_in_fragments(socket, message, fragment_size);
    const [bytes, is_binary] = await back;
    assert.ok(Buffer.isBuffer(bytes), `closed with ${bytes}`);
    assert.ok(bytes.equals(Buffer.from(message)));
    assert.equal(is_binary, typeof message !== 'string');
  }
}

let echo;
before(async () => {
  echo = await BenchServer.start('echo', '--deflate', '--message-max', message_max,
    '--fragments-max', 131_072);
});
after(() => echo.end());

const choices = [
  {},
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { clientMaxWindowBits: 9 },
  { clientMaxWindowBits: 15 },
  ...[9, 10, 11, 12, 13, 14, 15].map((bits) => ({ serverMaxWindowBits: bits })),
  { serverNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
];
const sizes = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];
const fragment_sizes = [256, 1024, 4096, 32_768];

for (const chosen of choices) {
  test(`Deflate.EchoesEverySizeWith ${JSON.stringify(chosen)}`, async () => {
    const socket = await connect(echo, { threshold: 0, ...chosen });
    assert.match(socket.extensions, /permessage-deflate/);
    const earlier = await echo.stats();
    for (const size of sizes) {
      const texts = Array.from({ length: messages_count }, (_, i) => prose(size, i));
      await exchange(socket, texts);
      await exchange(socket, texts.map((text) => Buffer.from(text)));
    }
    for (const size of fragment_sizes) await exchange(socket, [prose(131_072, size)], size);
    const { messages_inflated, messages_deflated } = await echo.stats();
    const sent = 2 * sizes.length * messages_count + fragment_sizes.length;
    assert.equal(messages_inflated - earlier.messages_inflated, sent);
    // All but those of 16 and 64 bytes.
    assert.equal(messages_deflated - earlier.messages_deflated, sent - 4 * messages_count);
    socket.close();
  });
}

test('Deflate.EchoesPlainMessagesBetweenCompressedOnes', async () => {
  const socket = await connect(echo, { threshold: 1000 });
  await exchange(socket, ['small', prose(2000, 1), 'small again', prose(2000, 2)]);
  socket.close();
});

test('Deflate.EchoesWhatDoesNotShrink', async () => {
  const noise = Buffer.alloc(100_000);
  for (let i = 0, state = 1; i < noise.length; ++i) {
    state = (state * 48_271) % 2_147_483_647;
    noise[i] = state >> 8;
  }
  const socket = await connect(echo);
  await exchange(socket, [noise, Buffer.alloc(100_000), noise]);
  socket.close();
});

test('Deflate.EchoesTheLargestMessageAndRefusesALargerOne', async () => {
  const socket = await connect(echo);
  await exchange(socket, [Buffer.alloc(message_max)]);
  socket.send(Buffer.alloc(message_max + 1));
  const [code] = await socket.closing;
  assert.equal(code, 1009);
});

test('Deflate.RefusesTextThatIsNoUtf8OnceInflated', async () => {
  const socket = await connect(echo);
  socket.send(Buffer.from('bad \xff', 'latin1'), { binary: false });
  const [code] = await socket.closing;
  assert.equal(code, 1007);
});

// Goal: whoever watches sees the same, however it came.
test('Deflate.ShowsOneBroadcastToPlainAndCompressedClients', async () => {
  const server = await BenchServer.start('broadcast', 60, 512, '--deflate');
  const windows = [9, 12, 15, 15];
  const offers = [false, false, ...windows.map((bits) => ({ serverMaxWindowBits: bits }))];
  const watchers = await Promise.all(offers.map(async (offer) => {
    const socket = await connect(server, offer);
    const seen = new Map();  // By tick, which is what a message begins with.
    socket.on('message', (bytes) => seen.set(bytes.readBigUInt64LE(0), bytes));
    return { socket, seen };
  }));
  for (const [i, { socket }] of watchers.entries()) assert.equal(socket.extensions !== '', i >= 2);
  const earlier = await server.stats();
  await until('everybody has seen sixty', () => watchers.every(({ seen }) => seen.size >= 60));

  const { broadcasts, messages_deflated } = await server.stats();
  const [first, ...others] = watchers;
  for (const { seen } of others) {
    const both = [...seen].filter(([tick]) => first.seen.has(tick));
    assert.ok(both.length > 30);
    for (const [tick, bytes] of both) assert.ok(bytes.equals(first.seen.get(tick)));
  }
  // Once for each of the three windows, not for each client.
  const ticks = broadcasts - earlier.broadcasts + 1;
  assert.ok(messages_deflated - earlier.messages_deflated <= 3 * ticks);
  for (const { socket } of watchers) socket.close();
  assert.equal(await server.end(), 0);
});

test('Deflate.CarriesAGame', async () => {
  const maker = await PlayerMaker.create({
    wasm: process.env.RAILROIDS_WASM, tsconfig: process.env.PAGE_TSCONFIG });
  const server = await GameServer.start(process.env.RAILROIDS, { args: ['--deflate'] });
  const ann = await maker.join(server, 'Ann');
  assert.match(ann.socket.extensions, /permessage-deflate/);
  await until('thirty snapshots came', () => ann.received[Kind.snapshot] >= 30);
  assert.equal(await ann.leave(), 1000);
  assert.equal((await server.end()).code, 0);
});
