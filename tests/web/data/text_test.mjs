import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dayNumber } from '../../../web/src/data/dates.js';
import {
  bucketName, data, duration, instant, isolated, number, percent, plain, plural, say, short, shown,
} from '../../../web/src/data/text.js';

test('text of the logs loses line breaks, controls and marks of direction', () => {
  assert.equal(shown('safe\u202Etxt.exe\u0007\tend'), 'safetxt.exe end');
  assert.equal(shown('a\u2066b\u2069\u2028c'), 'ab c');
  assert.equal(shown('أغنية'), 'أغنية');
  assert.equal(shown(null), '(none)');
  assert.equal(isolated('x\u2069y'), '\u2068xy\u2069');
});

test('shares keep digits that say something', () => {
  assert.deepEqual([0, 1 / 3041, 1e-6, 0.005, 0.5, 0.996, 0.9999, 1].map(percent),
    ['0%', '0.03%', 'under 0.01%', '0.50%', '50%', '99.6%', '99.9%', '100%']);
  assert.equal(percent(0 / 0), '–');
});

test('counts in narrow cells have at most four characters', () => {
  assert.deepEqual([0, 999, 1000, 6502, 9949, 9950, 12345, 999499, 999500, 12345678].map(short),
    ['0', '999', '1.0k', '6.5k', '9.9k', '10k', '12k', '999k', '1.0M', '12M']);
});

test('numbers, durations and instants are written for people', () => {
  assert.equal(number(3041), '3,041');
  assert.equal(plural(1, 'play'), '1 play');
  assert.equal(plural(0, 'person listens', 'people listen'), '0 people listen');
  assert.equal(duration(119), '119 minutes');
  assert.equal(duration(150), '2 h 30 min');
  assert.equal(instant('2018-11-16T02:00:00Z'), '16 Nov 2018, 02:00 UTC');
  assert.equal(instant(null), '–');
  assert.equal(bucketName(dayNumber('2018-11-12'), 'week'), 'the week of 12 Nov 2018');
});

test('a sentence keeps apart what is ours and what is the logs’', () => {
  const parts = say`“${data('<b>')}” leads with ${3}`;
  assert.deepEqual(parts, ['“', { data: '<b>' }, '” leads with ', '3']);
  assert.equal(plain(say`${say`${data('a')} by`} ${data('b')}`), 'a by b');
});
