// When people listen: all from plays_by_hour.

import { filled, largest, sumBy, total } from '../data/aggregate.js';
import { bucketOf, bucketsBetween, dayText, weekday, WEEKDAYS } from '../data/dates.js';
import { data, dayName, hourName, inBucket, number, percent, plural, say } from '../data/text.js';
import { column, LEVEL_SERIES } from './parts.js';

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const SECTION = 'When people listen';

function playsADay(rows, { filter }) {
  const days = bucketsBetween(filter.from, filter.to, 'day');
  const counts = filled(rows, 'day', days, ['plays']);
  const best = largest(counts, 'plays');
  const all = total(rows, 'plays');
  return {
    answer: days.length === 1
      ? say`${plural(all, 'play')} on ${dayName(days[0])}`
      : say`${dayName(best.day)} was the busiest day: ${number(best.plays)} of ${plural(all, 'play')}`,
    chart: {
      kind: 'lines', x: 'day', rows: counts, area: true,
      series: [{ key: 'plays', label: 'Plays', colour: 'blue' }],
    },
    table: {
      columns: [column('day', 'Day (UTC)'), column('plays', 'Plays', 'integer')],
      rows: counts.map((row) => [dayText(row.day), row.plays]),
    },
  };
}

function weekdayAndHour(rows) {
  const sums = new Map();
  for (const row of rows) {
    const key = weekday(row.day) * 24 + row.hour;
    sums.set(key, (sums.get(key) ?? 0) + row.plays);
  }
  const cells = WEEKDAYS.flatMap((name, day) =>
    HOURS.map((hour) => ({ name, hour, plays: sums.get(day * 24 + hour) ?? 0 })));
  const best = largest(cells, 'plays');
  return {
    answer: say`${best.name} ${hourName(best.hour)} UTC is the busiest hour: ${plural(best.plays, 'play')}`,
    chart: { kind: 'heat', cells, most: best.plays },
    table: {
      columns: [column('weekday', 'Weekday'), column('hour', 'Hour (UTC)', 'integer'),
        column('plays', 'Plays', 'integer')],
      rows: cells.map((cell) => [cell.name, cell.hour, cell.plays]),
    },
  };
}

function byHour(rows) {
  const counts = filled(rows, 'hour', HOURS, ['plays']);
  const best = largest(counts, 'plays');
  return {
    answer: say`${hourName(best.hour)} UTC is the busiest hour of the day: ${plural(best.plays, 'play')}`,
    chart: {
      kind: 'columns', x: 'hour', rows: counts, mark: best.hour,
      series: [{ key: 'plays', label: 'Plays', colour: 'blue' }],
    },
    table: {
      columns: [column('hour', 'Hour (UTC)', 'integer'), column('plays', 'Plays', 'integer')],
      rows: counts.map((row) => [row.hour, row.plays]),
    },
  };
}

function byWeekday(rows) {
  const named = rows.map((row) => ({ weekday: WEEKDAYS[weekday(row.day)], plays: row.plays }));
  const counts = filled(named, 'weekday', WEEKDAYS, ['plays']);
  const best = largest(counts, 'plays');
  return {
    answer: say`${best.weekday} is the busiest day of the week: ${plural(best.plays, 'play')}`,
    chart: {
      kind: 'columns', x: 'weekday', rows: counts, mark: best.weekday,
      series: [{ key: 'plays', label: 'Plays', colour: 'blue' }],
    },
    table: {
      columns: [column('weekday', 'Weekday'), column('plays', 'Plays', 'integer')],
      rows: counts.map((row) => [row.weekday, row.plays]),
    },
  };
}

function answerOfLevels(sums, all) {
  const paid = sums.paid / all;
  if (sums.paid === all) return say`All ${plural(all, 'play')} are by paying users`;
  if (sums.free === all) return say`All ${plural(all, 'play')} are by users of the free level`;
  return say`${percent(paid)} of plays are by paying users: ${number(sums.paid)} paid, ${number(sums.free)} free`;
}

function levelsOverTime(rows, { filter, bucket }) {
  const starts = bucketsBetween(filter.from, filter.to, bucket);
  const wide = rows.map((row) => ({
    day: bucketOf(row.day, bucket),
    paid: row.level === 'paid' ? row.plays : 0,
    free: row.level === 'free' ? row.plays : 0,
    other: row.level === 'paid' || row.level === 'free' ? 0 : row.plays,
  }));
  const counts = filled(wide, 'day', starts, ['paid', 'free', 'other']);
  const sums = { paid: total(wide, 'paid'), free: total(wide, 'free'), other: total(wide, 'other') };
  const series = LEVEL_SERIES.filter(({ key }) => sums[key] > 0);
  return {
    answer: answerOfLevels(sums, total(rows, 'plays')),
    chart: { kind: 'columns', x: 'day', bucket, rows: counts, series },
    table: {
      columns: [column('from', `${bucket === 'day' ? 'Day' : `First day of the ${bucket}`} (UTC)`),
        ...series.map(({ key, label }) => column(key, label, 'integer'))],
      rows: counts.map((row) => [dayText(row.day), ...series.map(({ key }) => row[key])]),
    },
    focuses: sumBy(rows, ['level'], ['plays']).map(({ level }) => ({
      label: `${level} users`, focus: { kind: 'level', level },
    })),
  };
}

/** The trend of one user level; `rows` of all levels are its parts' whole. */
export function levelTrend(level, rows, { filter, bucket }) {
  const own = rows.filter((row) => row.level === level);
  const starts = bucketsBetween(filter.from, filter.to, bucket);
  const counts = filled(own.map((row) => ({ ...row, day: bucketOf(row.day, bucket) })), 'day', starts, ['plays']);
  const sum = total(own, 'plays');
  if (sum === 0) return null;
  const best = largest(counts, 'plays');
  const { colour } = LEVEL_SERIES.find(({ key }) => key === level) ?? LEVEL_SERIES[2];
  return {
    answer: say`Users of the level “${data(level)}” played ${plural(sum, 'song')}, ${percent(sum / total(rows, 'plays'))} of all; most ${inBucket(best.day, bucket)}`,
    chart: { kind: 'columns', x: 'day', bucket, rows: counts, series: [{ key: 'plays', label: 'Plays', colour }] },
    table: {
      columns: [column('from', 'From day (UTC)'), column('plays', 'Plays', 'integer')],
      rows: counts.map((row) => [dayText(row.day), row.plays]),
    },
  };
}

const shared = { analysis: 'plays_by_hour', section: SECTION };
export const LISTENING = [
  { ...shared, id: 'plays_a_day', subtitle: 'Plays a day', wide: true, compute: playsADay },
  { ...shared, id: 'weekday_hour', subtitle: 'Plays by weekday and hour, UTC', wide: true, compute: weekdayAndHour },
  { ...shared, id: 'by_hour', subtitle: 'Plays by hour of the day, UTC', compute: byHour },
  { ...shared, id: 'by_weekday', subtitle: 'Plays by day of the week, UTC', compute: byWeekday },
  { ...shared, id: 'levels', subtitle: 'Plays by free and by paying users over time', wide: true, compute: levelsOverTime },
];
