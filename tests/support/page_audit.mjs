// What a page owes to those who do not see it as its makers do. Each function runs in the page, and
// returns what falls short, in words.

const least_contrast = 4.5;  // WCAG 2.2, 1.4.3: of text that is not large.

// Text that is too faint on what lies behind it. Space itself, behind the glass, is nearly black.
export function faint_texts(page) {
  return page.evaluate((least) => {
    const parse = (text) => {
      const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
      return { rgb: [r, g, b], a };
    };
    const mix = (over, under, a) => over.map((value, i) => value * a + under[i] * (1 - a));
    const luminance = (rgb) => {
      const [r, g, b] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground_of = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) {
        const { backgroundColor, backgroundImage } = getComputedStyle(at);
        const image = /rgba?\([^)]*\)/.exec(backgroundImage);
        layers.unshift(parse(image ? image[0] : backgroundColor));
      }
      return layers.reduce((under, { rgb, a }) => mix(rgb, under, a), [3, 5, 13]);
    };
    const opacity_of = (element) => {
      let opacity = 1;
      for (let at = element; at; at = at.parentElement) opacity *= getComputedStyle(at).opacity;
      return opacity;
    };
    const is_written = (element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const all = [...document.querySelectorAll('body *')].filter((element) =>
      element.checkVisibility({ visibilityProperty: true }) && is_written(element));
    return all.flatMap((element) => {
      const opacity = opacity_of(element);
      if (opacity === 0 || element.disabled) return [];  // Not there; WCAG leaves these out, too.
      const { rgb, a } = parse(getComputedStyle(element).color);
      const ground = ground_of(element);
      const [low, high] = [luminance(mix(rgb, ground, a * opacity)), luminance(ground)]
        .sort((x, y) => x - y);
      const contrast = (high + 0.05) / (low + 0.05);
      if (contrast >= least) return [];
      return [`${element.textContent.trim().slice(0, 30)}: ${contrast.toFixed(2)}`];
    });
  }, least_contrast);
}

// Controls without a name or with another's, and pictures that say nothing.
export function nameless(page) {
  return page.evaluate(() => {
    const shown = (selector) => [...document.querySelectorAll(selector)]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const name_of = (element) =>
      element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    const names = shown('button, input, select').map((element) => name_of(element).trim());
    const twice = names.filter((name, i) => name === '' || names.indexOf(name) !== i);
    const pictures = shown('canvas').filter((canvas) =>
      canvas.getAttribute('role') !== 'img' || !canvas.getAttribute('aria-label'));
    return [...twice.map((name) => `control: ${name}`),
            ...pictures.map(({ parentElement }) => `picture in ${parentElement.className}`)];
  });
}

// Walks through all that can be reached by Tab. Returns each with its place and its ring.
export async function tab_stops(page) {
  await page.evaluate(() => {  // From the beginning, whatever was clicked last.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  const stops = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === document.body || at.dataset.walked) return null;
      at.dataset.walked = 'yes';
      const { left, top } = at.getBoundingClientRect();
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      const column = [...document.querySelectorAll('#inside .column')]
        .findIndex((candidate) => candidate.contains(at));
      const scrolled = at.closest('.column')?.scrollTop ?? 0;
      return {
        name: at.getAttribute('aria-label') || at.name || at.textContent, column, left,
        top: top + scrolled, ring: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth),
      };
    });
    if (!stop) return stops;
    stops.push(stop);
  }
}
