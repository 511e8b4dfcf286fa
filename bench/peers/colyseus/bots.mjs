// The load for a Colyseus server: so many players on one core, told of as ringtick-swarm tells
// (bench/README.md), and as sparing as Node.js allows. The SDK joins; from then on a client counts
// bytes and messages and looks at the tick in them, and understands nothing else: that the views
// hold what they should is proved by tests/peers/colyseus_test.mjs. One wish 30 times a second, of
// two bytes of payload, on schedule: nothing that the server does delays them. The exit code is 0
// only if everyone came in, stayed, and saw ticks ascend.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Pilot } from './pilot.mjs';
import { input_message } from './record.mjs';

delete globalThis.WebSocket; // The SDK then takes npm's ws, which costs less than Node's own.
const { Client } = await import('@colyseus/sdk');

const Kind = { patch: 15, data_bytes: 17 }; // Of Colyseus' messages, in their first byte.
const saturated_percent = 90; // Of the core. Beyond it the load measures itself.

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    clients: { type: 'string' },
    seconds: { type: 'string' },
    ramp: { type: 'string', default: '100' },
    'input-hz': { type: 'string', default: '30' },
    json: { type: 'string' },
  },
});
const client_count = Number(options.clients);
const measured_ms = Number(options.seconds) * 1000;
const joins_per_s = Number(options.ramp);
const input_hz = Number(options['input-hz']);
if (!options.url || !(client_count > 0 && measured_ms > 0 && joins_per_s > 0 && input_hz > 0)) {
  process.stderr.write('usage: bots.mjs --url ws://127.0.0.1:PORT/ --clients N --seconds S ' +
    '[--ramp JOINS_PER_S] [--input-hz HZ] [--json FILE]\n');
  process.exit(2);
}

const healthy = { clients: client_count, connected: 0, joined: 0, refused: 0, lost: 0, messages: 0,
  bytes: 0, framed_bytes: 0, gaps: 0, errors: 0, sent: 0, latency_us: {} };
let counting = false;

// A frame's header, unmasked (RFC 6455, section 5.2).
function header_size(payload_size) {
  if (payload_size <= 125) return 2;
  return payload_size <= 0xffff ? 4 : 10;
}

class Bot {
  #socket;
  #pilot;
  #tick = 0;
  #input = Buffer.from([Kind.data_bytes, input_message, 0, 0]);

  constructor(seed, room) {
    this.#pilot = new Pilot(seed);
    this.#socket = room.connection.transport.ws;
    this.#socket.onmessage = null; // The SDK's, which decodes.
    this.#socket.binaryType = 'nodebuffer';
    this.#socket.on('message', (message) => this.#on_message(message));
    this.#socket.onclose = () => {
      healthy.lost += 1;
    };
  }

  #on_message(message) {
    // The only field that everyone sees is the first: its operation, then its four bytes.
    const tick = message[0] === Kind.patch ? message.readUInt32LE(2) : this.#tick + 1;
    if (tick <= this.#tick) healthy.errors += 1;
    if (counting) {
      healthy.messages += 1;
      healthy.bytes += message.length;
      healthy.framed_bytes += message.length + header_size(message.length);
      if (this.#tick > 0) healthy.gaps += tick - this.#tick - 1;
    }
    if (message[0] === Kind.patch) this.#tick = tick;
  }

  play() {
    this.#pilot.steer();
    this.#input[2] = this.#pilot.buttons;
    this.#input[3] = this.#pilot.aim;
    this.#socket.send(this.#input);
    healthy.sent += 1;
  }

  leave() {
    this.#socket.onclose = null;
    this.#socket.terminate();
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(ms, 1)));
const bots = [];

async function join(sdk, seed) {
  try {
    bots.push(new Bot(seed, await sdk.join('railroids')));
    healthy.connected += 1;
    healthy.joined += 1;
  } catch (problem) {
    healthy.refused += 1;
    process.stderr.write(`refused: ${problem.message}\n`);
  }
}

async function gather() {
  const sdk = new Client(options.url.replace(/\/$/, ''));
  const begin = performance.now();
  const joins = [];
  for (let i = 0; i < client_count; ++i) {
    const early = begin + (i * 1000) / joins_per_s - performance.now();
    if (early > 0) await sleep(early);
    joins.push(join(sdk, i));
  }
  await Promise.all(joins);
}

// Inputs leave when they are due, spread over the time, from when the first bots are in.
let playing = true;
async function play() {
  const begin = performance.now();
  for (let done = 0; playing; await sleep(1)) {
    // Node.js runs timers that fall due meanwhile before it looks at its sockets again.
    await new Promise(setImmediate);
    const due = Math.floor(((performance.now() - begin) / 1000) * input_hz * client_count);
    for (; done < due; ++done) bots[done % client_count]?.play();
  }
}

async function measure() {
  counting = true;
  const begin = performance.now();
  const cpu_before = process.cpuUsage();
  let told = 0;
  for (let second = 1; second * 1000 <= measured_ms; ++second) {
    await sleep(begin + second * 1000 - performance.now());
    process.stderr.write(`${String(second).padStart(4)} s: ${bots.length - healthy.lost} open, ` +
      `${healthy.messages - told} messages, ${healthy.gaps} gaps, ${healthy.errors} errors\n`);
    told = healthy.messages;
  }
  await sleep(begin + measured_ms - performance.now());
  counting = false;
  const cpu = process.cpuUsage(cpu_before);
  const measured_s = (performance.now() - begin) / 1000;
  const busiest_percent = ((cpu.user + cpu.system) / 1e4) / measured_s;
  return { measured_s, cpu_user_s: cpu.user / 1e6, cpu_sys_s: cpu.system / 1e6, busiest_percent,
    saturated: busiest_percent > saturated_percent };
}

const inputs = play();
await gather();
const figures = await measure();
playing = false;
await inputs;
const nobody = { connected: 0 };
const found = { url: options.url, mode: 'railroids on Colyseus', input_hz, ...figures, healthy,
  slow: nobody, frozen: nobody };
if (options.json) writeFileSync(options.json, `${JSON.stringify(found)}\n`);
else process.stdout.write(`${JSON.stringify(found, null, 1)}\n`);
for (const bot of bots) bot.leave();
const { connected, lost, errors, messages } = healthy;
process.exit(connected === client_count && lost === 0 && errors === 0 && messages > 0 ? 0 : 1);
