// npm's ws under the bench protocol. Its best configuration for this, as far as we know:
//
// * permessage-deflate off, UTF-8 of text not looked at, no list of clients but our own;
// * one prepared frame for everybody: ws makes it once (Sender.frame), and each client's socket is
//   given the same buffer, so that no message is framed, copied or queued by ws for each client;
// * a socket that still has bytes to write is left out of the tick: latest wins;
// * a larger nursery (see the command that starts it: --max-semi-space-size), since what is
//   allocated for each write dies young.
//
// The first write to a socket tries send(2) at once, so there is one system call a message.

import { createRequire } from 'node:module';

import { print_totals_at_end } from './totals.mjs';

const require = createRequire(new URL('../../game-demo/web/package.json', import.meta.url));
const { Sender, WebSocketServer } = require('ws');

const [port, mode, hz = '30', bytes = '512'] = process.argv.slice(2);
const rate_hz = Number(hz);
const message_size = Number(bytes);
const echo = mode === 'echo';
if (!(port > 0) || !(echo || mode === 'broadcast') || !(rate_hz >= 1) || !(message_size >= 16)) {
  process.stderr.write('usage: ws.mjs PORT echo|broadcast [HZ BYTES]\n');
  process.exit(2);
}

const counts = { ticks: 0, sent: 0, skipped: 0, received: 0 };
const sockets = new Set(); // The TCP sockets of those who are in.

const server = new WebSocketServer({
  port: Number(port),
  host: '127.0.0.1',
  backlog: 4096,
  perMessageDeflate: false,
  skipUTF8Validation: true,
  clientTracking: false,
});

server.on('connection', (client, request) => {
  const socket = request.socket; // TCP_NODELAY is on: ws sets it.
  client.on('error', () => client.terminate());
  if (echo) {
    client.on('message', (data, binary) => {
      counts.received += 1;
      counts.sent += 1;
      client.send(data, { binary });
    });
    return;
  }
  sockets.add(socket);
  client.on('close', () => sockets.delete(socket));
  client.on('message', () => {
    counts.received += 1;
  });
});

function tick() {
  counts.ticks += 1;
  const message = Buffer.alloc(message_size, 'x');
  message.writeBigUInt64LE(BigInt(counts.ticks), 0);
  message.writeBigUInt64LE(process.hrtime.bigint(), 8);
  const frame = Buffer.concat(Sender.frame(message, {
    fin: true, rsv1: false, opcode: 2, mask: false, readOnly: true,
  }));
  for (const socket of sockets) {
    if (socket.writableLength > 0) {
      counts.skipped += 1;
    } else {
      counts.sent += 1;
      socket.write(frame);
    }
  }
}

// Absolute deadlines on a timer of whole milliseconds: late by up to one, never drifting.
const period_ms = 1000 / rate_hz;
let deadline = performance.now() + period_ms;
function wait_for_tick() {
  setTimeout(() => {
    if (performance.now() >= deadline) {
      tick();
      const behind = performance.now() - deadline;
      deadline += Math.floor(behind / period_ms + 1) * period_ms;
    }
    wait_for_tick();
  }, Math.max(0, Math.ceil(deadline - performance.now())));
}
if (!echo) wait_for_tick();

print_totals_at_end(() => counts);
