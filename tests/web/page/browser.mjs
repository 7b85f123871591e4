// Opens the built page in Debian's Chromium, and holds it against rules that all pages must keep.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

import { pageWith } from '../fixture.mjs';

export const BUILT = new URL('../../../web/dist/report.html', import.meta.url);
export const SIZES = {
  phone: { width: 390, height: 844 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1440, height: 900 },
};
const CHROMIUM = process.env.SPARKIFY_CHROMIUM ?? '/usr/bin/chromium';

export class Browser {
  static async start() {
    const self = new Browser();
    self.folder = await mkdtemp(path.join(tmpdir(), 'sparkify-web-'));
    // Chromium's sandbox cannot be had as root.
    const args = ['--disable-gpu', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
    self.chromium = await chromium.launch({ executablePath: CHROMIUM, args });
    return self;
  }

  async stop() {
    await this.chromium.close();
    await rm(this.folder, { recursive: true });
  }

  async write(name, document) {
    const file = path.join(this.folder, `${name}.html`);
    await writeFile(file, pageWith(await readFile(BUILT, 'utf8'), document));
    return pathToFileURL(file).href;
  }

  /** A page that notes every trouble: what the console says, and any request but for itself or to `origin`. */
  async open(url, { size = 'desktop', scheme = 'light', origin = null } = {}) {
    const context = await this.chromium.newContext({ viewport: SIZES[size], colorScheme: scheme, acceptDownloads: true });
    const page = await context.newPage();
    const troubles = [];
    page.on('console', (message) => troubles.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`error: ${error.stack}`));
    page.on('request', (request) => {
      if (!/^(file|blob|data):/.test(request.url()) && new URL(request.url()).origin !== origin) troubles.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    await page.waitForSelector('#page h1');
    await settled(page);
    return { page, troubles, close: () => context.close() };
  }
}

/** Waits until what follows from a change of size or state has been drawn. */
export async function settled(page) {
  await page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }));
}

export async function axeFindings(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html).join(' | ')}`);
}

/** Texts that lie over each other or reach out of their pictures, and elements that cut theirs. */
export function layoutFaults(page) {
  return page.evaluate(() => {
    const faults = [];
    const boxesOf = (svg) => [...svg.querySelectorAll('text')]
      .flatMap((text) => [text, ...text.querySelectorAll('tspan')].filter((node) => node.childElementCount === 0))
      .filter((node) => node.textContent.trim() !== '')
      .map((node) => ({ text: node.textContent, box: node.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    for (const svg of document.querySelectorAll('svg.plot')) {
      const name = svg.closest('.card').id;
      const frame = svg.getBoundingClientRect();
      const boxes = boxesOf(svg);
      for (const { text, box } of boxes) {
        if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 3 || box.bottom > frame.bottom + 3) {
          faults.push(`${name}: “${text}” reaches out of its picture`);
        }
      }
      // A line's box is higher than its letters by about a fifth, above and below.
      const slack = 3;
      boxes.forEach((a, at) => boxes.slice(at + 1).forEach((b) => {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 0.5 && down > 2 * slack) faults.push(`${name}: “${a.text}” lies over “${b.text}”`);
      }));
    }
    for (const node of document.querySelectorAll('h1, h2, h3, p, dt, dd, small, button, label, td, th, li, .card, .filters')) {
      if (node.closest('.scroll') === null && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline' && !node.classList.contains('unseen')) {
        faults.push(`${node.tagName} “${node.textContent.slice(0, 40)}” is cut`);
      }
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} wide in a window of ${clientWidth}`);
    return faults;
  });
}

/** Cards whose chart has no mark with an area or a length; tables and figures count as charts. */
export function emptyCharts(page) {
  return page.evaluate(() => [...document.querySelectorAll('.card')].filter((card) => {
    if (card.querySelector('.chart table tbody tr, .chart .big') !== null) return false;
    const marks = [...card.querySelectorAll('.chart svg :is(rect, path, circle)')];
    return marks.filter((mark) => {
      const box = mark.getBBox();
      return box.width > 0.5 || box.height > 0.5;
    }).length < 2;
  }).map((card) => card.id));
}

export async function assertSound({ page, troubles }, { isEmpty = false } = {}) {
  if (!isEmpty) assert.deepEqual(await emptyCharts(page), [], 'charts without marks');
  assert.deepEqual(await layoutFaults(page), [], 'texts over each other or cut');
  assert.deepEqual(await axeFindings(page), [], 'axe');
  assert.deepEqual(troubles, [], 'console and network');
}
