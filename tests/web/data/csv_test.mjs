import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cell, csv } from '../../../web/src/data/csv.js';

test('text that a spreadsheet takes for a formula is led by an apostrophe', () => {
  assert.equal(cell('=1+1'), "'=1+1");
  assert.equal(cell('+49'), "'+49");
  assert.equal(cell('-x'), "'-x");
  assert.equal(cell('@sum'), "'@sum");
  assert.equal(cell('\tx'), "'\tx");
  assert.equal(cell('\rx'), '"\'\rx"');
  assert.equal(cell('=HYPERLINK("u","t")'), '"\'=HYPERLINK(""u"",""t"")"');
  assert.equal(cell('a=b'), 'a=b');
});

test('numbers stay numbers, nothing stays nothing', () => {
  assert.equal(cell(-5), '-5');
  assert.equal(cell(0.25), '0.25');
  assert.equal(cell(null), '');
  assert.equal(cell(''), '');
});

test('commas, quotes and line ends are quoted as RFC 4180 says', () => {
  assert.equal(cell('a,b'), '"a,b"');
  assert.equal(cell('say "x"'), '"say ""x"""');
  assert.equal(cell('a\nb'), '"a\nb"');
});

test('a file has a mark of UTF-8, its names, and ends each line with CRLF', () => {
  assert.equal(csv(['song', 'plays'], [['Åska', 2], [null, 1]]), '\ufeffsong,plays\r\nÅska,2\r\n,1\r\n');
});
