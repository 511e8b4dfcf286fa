// The engineer's overlay, as a test opens it, reads it and moves what can be moved.

import { until } from './until.mjs';

export class Inside {
  constructor(page) {
    this.page = page;  // A browser's.
  }

  // Opens it, if it is not open; the path is as it is then.
  async look() {
    if (!(await this.page.$('#inside'))) await this.page.keyboard.press('F2');
    await this.page.click('#inside button:text-is("as it is")');
  }

  text(name) {
    return this.page.textContent(`[data-number=${name}]`);
  }

  async number(name) {
    return Number.parseFloat((await this.text(name)).replaceAll(',', ''));
  }

  until_number(what, name, condition) {
    return until(`${what} (${name})`, async () => condition(await this.number(name)));
  }

  async set_slider(name, value) {
    await this.page.fill(`#inside [name=${name}]`, String(value));
  }
}
