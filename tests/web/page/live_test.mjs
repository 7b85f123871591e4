// The page as `sparkify serve` gives it, in a real browser: SPARKIFY_BINARY is the program.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { assertSound, Browser, settled, SIZES } from './browser.mjs';

const PROGRAM = process.env.SPARKIFY_BINARY ??
  new URL('../../../build/release/sparkify', import.meta.url).pathname;
const NEWER_WITHIN_MS = 60_000;

let browser;
let folder;
let server;
let url;

/** The program's own settings only: those of who runs the tests stay outside. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SPARKIFY_|AWS_|PG)/.test(name)));
const run = (...words) => promisify(execFile)(PROGRAM, words, { cwd: folder, env: environment });

async function load(name, days) {
  await run('generate', '--out', name, '--events', '3000', '--songs', '40', '--days', String(days), '--seed', String(days));
  await run('etl', '--log-data', `${name}/log_data`, '--song-data', `${name}/song_data`);
}

async function serve() {
  server = spawn(PROGRAM, ['serve', '--refresh', '1'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: server.stdout })) return line;
  throw new Error('serve ended without an address');
}

function ended() {
  return new Promise((resolve) => { server.once('exit', (code) => resolve(code)); server.kill('SIGINT'); });
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sparkify-live-'));
  await run('create-tables');
  await load('first', 31);
  url = await serve();
  browser = await Browser.start();
});
after(async () => {
  server?.kill('SIGKILL');
  await browser?.stop();
  await rm(folder, { recursive: true });
});

/** As withPage of page_test.mjs, but requests to the server are what this is about. */
async function withPage(options, use) {
  const opened = await browser.open(url, { ...options, origin: new URL(url).origin });
  try {
    await use(opened.page, opened);
  } finally {
    await opened.close();
  }
}

const plays = (page) => page.locator('.figure', { hasText: 'Plays' }).first().locator('dd').textContent();

describe('each size and scheme, live', () => {
  for (const size of Object.keys(SIZES)) {
    for (const scheme of ['light', 'dark']) {
      test(`${size}, ${scheme}`, () => withPage({ size, scheme }, async (page, opened) => {
        assert.match(await page.locator('.live').textContent(), /^Live: newer data is shown soon/);
        await assertSound(opened);
      }));
    }
  }
});

test('filters, drill-down, table and CSV work as in the file', () => withPage({}, async (page, opened) => {
  await page.locator('label[for=level_paid]').click();
  await page.getByLabel('Trend of one of: Most played songs').selectOption({ index: 1 });
  await page.waitForSelector('#trend svg');
  await page.getByRole('button', { name: 'Table: Most played artists' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV: Most played artists' }).click()]);
  assert.equal(download.suggestedFilename(), 'top_artists.csv');
  assert.match(new URL(page.url()).hash, /level=paid/);
  await assertSound(opened);
}));

test('when a run lands the page shows it, and what was open and chosen stays', () => withPage({}, async (page, opened) => {
  await page.locator('label[for=level_free]').click();
  await page.getByRole('button', { name: 'SQL: Plays a day' }).click();
  const before_it = await plays(page);
  await load('second', 9);
  await page.waitForFunction((old) => document.querySelectorAll('.figure dd')[2].firstChild.textContent !== old, before_it, { timeout: NEWER_WITHIN_MS });
  await settled(page);
  assert.equal(await page.locator('#level_free').isChecked(), true);
  assert.equal(await page.locator('#plays_a_day pre').isVisible(), true);
  const { stdout } = await run('query', '--format', 'csv', 'select count(*) as n from songplays');
  assert.equal((await plays(page)).replaceAll(',', ''), stdout.trim().split('\n')[1]);
  await assertSound(opened);
}));

test('a page whose server has ended says so', () => withPage({}, async (page, { troubles }) => {
  assert.equal(await ended(), 0);
  await page.waitForSelector('.live.warning', { timeout: NEWER_WITHIN_MS });
  assert.match(await page.locator('.live').textContent(), /the server does not answer.*sparkify serve/);
  assert.match(troubles.splice(0).join(), /ERR_CONNECTION_REFUSED/);
}));
