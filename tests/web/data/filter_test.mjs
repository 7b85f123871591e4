import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dayNumber } from '../../../web/src/data/dates.js';
import { filterOf, grainOf, isWhole, rowsShown } from '../../../web/src/data/filter.js';
import { NOTHING_CHOSEN } from '../../../web/src/data/url_state.js';

const day = dayNumber;
const RANGE = { first: day('2018-11-01'), last: day('2018-11-15') };
const state = (changes) => ({ ...NOTHING_CHOSEN, ...changes });

test('nothing chosen is the whole range', () => {
  const filter = filterOf(NOTHING_CHOSEN, RANGE);
  assert.deepEqual(filter, { from: RANGE.first, to: RANGE.last, level: 'all' });
  assert.ok(isWhole(filter, RANGE));
});

test('days outside the data are moved to its ends, a range the wrong way round is turned', () => {
  assert.deepEqual(filterOf(state({ from: day('2001-01-01'), to: day('2040-01-01') }), RANGE),
    { from: RANGE.first, to: RANGE.last, level: 'all' });
  assert.deepEqual(filterOf(state({ from: day('2018-11-10'), to: day('2018-11-03') }), RANGE),
    { from: day('2018-11-03'), to: day('2018-11-10'), level: 'all' });
});

test('an empty warehouse has no range to filter by', () => {
  assert.deepEqual(filterOf(state({ from: day('2018-11-10') }), null), { from: null, to: null, level: 'all' });
});

test('levels add up, or have rows of their own, or do not matter', () => {
  const rows = ['all', 'free', 'paid', 'gold'].map((level) => ({ level, day: RANGE.first }));
  const shown = (levels, level) =>
    rowsShown(rows, { levels, has_day: true, grain: 'day' }, filterOf(state({ level }), RANGE)).map((row) => row.level);
  assert.deepEqual(shown('sum', 'paid'), ['paid']);
  assert.deepEqual(shown('sum', 'all').length, 4);
  assert.deepEqual(shown('own', 'all'), ['all']);
  assert.deepEqual(shown('own', 'free'), ['free']);
  assert.deepEqual(shown('none', 'paid').length, 4);
});

test('both ends of the range belong to it', () => {
  const rows = ['2018-11-02', '2018-11-03', '2018-11-04', '2018-11-05'].map((text) => ({ day: day(text) }));
  const filter = filterOf(state({ from: day('2018-11-03'), to: day('2018-11-04') }), RANGE);
  assert.equal(rowsShown(rows, { levels: 'none', has_day: true, grain: 'day' }, filter).length, 2);
});

test('a week or a month is shown as soon as one of its days is in the range', () => {
  const year = { first: day('2018-01-01'), last: day('2018-12-31') };
  const rows = ['2018-10-29', '2018-11-05', '2018-11-12'].map((text) => ({ day: day(text) }));
  const of = (day_unit) => grainOf({ day_unit });
  assert.deepEqual(['week', 'month', 'day', '', undefined, 'age'].map(of), ['week', 'month', 'day', 'day', 'day', 'day']);
  const filter = filterOf(state({ from: day('2018-11-08'), to: day('2018-11-11') }), year);
  assert.deepEqual(rowsShown(rows, { levels: 'none', has_day: true, grain: 'week' }, filter), [rows[1]]);
  const months = [{ day: day('2018-11-01') }, { day: day('2018-12-01') }];
  assert.deepEqual(rowsShown(months, { levels: 'none', has_day: true, grain: 'month' }, filter), [months[0]]);
});
