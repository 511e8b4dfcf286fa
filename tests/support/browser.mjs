// Debian's Chromium through playwright-core, and pages of the game in it.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { limit_ms, until } from './until.mjs';

const require = createRequire(new URL('../../game-demo/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const program = process.env.CHROMIUM ?? '/usr/bin/chromium';

// For a test that has nothing to do without one: Meson counts it as skipped.
export function need_browser() {
  if (existsSync(program)) return;
  console.log(`There is no browser at ${program}.`);
  process.exit(77);
}

const switches = [
  '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
  '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--mute-audio', '--disable-gpu-watchdog',
];

export const desk = { viewport: { width: 1280, height: 720 } };
export const phone = {
  viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2,
};

export function launch() {
  return chromium.launch({ executablePath: program, args: switches });
}

// What a browser says by itself when a server is not there.
const unreachable = /WebSocket connection to 'ws:\S+' failed|ERR_CONNECTION_REFUSED|status of 503/;

export class GamePage {
  complaints = [];

  // Opens the page and stands before its title. `sharp`: at full resolution even if drawn slowly,
  // for the sake of the screenshot.
  static async open(browser, url, options = {}) {
    const opened = await GamePage.blank(browser, options);
    await opened.go_to(`${url}/${options.sharp ? '?sharp' : ''}`);
    return opened;
  }

  // A page that is nowhere yet.
  static async blank(browser, { screen = desk, server_may_vanish = false } = {}) {
    const context = await browser.newContext(screen);
    context.setDefaultTimeout(limit_ms);
    return new GamePage(await context.newPage(), server_may_vanish);
  }

  async go_to(url) {
    await this.page.goto(url);
    await this.page.waitForFunction(() => window.railroids);
  }

  constructor(page, server_may_vanish) {
    this.page = page;
    // Violations of the Content-Security-Policy are reported here, too.
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (server_may_vanish && unreachable.test(message.text())) return;
      this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.stack));
  }

  async play(name) {
    await this.page.fill('#name', name);
    await this.page.click('#title [type="submit"]');
    await this.until(`${name} plays`, (state) => state.connected && state.alive);
  }

  state() {
    return this.page.evaluate(() => window.railroids.state());
  }

  // Returns the first state that fulfils the condition.
  until(what, condition) {
    return until(what, async () => {
      const state = await this.state();
      return (await condition(state)) && state;
    });
  }

  screenshot(name) {
    return this.page.screenshot({ path: join(process.env.ARTEFACTS, `${name}.png`) });
  }

  async close() {
    await this.page.context().close();
  }
}

// Those that a test has open.
export class OpenPages {
  pages = [];

  add(page) {
    this.pages.push(page);
    return page;
  }

  async close(page) {
    this.pages.splice(this.pages.indexOf(page), 1);
    await page.close();
  }

  // Returns what they had to complain of.
  async close_all() {
    const pages = this.pages.splice(0);
    await Promise.all(pages.map((page) => page.close()));
    return pages.flatMap(({ complaints }) => complaints);
  }
}
