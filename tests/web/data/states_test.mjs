import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stateOf, TILES } from '../../../web/src/data/states.js';

test('there are 50 states and the capital, each on a tile of its own', () => {
  assert.equal(new Set(TILES.map((tile) => tile.state)).size, 51);
  assert.equal(new Set(TILES.map((tile) => `${tile.row},${tile.column}`)).size, 51);
});

test('a place is in the state that it names first', () => {
  assert.equal(stateOf('Lansing-East Lansing, MI'), 'MI');
  assert.equal(stateOf('New York-Newark-Jersey City, NY-NJ-PA'), 'NY');
});

test('what names no state is nowhere', () => {
  for (const place of ['Berlin', 'Nowhere, XX', 'Lansing, MI, USA', 'MI', '', null, 'x, mi']) {
    assert.equal(stateOf(place), null, String(place));
  }
});
