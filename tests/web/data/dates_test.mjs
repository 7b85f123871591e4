import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bucketFor, bucketOf, bucketsBetween, dayNumber, dayText, mondayOf, weekday, WEEKDAYS,
} from '../../../web/src/data/dates.js';

test('a day and its number are the same thing', () => {
  assert.equal(dayNumber('1970-01-01'), 0);
  assert.equal(dayNumber('2018-11-15'), 17850);
  assert.equal(dayText(17850), '2018-11-15');
  assert.equal(dayText(dayNumber('2020-02-29')), '2020-02-29');
});

test('what is no day has no number', () => {
  for (const text of ['2018-02-31', '2018-13-01', '2018-1-1', 'yesterday', '', null, undefined, '2018-11-15T00:00']) {
    assert.equal(dayNumber(text), null, String(text));
  }
});

test('the weekday is that of the calendar, before 1970 too', () => {
  assert.equal(WEEKDAYS[weekday(dayNumber('2018-11-15'))], 'Thursday');
  assert.equal(WEEKDAYS[weekday(dayNumber('1969-12-29'))], 'Monday');
  assert.equal(dayText(mondayOf(dayNumber('2018-11-18'))), '2018-11-12');
  assert.equal(dayText(mondayOf(dayNumber('2018-11-12'))), '2018-11-12');
});

test('buckets grow with the range', () => {
  assert.deepEqual([1, 62, 63, 740, 741].map(bucketFor), ['day', 'day', 'week', 'week', 'month']);
  assert.equal(dayText(bucketOf(dayNumber('2018-11-15'), 'month')), '2018-11-01');
});

test('buckets cover the range without gaps, the one the range begins in included', () => {
  const [from, to] = [dayNumber('2018-11-01'), dayNumber('2018-11-13')];
  assert.deepEqual(bucketsBetween(from, to, 'week').map(dayText), ['2018-10-29', '2018-11-05', '2018-11-12']);
  assert.equal(bucketsBetween(from, to, 'day').length, 13);
  assert.deepEqual(bucketsBetween(from, from, 'month').map(dayText), ['2018-11-01']);
});
