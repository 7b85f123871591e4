// The states of the USA as tiles: one square each, about where it lies. No map data is needed.

// A line is a row of the map, a cell of two letters a state.
const ROWS = [
  'AK .. .. .. .. .. .. .. .. .. ME',
  '.. .. .. .. .. WI .. .. .. VT NH',
  'WA ID MT ND MN IL MI .. NY MA ..',
  'OR NV WY SD IA IN OH PA NJ CT RI',
  'CA UT CO NE MO KY WV VA MD DE ..',
  '.. AZ NM KS AR TN NC SC DC .. ..',
  '.. .. .. OK LA MS AL GA .. .. ..',
  'HI .. .. TX .. .. .. .. FL .. ..',
];

export const TILES = ROWS.flatMap((line, row) =>
  line.split(' ').flatMap((state, column) => (state === '..' ? [] : [{ state, row, column }])));

const KNOWN = new Set(TILES.map((tile) => tile.state));
const PLACE = /, ([A-Z]{2})(?:-[A-Z]{2})*$/;

/**
 * The state of "Lansing-East Lansing, MI"; of "New York-Newark-Jersey City, NY-NJ-PA" the first,
 * where the city lies that comes first. Null where the place names none.
 */
export function stateOf(place) {
  const match = PLACE.exec(place ?? '');
  return match !== null && KNOWN.has(match[1]) ? match[1] : null;
}
