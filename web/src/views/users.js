// Who listens: users, their levels, their sessions, whether they come back.

import { filled, ranked, sumBy, total } from '../data/aggregate.js';
import { bucketOf, bucketsBetween, dayNumber, dayText, mondayOf } from '../data/dates.js';
import { bins, quantile } from '../data/quantile.js';
import { dayName, duration, isolated, number, percent, plural, say } from '../data/text.js';
import { column } from './parts.js';
import { CONCURRENCY } from './surroundings.js';

const SECTION = 'Who listens';
const ACTIVE_SERIES = [
  { key: 'monthly', label: '30 days', colour: 'ink', dash: '2 3' },
  { key: 'weekly', label: '7 days', colour: 'orange', dash: '7 3' },
  { key: 'daily', label: 'Day', colour: 'blue', dash: 'none' },
];
const COHORTS_MAX = 12;
const WEEKS_MAX = 20;
const BARS_MAX = 10;
// The analysis lists no more.
const LISTED_MAX = 50;

function activeUsers(rows, { filter }) {
  const days = bucketsBetween(filter.from, filter.to, 'day');
  // A day without a row had nobody in the 30 days that end with it.
  const counts = filled(rows, 'day', days, ['daily', 'weekly', 'monthly']);
  const last = counts.at(-1);
  return {
    answer: say`On an average day ${plural(Math.round(total(counts, 'daily') / days.length), 'person listens', 'people listen')}; ${number(last.monthly)} did in the 30 days to ${dayName(last.day)}`,
    chart: { kind: 'lines', x: 'day', rows: counts, series: ACTIVE_SERIES },
    table: {
      columns: [column('day', 'Day (UTC)'), column('daily', 'That day', 'integer'),
        column('weekly', '7 days to it', 'integer'), column('monthly', '30 days to it', 'integer')],
      rows: counts.map((row) => [dayText(row.day), row.daily, row.weekly, row.monthly]),
    },
  };
}

/** The mean share of each week or month, where days would be too many to be read. */
function meansBy(shares, bucket) {
  if (bucket === 'day') return shares;
  const sums = sumBy(shares.map(({ day, share }) => ({ day: bucketOf(day, bucket), share, days: 1 })), ['day'], ['share', 'days']);
  return sums.map(({ day, share, days }) => ({ day, share: share / days }));
}

function stickiness(rows, { bucket }) {
  const shares = rows
    .filter((row) => row.monthly > 0)
    .map((row) => ({ day: row.day, share: row.daily / row.monthly }))
    .sort((a, b) => a.day - b.day);
  if (shares.length === 0) return null;
  return {
    answer: say`On an average day ${percent(total(shares, 'share') / shares.length)} of a month’s listeners come`,
    chart: {
      kind: 'lines', x: 'day', bucket, rows: meansBy(shares, bucket), area: true, percent: true,
      series: [{ key: 'share', label: 'Stickiness', colour: 'green' }],
    },
    table: {
      columns: [column('day', 'Day (UTC)'), column('stickiness', 'Daily / monthly', 'share')],
      rows: shares.map((row) => [dayText(row.day), row.share]),
    },
  };
}

function levelChanges(rows, { filter, bucket }) {
  const starts = bucketsBetween(filter.from, filter.to, bucket);
  const moved = rows.map((row) => ({ ...row, day: bucketOf(row.day, bucket) }));
  const counts = filled(moved, 'day', starts, ['upgrades', 'downgrades']);
  const up = total(rows, 'upgrades');
  const down = total(rows, 'downgrades');
  if (up + down === 0) return null;
  const net = up === down ? 'as many pay as before' : `${number(Math.abs(up - down))} ${up > down ? 'more' : 'fewer'} pay`;
  return {
    answer: say`${plural(up, 'upgrade')} and ${plural(down, 'downgrade')}: ${net}`,
    chart: { kind: 'diverging', bucket, rows: counts },
    table: {
      columns: [column('from', 'From day (UTC)'), column('upgrades', 'Upgrades', 'integer'),
        column('downgrades', 'Downgrades', 'integer')],
      rows: counts.map((row) => [dayText(row.day), row.upgrades, row.downgrades]),
    },
  };
}

function sessionLengths(rows) {
  const counted = rows.map((row) => ({ value: row.minutes, count: row.sessions }));
  const median = quantile(counted, 0.5);
  if (median === null) return null;
  const p90 = quantile(counted, 0.9);
  const parts = bins(counted);
  const nameOf = (bin) => {
    if (bin.open) return `${bin.from} minutes or more`;
    return bin.to - bin.from === 1 ? plural(bin.from, 'minute') : `${bin.from} to ${bin.to - 1} minutes`;
  };
  return {
    answer: say`Half of ${plural(total(counted, 'count'), 'session')} last ${duration(median)} or less, nine in ten ${duration(p90)} or less`,
    note: parts.at(-1).open ? 'The last bar holds all longer sessions.' : '',
    chart: { kind: 'histogram', bins: parts.map((bin) => ({ ...bin, name: nameOf(bin) })), median, p90 },
    table: {
      columns: [column('minutes', 'Length'), column('sessions', 'Sessions', 'integer')],
      rows: parts.map((bin) => [nameOf(bin), bin.count]),
    },
  };
}

/** Whether every day of that week of the cohort has been: a week under way says nothing yet. */
function isOver(cohort, week, last) {
  return cohort + 7 * (week + 1) - 1 <= last;
}

function retentionCells(rows, range) {
  const cohorts = new Map();
  for (const row of rows) {
    const start = dayNumber(row.cohort);
    if (!cohorts.has(start)) cohorts.set(start, { start, size: row.cohort_users, weeks: new Map() });
    cohorts.get(start).weeks.set(row.week, row.users);
  }
  const cells = [];
  for (const { start, size, weeks } of [...cohorts.values()].sort((a, b) => a.start - b.start)) {
    for (let week = 0; week <= (mondayOf(range.last) - start) / 7; week += 1) {
      if (week > 0 && !isOver(start, week, range.last) && !weeks.has(week)) continue;
      const users = weeks.get(week) ?? 0;
      cells.push({ start, week, users, size, share: size > 0 ? users / size : 0, over: isOver(start, week, range.last) });
    }
  }
  return cells;
}

function retention(rows, { range }) {
  const cells = retentionCells(rows, range);
  const next = cells.filter((cell) => cell.week === 1 && cell.over);
  const starts = [...new Set(cells.map((cell) => cell.start))].slice(-COHORTS_MAX);
  return {
    answer: next.length === 0
      ? say`Too early to say who comes back: no cohort has had a full second week`
      : say`${percent(total(next, 'users') / total(next, 'size'))} of new listeners come back in the week after their first`,
    chart: {
      kind: 'retention',
      cells: cells.filter((cell) => cell.start >= starts[0] && cell.week < WEEKS_MAX),
    },
    note: ['A dashed cell is of a week that is not over.',
      cells[0].start < starts[0] ? `The chart shows the latest ${COHORTS_MAX} cohorts; the table has all.` : ''].join(' ').trim(),
    table: {
      columns: [column('cohort', 'First week, from Monday'), column('cohort_users', 'New users', 'integer'),
        column('week', 'Weeks later', 'integer'), column('users', 'Came', 'integer'), column('share', 'Share', 'share')],
      rows: cells.map((cell) => [dayText(cell.start), cell.size, cell.week, cell.users, cell.share]),
    },
  };
}

function usersAtRisk(rows) {
  const order = ranked(rows, 'plays_before', ['user_id']);
  const paying = rows.filter((row) => row.level === 'paid').length;
  const label = (row) => `${isolated(row.name)} · ${row.level}`;
  return {
    answer: rows.length < LISTED_MAX
      ? say`${plural(rows.length, 'listener')} may be leaving, ${paying === 0 ? 'none' : number(paying)} of them paying`
      : say`At least ${LISTED_MAX} listeners may be leaving; of the ${LISTED_MAX} listed ${paying === 0 ? 'none' : number(paying)} pay`,
    chart: {
      kind: 'ranking', pair: ['Plays before', 'Plays lately'],
      rows: order.slice(0, BARS_MAX).map((row) => ({
        label: label(row), value: row.plays_before, second: row.plays_lately,
        text: `${number(row.plays_before)} → ${number(row.plays_lately)}`,
      })),
    },
    table: {
      columns: [column('user_id', 'User'), column('name', 'Name'), column('level', 'Level'),
        column('last_play', 'Last play'), column('plays_before', 'Plays before', 'integer'),
        column('plays_lately', 'Plays lately', 'integer')],
      rows: order.map((row) => [String(row.user_id), row.name, row.level, row.last_play, row.plays_before, row.plays_lately]),
    },
  };
}

const shared = { section: SECTION };
export const USERS = [
  { ...shared, id: 'active_users', analysis: 'active_users', wide: true, compute: activeUsers,
    subtitle: 'Distinct listeners on a day, and in the 7 and the 30 days that end with it' },
  { ...shared, id: 'stickiness', analysis: 'active_users', compute: stickiness,
    subtitle: 'Stickiness: daily as a share of monthly listeners' },
  { ...shared, id: 'level_changes', analysis: 'level_changes', compute: levelChanges,
    subtitle: 'Upgrades to paid and downgrades to free' },
  { ...shared, id: 'session_lengths', analysis: 'session_lengths', compute: sessionLengths,
    subtitle: 'Sessions by minutes from the first to the last play' },
  { ...CONCURRENCY, ...shared },
  { ...shared, id: 'retention', analysis: 'retention', compute: retention,
    subtitle: 'Share of each week’s new listeners who play again in later weeks' },
  { ...shared, id: 'users_at_risk', analysis: 'users_at_risk', compute: usersAtRisk,
    subtitle: 'Listeners who play much less than before' },
];
