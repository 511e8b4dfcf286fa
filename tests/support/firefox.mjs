// Debian's Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi), which it
// speaks by itself: one WebSocket, JSON both ways. Without a screen it has no WebGL, so it gets one
// that is only memory.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from './player.mjs';
import { until } from './until.mjs';

export const program = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
export const screen_program = '/usr/bin/Xvfb';

// It shall draw without a graphics card, and ask nobody but us.
const preferences = {
  'webgl.force-enabled': true,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'remote.prefs.recommended': true,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

async function make_profile() {
  const folder = await mkdtemp(join(tmpdir(), 'ringtick-firefox-'));
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  await writeFile(join(folder, 'user.js'), lines.join(''));
  return folder;
}

export class Firefox {
  complaints = [];  // Errors and warnings of the page.
  answers = new Map();
  last_id = 0;

  static async launch() {
    const firefox = new Firefox();
    firefox.profile = await make_profile();
    try {
      await firefox.start();
    } catch (error) {
      await firefox.close();
      throw error;
    }
    return firefox;
  }

  async start() {
    const screen = ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'];
    this.screen = spawn(screen_program, screen, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [display] = await once(createInterface({ input: this.screen.stdout }), 'line');
    this.child = spawn(program,
      ['--no-remote', '--profile', this.profile, '--remote-debugging-port', '0'],
      { env: { ...process.env, HOME: this.profile, DISPLAY: `:${display}` } });
    this.exited = once(this.child, 'exit');
    await this.connect(await this.address());
  }

  // It says on stderr where it listens.
  async address() {
    this.child.stdout.resume();  // A pipe that nobody reads would stop it.
    for await (const line of createInterface({ input: this.child.stderr })) {
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line);
      if (!found) continue;
      this.child.stderr.resume();
      return found[1];
    }
    throw new Error('Firefox ended before it listened');
  }

  async connect(address) {
    this.socket = new WebSocket(`${address}/session`);
    this.socket.on('message', (text) => this.on_message(JSON.parse(text)));
    await once(this.socket, 'open');
    await this.ask('session.new', { capabilities: {} });
    await this.ask('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = await this.ask('browsingContext.getTree', {});
    this.context = contexts[0].context;
  }

  on_message({ id, method, params, result, error, message }) {
    if (method === 'log.entryAdded') {
      if (params.level === 'error' || params.level === 'warn') this.complaints.push(params.text);
      return;
    }
    const answer = this.answers.get(id);
    if (!answer) return;
    this.answers.delete(id);
    if (error) answer.reject(new Error(`${error}: ${message}`));
    else answer.resolve(result);
  }

  ask(method, params) {
    const id = (this.last_id += 1);
    return new Promise((resolve, reject) => {
      this.answers.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  go_to(url) {
    return this.ask('browsingContext.navigate', { context: this.context, url, wait: 'complete' });
  }

  // What a JavaScript expression comes to in the page, as JSON can carry it.
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.ask('script.evaluate', {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value) ?? 'null')`,
      target: { context: this.context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return JSON.parse(result.value);
  }

  // The first value that fulfils the condition.
  until(what, expression, condition = Boolean) {
    return until(what, async () => {
      const value = await this.evaluate(expression);
      return condition(value) && value;
    });
  }

  async screenshot(path) {
    const { data } = await this.ask('browsingContext.captureScreenshot', { context: this.context });
    await writeFile(path, Buffer.from(data, 'base64'));
  }

  // Each of `actions` as WebDriver names it; they happen one after the other.
  perform(type, ...actions) {
    const source = { type, id: type, actions };
    return this.ask('input.performActions', { context: this.context, actions: [source] });
  }

  async click(selector) {
    const { x, y } = await this.evaluate(
      `(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))
       (document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`);
    await this.perform('pointer',
      { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
      { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 });
  }

  async type(text) {
    for (const value of text) {
      await this.perform('key', { type: 'keyDown', value }, { type: 'keyUp', value });
    }
  }

  async close() {
    this.socket?.close();
    this.child?.kill();
    await this.exited;
    this.screen.kill();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
