// Railroids' ships on a Colyseus server: what scenario C1 of bench/scenarios.py sets ours beside.
// On SIGTERM or SIGINT it prints one line of totals, as every peer does. Its best configuration, as
// far as we know:
//
// * One room, in a world of the same side as ours for so many players, with the same rules of
//   movement (ship.mjs) and the same rectangle of interest (interest.mjs). What it leaves out is to
//   its advantage: no asteroids, no railgun and so no deaths, gems, beams or scores; no names, no
//   pings or statistics; and of the own ship no more than of any other.
// * Each ship has the fields that Railroids tells of one in sight, in whole numbers of one and two
//   bytes (record.mjs). The tick is what a client needs to place them in time.
// * A StateView for each client, told only of ships that come into the rectangle or leave it.
// * Step and patch are one turn at an absolute deadline: broadcastPatch() follows the step, and no
//   interval of Colyseus' own runs beside it.
// * Inputs are two raw bytes under a message type that is a number: no msgpack, no validation.
// * uWebSockets.js, the transport that Colyseus recommends, without compression; ws if it is told.
// * NODE_ENV is production, and the nursery larger (see the command that starts it); the encoder's
//   buffer is large enough never to grow.

import { parseArgs } from 'node:util';
import { createHistogram } from 'node:perf_hooks';

import { print_totals_at_end } from '../totals.mjs';

process.env.NODE_ENV = 'production'; // Before Colyseus looks.
const { Server, matchMaker } = await import('@colyseus/core');
const { Encoder } = await import('@colyseus/schema');
const { RailroidsRoom } = await import('./room.mjs');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { hz: { type: 'string', default: '30' }, transport: { type: 'string', default: 'uws' } },
});
const [port, players] = positionals.map(Number);
const rate_hz = Number(values.hz);
const transports = { uws: uws_transport, ws: ws_transport };
if (!(port > 0) || !(players > 0) || !(rate_hz >= 1) || !(values.transport in transports)) {
  process.stderr.write('usage: server.mjs PORT PLAYERS [--hz HZ] [--transport uws|ws]\n');
  process.exit(2);
}

async function uws_transport() {
  const { uWebSocketsTransport } = await import('@colyseus/uwebsockets-transport');
  // The transport's own listen() would take every address of the machine.
  return new (class extends uWebSocketsTransport {
    listen(port, host, backlog, listening) {
      this.app.listen(host, port, (socket) =>
        listening(socket ? undefined : new Error(`port ${port} is taken`)));
      return this;
    }
  })();
}

async function ws_transport() {
  const { WebSocketTransport } = await import('@colyseus/ws-transport');
  return new WebSocketTransport({ skipUTF8Validation: true });
}

Encoder.BUFFER_SIZE = 1 << 20;
const server = new Server({
  transport: await transports[values.transport](),
  greet: false,
  gracefullyShutdown: false,
});
server.define('railroids', RailroidsRoom);
await server.listen(port, '127.0.0.1', 4096);
const { roomId } = await matchMaker.createRoom('railroids', { players });
const room = matchMaker.getLocalRoomById(roomId);

// Ticks as our server counts them: how late each began after the last deadline that had passed, and
// how long it took. Those that passed unheeded before it are forgiven. Nanoseconds, from 1.
const late = createHistogram();
const late_idle = createHistogram();
const work = createHistogram();
let forgiven = 0;

const period_ms = 1000 / rate_hz;
let deadline = performance.now() + period_ms;

function turn() {
  const begin = performance.now();
  const behind = Math.floor((begin - deadline) / period_ms);
  forgiven += behind;
  deadline += behind * period_ms;
  record(room.clients.length > 0 ? late : late_idle, begin - deadline);
  room.turn();
  if (room.clients.length > 0) record(work, performance.now() - begin);
  deadline += period_ms;
}

function record(times, ms) {
  times.record(Math.max(1, Math.round(ms * 1e6)));
}

// A timer has whole milliseconds: late by up to one, never drifting.
function wait_for_turn() {
  setTimeout(() => {
    if (performance.now() >= deadline) turn();
    wait_for_turn();
  }, Math.max(0, Math.ceil(deadline - performance.now())));
}
wait_for_turn();

function microseconds(times) {
  const percentile = (percent) => times.percentile(percent) / 1e3;
  return { count: times.count, p50: percentile(50), p90: percentile(90), p99: percentile(99),
    p999: percentile(99.9), max: times.max / 1e3 };
}

print_totals_at_end(() => ({
  ticks: room.tick,
  ticks_forgiven: forgiven,
  received: room.inputs,
  tick_late_us: microseconds(late),
  tick_late_idle_us: microseconds(late_idle),
  tick_work_us: microseconds(work),
}));
