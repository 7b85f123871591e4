import assert from 'node:assert/strict';
import { test } from 'node:test';

import { filled, largest, ranked, sumBy, total } from '../../../web/src/data/aggregate.js';

const ROWS = [
  { song: 'a', artist: 'x', plays: 2 }, { song: 'a', artist: 'y', plays: 5 }, { song: 'a', artist: 'x', plays: 1 },
];

test('rows are summed by all of their keys', () => {
  assert.deepEqual(sumBy(ROWS, ['song', 'artist'], ['plays']),
    [{ song: 'a', artist: 'x', plays: 3 }, { song: 'a', artist: 'y', plays: 5 }]);
  assert.deepEqual(sumBy([], ['song'], ['plays']), []);
});

test('keys that look alike stay apart: nothing, empty, a number and its text', () => {
  const rows = [null, '', 'null', 1, '1'].map((key) => ({ key, n: 1 }));
  assert.equal(sumBy(rows, ['key'], ['n']).length, 5);
  const split = [{ a: 'x","y', b: 'z', n: 1 }, { a: 'x', b: 'y","z', n: 1 }];
  assert.equal(sumBy(split, ['a', 'b'], ['n']).length, 2);
});

test('equal counts are ranked by their names, however the rows came', () => {
  const rows = [{ name: 'b', n: 1 }, { name: 'a', n: 1 }, { name: 'c', n: 2 }];
  const order = (list) => ranked(list, 'n', ['name']).map((row) => row.name);
  assert.deepEqual(order(rows), ['c', 'a', 'b']);
  assert.deepEqual(order([...rows].reverse()), ['c', 'a', 'b']);
});

test('positions without rows are filled with zero', () => {
  assert.deepEqual(filled([{ hour: 2, plays: 7 }, { hour: 2, plays: 1 }], 'hour', [1, 2, 3], ['plays']),
    [{ hour: 1, plays: 0 }, { hour: 2, plays: 8 }, { hour: 3, plays: 0 }]);
});

test('the largest row is the first of several; no rows have none', () => {
  assert.equal(largest([{ n: 1, id: 1 }, { n: 3, id: 2 }, { n: 3, id: 3 }], 'n').id, 2);
  assert.equal(largest([], 'n'), null);
  assert.equal(total(ROWS, 'plays'), 8);
});
