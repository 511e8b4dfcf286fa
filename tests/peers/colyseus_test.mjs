// Goal: the Colyseus server that ours is measured beside does the same work: everyone is shown, in
// every tick, exactly the ships in their rectangle, as they are. Its figures would be of less work
// otherwise.
// Method: a handful of players join by the SDK, decode all that comes and steer at random. Their
// own ships, put together by tick, are the truth beside which stands what each was shown. It ends
// when ships have come into sight and left it many times.
//
// Arguments: the folder of the server.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { until } from '../support/until.mjs';

const [folder] = process.argv.slice(2);
const node = join(folder, `node_modules/node-linux-${process.arch}/bin/node`);
if (!existsSync(node)) {
  console.log(`skipped: the peer's packages are not here, ./dev setup bench brings them`);
  process.exit(77);
}
if (process.execPath !== node) {
  process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);
}

const load = (name) => import(pathToFileURL(join(folder, name)));
const { Pilot } = await load('pilot.mjs');
const { view } = await load('ship.mjs');
const { input_message, welcome_message } = await load('record.mjs');
const { Client } = createRequire(join(folder, 'server.mjs'))('@colyseus/sdk');

let over = false;
const player_count = 16;
const changes_min = 50; // Of who sees whom.
const quanta = 8; // To the unit.
const reach = { x: (view.width / 2 + view.margin) * quanta,
  y: (view.height / 2 + view.margin) * quanta };

// Whether somebody there is seen from here; undefined at the very edge, for a position is known to
// the quantum only.
function sees(here, there) {
  const beyond_x = Math.abs(there.x - here.x) - reach.x;
  const beyond = Math.max(beyond_x, Math.abs(there.y - here.y) - reach.y);
  return Math.abs(beyond) <= 1 ? undefined : beyond < 0;
}

class Player {
  slot; // Its place in the world, once it is told.
  #pilot;
  #patches = 0;

  constructor(seed, room, on_shown) {
    this.#pilot = new Pilot(seed);
    room.onMessage(welcome_message, (slot) => {
      this.slot = slot;
    });
    room.onStateChange((state) => {
      // The first is the world between two ticks, before others were told of us.
      if (this.#patches++ === 0) return;
      const ships = new Map([...state.ships].map(([key, ship]) => [Number(key), ship.toJSON()]));
      on_shown(this, state.tick, ships);
      this.#pilot.steer();
      room.sendBytes(input_message, new Uint8Array([this.#pilot.buttons, this.#pilot.aim]));
    });
    room.onDrop(() => assert.ok(over, 'a player lost the connection'));
    room.onLeave(() => assert.ok(over, 'a player was sent away'));
  }
}

// What everyone was shown in a tick, checked as soon as all of them were.
class Witness {
  changes = 0;
  checked = 0;
  #shown = new Map(); // By tick: the ships that each player was shown.
  #before = new Map(); // Whether the one saw the other, in the tick that was checked last.

  on_shown(player, tick, ships) {
    const shown = this.#shown.get(tick) ?? new Map();
    this.#shown.set(tick, shown);
    shown.set(player.slot, ships);
    if (shown.size < player_count) return;
    this.#shown.delete(tick);
    this.#check(tick, shown);
  }

  #check(tick, shown) {
    const truth = new Map([...shown].map(([slot, ships]) => [slot, ships.get(slot)]));
    for (const [viewer, ships] of shown) {
      const own = truth.get(viewer);
      assert.ok(own, `player ${viewer} does not see itself in tick ${tick}`);
      for (const [slot, ship] of truth) {
        const wanted = sees(own, ship) ?? ships.has(slot);
        assert.equal(ships.has(slot), wanted, `whether ${viewer} sees ${slot} in tick ${tick}: ` +
          JSON.stringify({ own, ship }));
        if (wanted) assert.deepEqual(ships.get(slot), ship, `${slot}, as ${viewer} is shown it`);
        const pair = viewer * player_count + slot;
        if ((this.#before.get(pair) ?? wanted) !== wanted) this.changes += 1;
        this.#before.set(pair, wanted);
      }
      assert.ok([...ships.keys()].every((slot) => truth.has(slot)), 'a ship that nobody flies');
    }
    this.checked += 1;
  }
}

async function free_port() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

const port = await free_port();
const server = spawn(node, [join(folder, 'server.mjs'), port, player_count],
  { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => server.kill('SIGKILL'));
let said = '';
server.stdout.on('data', (text) => {
  said += text;
});

const sdk = new Client(`ws://127.0.0.1:${port}`);
const witness = new Witness();
for (let seed = 0; seed < player_count; ++seed) {
  const joins = () => sdk.join('railroids').catch(() => undefined); // It may not listen yet.
  const room = await until(`player ${seed} is in`, joins);
  new Player(seed, room, (...shown) => witness.on_shown(...shown));
}
await until('ships have come and gone', () => witness.changes >= changes_min);
over = true;
server.kill('SIGTERM');
const [code] = await once(server, 'exit');
const totals = JSON.parse(said.trim().split('\n').at(-1));
console.log(`${witness.checked} ticks, ${witness.changes} changes of who sees whom`, totals);
assert.equal(code, 0);
assert.ok(totals.ticks >= witness.checked && totals.received > 0);
process.exit(0);
