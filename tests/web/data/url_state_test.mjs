import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dayNumber } from '../../../web/src/data/dates.js';
import { NOTHING_CHOSEN, parseState, stateText } from '../../../web/src/data/url_state.js';

test('the URL has the form that was agreed', () => {
  const state = parseState('#from=2018-11-01&to=2018-11-15&level=paid');
  assert.deepEqual(state, { from: dayNumber('2018-11-01'), to: dayNumber('2018-11-15'), level: 'paid', focus: null });
  assert.equal(stateText(state), '#from=2018-11-01&to=2018-11-15&level=paid');
});

test('nothing chosen leaves no trace', () => {
  assert.deepEqual(parseState(''), NOTHING_CHOSEN);
  assert.equal(stateText(NOTHING_CHOSEN), '');
});

test('what makes no sense is as if it were not there', () => {
  assert.deepEqual(parseState('#from=2018-02-31&to=x&level=gold&other=1'), NOTHING_CHOSEN);
});

test('every picked name comes back as it was', () => {
  const names = ['<img src=x>', 'a&b=c#d', '100%', 'أغنية', '👩‍👩‍👧', '', 'x\u202ey', 'a+b c'];
  for (const song of names) {
    for (const focus of [{ kind: 'song', song, artist: song }, { kind: 'artist', artist: song }, { kind: 'level', level: song }]) {
      assert.deepEqual(parseState(stateText({ ...NOTHING_CHOSEN, focus })).focus, focus);
    }
  }
});
