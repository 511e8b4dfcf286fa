// A server program under test: starts it, asks it over HTTP, ends it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class GameServer {
  lines = [];  // What it wrote to stdout.
  log = '';    // What it wrote to stderr.

  // Port 0 lets the kernel choose a free one.
  static async start(program, { port = 0, args = [] } = {}) {
    const server = new GameServer(spawn(program, ['--listen', `127.0.0.1:${port}`, ...args]));
    await server.listening;
    return server;
  }

  constructor(child) {
    this.child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    child.stderr.on('data', (text) => (this.log += text));
    const reader = createInterface({ input: child.stdout });
    this.finished = once(reader, 'close');
    reader.on('line', (line) => this.lines.push(line));
    this.listening = Promise.race([
      once(reader, 'line').then(([line]) => {
        this.url = /https?:\S+/.exec(line)[0];
        this.port = Number(new URL(this.url).port);
      }),
      this.exited.then(({ code }) => {
        throw new Error(`the server ended with ${code} at once: ${this.log}`);
      }),
    ]);
  }

  get socket_url() {
    return this.url.replace(/^http/, 'ws');
  }

  async json(path) {
    return (await fetch(this.url + path)).json();
  }

  // Returns how it ended, once all of its output is here.
  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    const [outcome] = await Promise.all([this.exited, this.finished]);
    return outcome;
  }
}
