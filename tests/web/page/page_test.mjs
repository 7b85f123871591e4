// The built page in a real browser.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { documentOf, HOSTILE } from '../fixture.mjs';
import { assertSound, axeFindings, Browser, BUILT, emptyCharts, layoutFaults, settled, SIZES } from './browser.mjs';

const FILE_BYTES_MAX = 2_000_000;
const BUNDLE_BYTES_MAX = 600_000;
const DOCUMENT = documentOf();

let browser;
let url;
before(async () => {
  browser = await Browser.start();
  url = await browser.write('report', DOCUMENT);
});
after(() => browser.stop());

/** Runs `use` with an open page, which must have made no trouble by its end. */
async function withPage(address, options, use) {
  const opened = await browser.open(address, options);
  try {
    await use(opened.page, opened);
    assert.deepEqual(opened.troubles, []);
  } finally {
    await opened.close();
  }
}

const title = (page, id) => page.locator(`#${id} h3`).textContent();

async function downloaded(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Plays of the document by a key, as a check that shares nothing with the page. */
function playsBy(key, keep = () => true) {
  const { rows } = DOCUMENT.analyses.find((analysis) => analysis.name === 'plays_by_hour');
  const sums = {};
  for (const [day, level, hour, plays] of rows.filter(keep)) {
    const name = key({ day, level, hour });
    sums[name] = (sums[name] ?? 0) + plays;
  }
  return Object.entries(sums).sort((a, b) => b[1] - a[1]);
}

describe('each size and scheme', { concurrency: 2 }, () => {
  for (const size of Object.keys(SIZES)) {
    for (const scheme of ['light', 'dark']) {
      test(`${size}, ${scheme}: charts have marks, no text is cut, axe finds nothing`, () =>
        withPage(url, { size, scheme }, async (page, opened) => {
          await assertSound(opened);
        }));
    }
  }

  test('with a trend, a definition, SQL and a table open they are as sound', () =>
    withPage(`${url}#song=${encodeURIComponent(HOSTILE.markup)}&artist=The+Invented+Ones`, { size: 'phone', scheme: 'dark' }, async (page, opened) => {
      for (const [id, button] of [['trend', 'Table'], ['levels', 'SQL'], ['places', 'Definition'], ['unmatched_songs', 'Table']]) {
        await page.locator(`#${id} .tools button`, { hasText: button }).click();
      }
      await assertSound(opened);
    }));
});

test('the rules that pages are held against find what breaks them', () => withPage(url, {}, async (page) => {
  await page.evaluate(() => {
    const [first, second] = document.querySelectorAll('#by_weekday svg text');
    second.setAttribute('transform', first.getAttribute('transform'));
    document.querySelector('#by_hour svg text').setAttribute('transform', 'translate(-90,40)');
    for (const mark of document.querySelectorAll('#levels svg :is(rect, path, circle)')) mark.remove();
    const button = document.createElement('button');
    document.querySelector('main').append(button);
    document.querySelector('h1').style.width = '20px';
  });
  const faults = (await layoutFaults(page)).join('\n');
  assert.match(faults, /by_weekday: “.*” lies over “/);
  assert.match(faults, /by_hour: “.*” reaches out of its picture/);
  assert.match(faults, /H1 “Sparkify” is cut/);
  assert.deepEqual(await emptyCharts(page), ['levels']);
  assert.match((await axeFindings(page)).join(), /button-name/);
}));

describe('the numbers', () => {
  test('the busiest hour of the week is that of the rows', () => withPage(url, {}, async (page) => {
    const names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
    const [[best, plays]] = playsBy(({ day, hour }) => `${names[new Date(day).getUTCDay()]} ${String(hour).padStart(2, '0')}:00`);
    assert.equal(await title(page, 'weekday_hour'), `${best} UTC is the busiest hour: ${plays} plays`);
  }));

  test('the level and the range are in the URL, and change every answer', () => withPage(url, {}, async (page) => {
    await page.locator('label[for=level_paid]').click();
    await page.locator('#from').fill('2018-11-10');
    await page.locator('#to').fill('2018-11-20');
    await settled(page);
    assert.equal(new URL(page.url()).hash, '#from=2018-11-10&to=2018-11-20&level=paid');
    const keep = ([day, level]) => level === 'paid' && day >= '2018-11-10' && day <= '2018-11-20';
    const [[hour, plays]] = playsBy((row) => row.hour, keep);
    assert.equal(await title(page, 'by_hour'), `${hour.padStart(2, '0')}:00 UTC is the busiest hour of the day: ${plays} plays`);
    assert.match(await title(page, 'levels'), /^All [\d,]+ plays are by paying users$/);
    assert.equal(await page.locator('.summary').textContent(), '11 days, UTC');
    await page.goBack();
    await page.goBack();
    await settled(page);
    assert.equal(await page.locator('#from').inputValue(), '2018-11-01', 'back takes the choice back');
    await page.locator('label[for=level_free]').click();
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.equal(new URL(page.url()).hash, '');
  }));

  test('a URL that was sent to somebody opens as it was', () =>
    withPage(`${url}#from=2018-11-10&to=2018-11-20&level=free`, {}, async (page) => {
      assert.equal(await page.locator('#from').inputValue(), '2018-11-10');
      assert.ok(await page.locator('#level_free').isChecked());
      assert.match(await title(page, 'levels'), /users of the free level$/);
    }));
});

describe('drill-down', () => {
  test('a click on a bar opens the trend of its song', () => withPage(url, {}, async (page, opened) => {
    await page.locator('#top_songs svg').click({ position: { x: 60, y: 28 } });
    await page.waitForSelector('#trend svg');
    assert.match(await title(page, 'trend'), /^“<img src=x.*by The Invented Ones: [\d,]+ plays, most on /);
    assert.match(page.url(), /#song=/);
    await assertSound(opened);
    await page.getByRole('button', { name: 'Close the trend' }).click();
    assert.equal(await page.locator('#trend:visible').count(), 0);
    assert.equal(new URL(page.url()).hash, '');
  }));

  test('the list under a chart does so from the keyboard: an artist, a level', () => withPage(url, {}, async (page) => {
    await page.getByLabel('Trend of one of: Most played artists').selectOption({ index: 2 });
    await page.waitForSelector('#trend svg');
    assert.match(await title(page, 'trend'), /^Ana Ficticia: [\d,]+ plays/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'trend_title');
    await page.getByLabel('Trend of one of: Plays by free and by paying users over time').selectOption({ label: 'paid users' });
    const paid = playsBy((row) => row.level).find(([level]) => level === 'paid')[1].toLocaleString('en-US');
    assert.match(await title(page, 'trend'), new RegExp(`^Users of the level “paid” played ${paid} songs`));
  }));
});

describe('what stands behind a chart', () => {
  test('its definition and its SQL are one click away, as text', () => withPage(url, {}, async (page) => {
    await page.getByRole('button', { name: 'Definition: Plays a day' }).click();
    assert.match(await page.locator('#plays_a_day .panel').textContent(), /Times are UTC\.$/);
    await page.getByRole('button', { name: 'SQL: Plays a day' }).click();
    assert.match(await page.locator('#plays_a_day pre').textContent(), /<b>not markup<\/b> & no end: <\/script>/);
  }));

  test('a long table is read page by page', () => withPage(url, {}, async (page) => {
    await page.getByRole('button', { name: 'Table: Plays by weekday and hour, UTC' }).click();
    const rows = page.locator('#weekday_hour tbody tr');
    assert.equal(await rows.count(), 20);
    const status = page.locator('#weekday_hour .pages span');
    assert.equal(await status.textContent(), 'Rows 1 to 20 of 168');
    for (let page_number = 0; page_number < 8; page_number += 1) await page.locator('#weekday_hour .pages button', { hasText: 'Next' }).click();
    assert.equal(await status.textContent(), 'Rows 161 to 168 of 168');
    assert.equal(await rows.count(), 8);
  }));

  test('CSV has all rows, and no formula', () => withPage(url, {}, async (page) => {
    const file = await downloaded(page, () => page.getByRole('button', { name: 'CSV: Most played songs' }).click());
    assert.equal(file.name, 'top_songs.csv');
    const text = file.bytes.toString('utf8');
    assert.ok(text.startsWith('\ufeffsong,artist,plays\r\n'));
    assert.ok(text.includes('"\'=HYPERLINK(""http://127.0.0.1/"",""free music"")",'));
    assert.ok(text.includes(HOSTILE.right_to_left) && text.includes(HOSTILE.emoji));
    assert.equal(/(^|,)[=+\-@]/m.test(text), false);
    const hours = await downloaded(page, () => page.getByRole('button', { name: 'CSV: Plays by weekday and hour, UTC' }).click());
    assert.equal(hours.bytes.toString('utf8').trim().split('\r\n').length, 169);
  }));

  test('PNG is the chart at twice its size, with colours in it', () => withPage(url, { scheme: 'dark' }, async (page) => {
    for (const [id, label] of [['top_songs', 'Most played songs'], ['weekday_hour', 'Plays by weekday and hour, UTC'], ['active_users', '30 days that end with it']]) {
      const file = await downloaded(page, () => page.locator(`#${id} .tools button`, { hasText: 'PNG' }).click());
      assert.equal(file.name, `${id}.png`, label);
      if (process.env.SPARKIFY_KEEP) await writeFile(path.join(process.env.SPARKIFY_KEEP, file.name), file.bytes);
      const width = await page.locator(`#${id} svg.plot`).evaluate((svg) => svg.getBoundingClientRect().width);
      const picture = await page.evaluate(pictureFacts, file.bytes.toString('base64'));
      assert.equal(picture.width, Math.round((width + 40) * 2));
      assert.ok(picture.colours > 20, `${id}: ${picture.colours} colours`);
    }
  }));
});

/** Runs in the page: the size of a picture and how many colours it has. */
async function pictureFacts(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const colours = new Set(new Uint32Array(data.buffer));
  return { width: image.width, height: image.height, colours: colours.size };
}

test('hostile titles are text: nothing runs, nothing is fetched, no element is made of them', () =>
  withPage(url, {}, async (page) => {
    await page.getByRole('button', { name: 'Table: Most played songs' }).click();
    const cells = await page.locator('#top_songs tbody tr td:first-child').allTextContents();
    for (const name of ['markup', 'script', 'formula', 'right_to_left', 'emoji', 'long']) {
      assert.ok(cells.includes(HOSTILE[name]), name);
    }
    assert.ok(cells.includes('safetxt.exe end'), 'without its mark of direction and its controls');
    const drawn = await page.locator('#top_songs svg text').allTextContents();
    assert.ok(drawn.some((text) => text.includes(HOSTILE.right_to_left)));
    assert.ok((await title(page, 'top_songs')).includes(HOSTILE.markup));
    assert.equal(await page.locator('img, iframe, object').count(), 0);
    assert.equal(await page.evaluate(() => globalThis.hostile), undefined);
    assert.equal(await page.locator('#own_genres svg b').count(), 0);
  }));

test('the policy of the page lets no other script or style in', () => withPage(url, {}, async (page, { troubles }) => {
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.equal(/unsafe/.test(policy), false);
  assert.match(policy, /default-src 'none'/);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.got_in = true';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => globalThis.got_in), undefined);
  assert.match(troubles.splice(0).join(), /Content Security Policy/);
}));

test('a printed report can be read: on paper colours are light and titles are there', () =>
  withPage(url, { scheme: 'dark' }, async (page) => {
    const file = path.join(browser.folder, 'report.pdf');
    await writeFile(file, await page.pdf({ preferCSSPageSize: true, printBackground: true }));
    const { stdout } = await promisify(execFile)('pdftotext', ['-layout', file, '-'], { maxBuffer: 1 << 26 });
    const text = stdout.replace(/\s+/g, ' ');
    for (const id of ['plays_a_day', 'weekday_hour', 'levels', 'active_users', 'browsers']) {
      assert.ok(text.includes((await title(page, id)).replace(/\s+/g, ' ')), id);
    }
    assert.ok(text.includes('When people listen') && text.includes('Tampa-St. Petersburg-Clearwater'));
    assert.equal(text.includes('Definition'), false, 'buttons are of no use on paper');
    await settled(page);
    const widest = await page.evaluate(() => document.querySelector('#plays_a_day svg').getBoundingClientRect().width);
    assert.ok(widest > 1000, 'afterwards the page is as wide as before');
  }));

describe('warehouses of other sizes', () => {
  for (const [name, shape, options] of [
    ['empty', { days: 0, own: false }, { isEmpty: true }],
    ['tiny', { days: 1, users: 2, own: false, seed: 3 }, { isEmpty: true }],
  ]) {
    test(`${name}: says what there is, and looks right`, async () => {
      const address = await browser.write(name, documentOf(shape));
      for (const size of ['phone', 'desktop']) {
        await withPage(address, { size }, async (page, opened) => {
          await assertSound(opened, options);
          const message = await page.locator('.empty-page').count();
          assert.equal(message, name === 'empty' ? 1 : 0);
          assert.equal(await page.locator('#plays_a_day svg').count(), name === 'empty' ? 0 : 1);
        });
      }
    });
  }

  test('a year: lists by week, the file under 2 MB, shown in a second', async () => {
    const address = await browser.write('year', documentOf({ days: 365, users: 150, own: false }));
    assert.ok((await stat(fileURLToPath(address))).size < FILE_BYTES_MAX);
    const started = performance.now();
    await withPage(`${address}#song=Paper+Lanterns&artist=Made-up+Trio`, {}, async (page, opened) => {
      assert.ok(performance.now() - started < 5000);
      assert.match(await title(page, 'trend'), /^“Paper Lanterns” by Made-up Trio: .*most in the week of /);
      await assertSound(opened);
    });
  });

  test('who may not read what runs did is told so, not that there were none', async () => {
    const document = documentOf({ days: 2, users: 5, own: false });
    Object.assign(document.banner, { rejects: null, last_run: null });
    await withPage(await browser.write('reader', document), { size: 'phone' }, async (page) => {
      const figures = await page.locator('.figure').allTextContents();
      assert.deepEqual(figures.filter((text) => /^(Last run|Rejects)/.test(text)), ['Last run–not for this user', 'Rejects–not for this user']);
    });
  });

  test('a page without its data says what to do', async () => {
    await withPage(BUILT.href, {}, async (page) => {
      assert.match(await page.getByRole('alert').textContent(), /sparkify report --out/);
    });
  });
});

test('the built file is small, whole, and has one place for its data', async () => {
  const html = await readFile(BUILT, 'utf8');
  assert.ok(Buffer.byteLength(html) < BUNDLE_BYTES_MAX);
  assert.equal(html.split('__SPARKIFY_REPORT_DATA__').length, 2);
  assert.ok(html.includes('<script type="application/json" id="report-data">__SPARKIFY_REPORT_DATA__</script>'));
  assert.equal(/<(?:script|link|img)[^>]+(?:src|href)="(?!data:)/.test(html), false);
  assert.match(html, /@observablehq\/plot[^]*Observable, Inc\./, 'the licences of what is in it');
});
