// Where and with what people listen, and how many at once.

import { largest, ranked, sumBy, total } from '../data/aggregate.js';
import { bucketsBetween } from '../data/dates.js';
import { quantile } from '../data/quantile.js';
import { stateOf, TILES } from '../data/states.js';
import { data, hourName, inBucket, isolated, number, percent, plural, say } from '../data/text.js';
import { column } from './parts.js';

const SECTION = 'Where and with what';
const BARS_MAX = 10;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

function places(rows, { whole }) {
  const order = ranked(sumBy(rows, ['place'], ['plays']), 'plays', ['place']).filter((row) => row.plays > 0);
  if (order.length === 0) return null;
  return {
    answer: say`Most plays come from ${data(order[0].place)}: ${number(order[0].plays)}`,
    note: whole ? '' : 'Counted among the places with most plays in the whole period.',
    chart: {
      kind: 'ranking', colour: 'blue',
      rows: order.slice(0, BARS_MAX).map((row) => ({
        label: isolated(row.place), value: row.plays, text: number(row.plays),
      })),
    },
    table: {
      columns: [column('place', 'Place'), column('plays', 'Plays', 'integer')],
      rows: order.map((row) => [row.place, row.plays]),
    },
  };
}

function states(rows) {
  const placed = rows.map((row) => ({ state: stateOf(row.place), plays: row.plays }));
  const inStates = placed.filter((row) => row.state !== null);
  const sums = ranked(sumBy(inStates, ['state'], ['plays']), 'plays', ['state']).filter((row) => row.plays > 0);
  if (sums.length === 0) return null;
  const byState = new Map(sums.map((row) => [row.state, row.plays]));
  const elsewhere = total(placed, 'plays') - total(inStates, 'plays');
  return {
    answer: say`${sums[0].state} is the state with most plays: ${number(sums[0].plays)} of ${number(total(inStates, 'plays'))}`,
    note: 'Of the places with most plays. One that spans several states counts for its first.' +
      (elsewhere > 0 ? ` ${plural(elsewhere, 'play')} elsewhere.` : ''),
    chart: {
      kind: 'tiles', most: sums[0].plays,
      tiles: TILES.map((tile) => ({ ...tile, plays: byState.get(tile.state) ?? 0 })),
    },
    table: {
      columns: [column('state', 'State'), column('plays', 'Plays', 'integer')],
      rows: sums.map((row) => [row.state, row.plays]),
    },
  };
}

/** The shares of what one column of `devices` holds. */
function sharesOf(key, label, sentence, colour) {
  return (rows) => {
    const order = ranked(sumBy(rows, [key], ['plays']), 'plays', [key]).filter((row) => row.plays > 0);
    if (order.length === 0) return null;
    const all = total(order, 'plays');
    return {
      answer: sentence(data(order[0][key]), percent(order[0].plays / all)),
      chart: {
        kind: 'ranking', colour,
        rows: order.slice(0, BARS_MAX).map((row) => ({
          label: isolated(row[key]), value: row.plays, text: `${percent(row.plays / all)} · ${number(row.plays)}`,
        })),
      },
      table: {
        columns: [column(key, label), column('plays', 'Plays', 'integer'), column('share', 'Share', 'share')],
        rows: order.map((row) => [row[key], row.plays, row.plays / all]),
      },
    };
  };
}

function concurrency(rows, { filter, grain }) {
  const days = bucketsBetween(filter.from, filter.to, grain).length;
  const usual = `${grain === 'day' ? 'On' : 'In'} the middle ${grain}`;
  const top = largest(rows, 'peak');
  const hours = HOURS.map((hour) => {
    const peaks = rows.filter((row) => row.hour === hour && row.peak > 0);
    // Days (weeks) without a row had no session in that hour.
    const counted = peaks.map((row) => ({ value: row.peak, count: 1 }));
    counted.push({ value: 0, count: Math.max(days - peaks.length, 0) });
    return { hour, most: Math.max(0, ...peaks.map((row) => row.peak)), usual: quantile(counted, 0.5) ?? 0 };
  });
  return {
    answer: say`At most ${plural(top.peak, 'session')} ran at once: ${inBucket(top.day, grain)}, at ${hourName(top.hour)} UTC`,
    chart: { kind: 'peaks', rows: hours, usual },
    table: {
      columns: [column('hour', 'Hour (UTC)', 'integer'), column('most', 'Most at once', 'integer'),
        column('usual', usual, 'integer')],
      rows: hours.map((row) => [row.hour, row.most, row.usual]),
    },
  };
}

const shared = { section: SECTION };
const devices = { ...shared, analysis: 'devices', third: true };
/** Stands among the users' views, beside the sessions' lengths. */
export const CONCURRENCY = {
  id: 'concurrency', analysis: 'concurrency', compute: concurrency,
  subtitle: 'Sessions under way at once, by hour, UTC',
};

export const SURROUNDINGS = [
  { ...shared, id: 'places', analysis: 'places', subtitle: 'Places by plays', compute: places },
  { ...shared, id: 'states', analysis: 'places', subtitle: 'Plays by state of the USA', compute: states },
  { ...devices, id: 'browsers', subtitle: 'Browsers by plays',
    compute: sharesOf('browser', 'Browser', (name, share) => say`${name} is the browser of ${share} of plays`, 'blue') },
  { ...devices, id: 'systems', subtitle: 'Operating systems by plays',
    compute: sharesOf('system', 'System', (name, share) => say`${name} is the system of ${share} of plays`, 'orange') },
  { ...devices, id: 'devices', subtitle: 'Kinds of device by plays',
    compute: sharesOf('device', 'Device', (name, share) => say`${name} is the kind of device of ${share} of plays`, 'green') },
];
