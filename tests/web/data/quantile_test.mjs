import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bins, quantile } from '../../../web/src/data/quantile.js';

/** The definition, on the values written out one by one. */
function plainQuantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil(q * sorted.length - 1e-9) - 1, 0)];
}

const countedOf = (values) => values.map((value) => ({ value, count: 1 }));

test('median and p90 of counted values are those of the values themselves', () => {
  let state = 11;
  for (let size = 1; size < 60; size += 1) {
    const values = Array.from({ length: size }, () => { state = (state * 48271) % 2147483647; return state % 37; });
    for (const q of [0.5, 0.9, 0.99, 1]) {
      assert.equal(quantile(countedOf(values), q), plainQuantile(values, q), `${size} values, ${q}`);
    }
  }
});

test('nine of ten is met by nine of ten, though 0.9 has no exact binary form', () => {
  assert.equal(quantile([{ value: 1, count: 9 }, { value: 50, count: 1 }], 0.9), 1);
  assert.equal(quantile([{ value: 1, count: 900000 }, { value: 50, count: 100000 }], 0.9), 1);
});

test('nothing counted has no quantile and no bins', () => {
  assert.equal(quantile([], 0.5), null);
  assert.equal(quantile([{ value: 3, count: 0 }], 0.5), null);
  assert.deepEqual(bins([]), []);
});

test('bins hold all sessions, are at most 31, and only the last one is open', () => {
  const counted = [{ value: 0, count: 100 }, { value: 29, count: 50 }, { value: 150, count: 20 }, { value: 5000, count: 1 }];
  const result = bins(counted);
  assert.equal(result.reduce((sum, bin) => sum + bin.count, 0), 171);
  assert.ok(result.length <= 31, `${result.length} bins`);
  assert.deepEqual(result.filter((bin) => bin.open), [result.at(-1)]);
  assert.ok(result.every((bin, at) => at === 0 || bin.from === result[at - 1].to));
});

test('sessions of one length make one bin of one minute', () => {
  assert.deepEqual(bins([{ value: 0, count: 4 }]), [{ from: 0, to: 1, count: 4, open: false }]);
});
