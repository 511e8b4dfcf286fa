// A player without a page: npm's ws for the socket, and the game's own client, the very module that
// the page runs, to understand what comes.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { load_page_code } from './page_code.mjs';
import { until } from './until.mjs';

const require = createRequire(new URL('../../game-demo/web/package.json', import.meta.url));
export const { WebSocket } = require('ws');
export const Button = { thrust: 1, left: 2, right: 4, fire: 8, brake: 16, aim_ahead: 32 };
export const Kind = { welcome: 2, snapshot: 4, event: 5, pong: 7, rate: 8, bye: 9, stats: 10 };

export class PlayerMaker {
  static async create({ wasm, tsconfig }) {
    const maker = new PlayerMaker();
    maker.code = await load_page_code(tsconfig, ['ringtick/module']);
    maker.compiled = await WebAssembly.compile(await readFile(wasm));
    return maker;
  }

  // Joins, and returns once the game has welcomed the player and shown them the world.
  async join(server, name, { room = 1 } = {}) {
    const instance = await WebAssembly.instantiate(this.compiled, {});
    const client = this.code.GameModule.of(instance, this.code.layout);
    const player = new Player(client, `${server.socket_url}/play/${room}`, name);
    await until(`${name} is in the game`, () => player.view.connected && player.view.own_alive);
    return player;
  }
}

class Player {
  received = {};   // Messages by kind.
  closed;          // Their close code, once the connection is.

  constructor(client, url, name) {
    this.client = client;
    client.start(performance.now());
    this.socket = new WebSocket(url, 'arena.v1');
    this.socket.binaryType = 'arraybuffer';
    this.socket.on('open', () => this.socket.send(client.hello(name)));
    this.socket.on('message', (message) => this.on_message(message));
    this.closing = new Promise((resolve) => {
      this.socket.on('close', (code) => resolve((this.closed = code)));
    });
    this.socket.on('error', (error) => (this.error = error));
  }

  on_message(message) {
    const kind = this.client.on_message(message, performance.now());
    this.received[kind] = (this.received[kind] ?? 0) + 1;
    if (kind === Kind.snapshot) this.on_snapshot?.();
  }

  // The world at this moment.
  get view() {
    if (this.error) throw this.error;
    this.client.advance(performance.now());
    return this.client.view;
  }

  // Wants this in every tick until something else is wanted.
  hold(buttons, aim = 0) {
    this.on_snapshot = () => {
      if (this.client.inputs_due(performance.now()) === 0) return;
      this.client.want(buttons, aim);
      this.socket.send(this.client.inputs());
    };
  }

  let_go() {
    this.on_snapshot = undefined;
  }

  // For good. The server closes the connection, if it has not yet.
  async leave() {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(this.client.bye());
    return this.closing;
  }
}
