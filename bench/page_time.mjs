#!/usr/bin/env node
// Opens an address some times in Debian's Chromium: page_time.mjs ADDRESS ROUNDS. Prints the seconds from asking
// until every chart is drawn.

import { chromium } from '../tests/web/node_modules/playwright-core/index.mjs';

const [address, rounds] = process.argv.slice(2);
const args = ['--disable-gpu', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
const browser = await chromium.launch({ executablePath: process.env.SPARKIFY_CHROMIUM ?? '/usr/bin/chromium', args });
const seconds = [];
for (let round = 0; round <= Number(rounds); round += 1) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const begun = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForFunction(() => document.querySelectorAll('.card svg.plot').length > 10);
  seconds.push((performance.now() - begun) / 1000);
  await context.close();
}
await browser.close();
// The first one starts the browser's own processes.
console.log(`page     seconds until drawn ${seconds.slice(1).map((time) => time.toFixed(2)).join(' ')}`);
