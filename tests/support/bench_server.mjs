// The bench server under test, on a port of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from './until.mjs';

async function free_port() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}

export class BenchServer {
  static async start(...args) {
    const port = await free_port();
    const server = new BenchServer(spawn(process.env.BENCH_SERVER, [port, ...args]), port);
    await until('the server answers', () => fetch(`${server.url}/healthz`).then(
      (answer) => answer.ok, () => assert_running(server.child)));
    return server;
  }

  constructor(child, port) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.socket_url = `ws://127.0.0.1:${port}`;
  }

  async stats() {
    return (await fetch(`${this.url}/stats.json`)).json();
  }

  async end() {
    this.child.kill('SIGTERM');
    const [code] = await once(this.child, 'exit');
    return code;
  }
}

function assert_running(child) {
  if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} at once`);
  return false;
}
