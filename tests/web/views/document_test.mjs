import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readDocument } from '../../../web/src/data/document.js';
import { sumBy, total } from '../../../web/src/data/aggregate.js';
import { NOTHING_CHOSEN } from '../../../web/src/data/url_state.js';
import { BUILT_IN, Report } from '../../../web/src/views/index.js';
import { documentOf, pageWith } from '../fixture.mjs';

test('a page without data, or with data of another format, says so', () => {
  assert.match(readDocument('__SPARKIFY_REPORT_DATA__').problem, /sparkify report --out/);
  assert.match(readDocument('{"format": 2, "analyses": []}').problem, /format 1.*format 2/);
  assert.match(readDocument('null').problem, /format/);
  assert.equal(readDocument('{"format": 1, "analyses": []}').problem, undefined);
});

test('the same seed makes the same document', () => {
  assert.equal(JSON.stringify(documentOf({ days: 20 })), JSON.stringify(documentOf({ days: 20 })));
  assert.notEqual(JSON.stringify(documentOf({ days: 20 })), JSON.stringify(documentOf({ days: 20, seed: 8 })));
});

test('a document put into a page ends no element early', () => {
  const page = pageWith('<script id="x">__SPARKIFY_REPORT_DATA__</script>', documentOf({ days: 10 }));
  assert.equal(page.match(/<\/script>/g).length, 1);
  assert.equal(page.match(/<img/g), null);
});

test('each built-in view has something to show, and tables agree with the plays', () => {
  const document = documentOf();
  const report = new Report(document);
  assert.deepEqual(report.views().filter((view) => view.section === 'Your own').length, 4);
  const { plays } = document.banner;
  for (const view of BUILT_IN) {
    const model = report.model(view, NOTHING_CHOSEN);
    assert.ok(model !== null && model.table.rows.length > 0, view.id);
    assert.ok(model.table.rows.every((row) => row.length === model.table.columns.length), view.id);
  }
  const sums = ['plays_a_day', 'weekday_hour', 'by_hour', 'by_weekday', 'browsers', 'systems', 'devices', 'match_rate', 'places'];
  for (const id of sums) {
    const { table } = report.model(BUILT_IN.find((view) => view.id === id), NOTHING_CHOSEN);
    const at = table.columns.findIndex((column) => column.name === 'plays');
    assert.equal(table.rows.reduce((sum, row) => sum + row[at], 0), plays, id);
  }
});

test('free and paid add up to all, for every view whose rows add up', () => {
  const report = new Report(documentOf({ own: false }));
  for (const { analysis, rows, levels } of report.tables.values()) {
    if (levels !== 'sum') continue;
    const value = analysis.name === 'session_lengths' ? 'sessions' : 'plays';
    assert.equal(total(sumBy(rows, ['level'], [value]), value), total(rows, value), analysis.name);
  }
});
