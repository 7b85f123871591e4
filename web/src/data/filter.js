// Which rows are shown: the date range and the user level.

import { mondayOf, weekday } from './dates.js';

// Beyond this the program gives weeks instead of days in lists that name things.
const DAYS_WITH_DAYS_MAX = 120;

export function filterOf(state, range) {
  const clamp = (day, otherwise) =>
    day === null || range === null ? otherwise : Math.min(Math.max(day, range.first), range.last);
  let from = clamp(state.from, range?.first ?? null);
  let to = clamp(state.to, range?.last ?? null);
  if (from !== null && from > to) [from, to] = [to, from];
  return { from, to, level: state.level };
}

export function isWhole(filter, range) {
  return range === null || (filter.from === range.first && filter.to === range.last);
}

/** 'week' where the days of the rows are the Mondays of weeks; 'day' otherwise. */
export function grainOf(rows, range) {
  if (range === null || range.last - range.first + 1 <= DAYS_WITH_DAYS_MAX) return 'day';
  return rows.length > 0 && rows.every((row) => row.day !== null && weekday(row.day) === 0)
    ? 'week'
    : 'day';
}

/** A week belongs to the range as soon as one of its days does. */
function isInRange(day, grain, filter) {
  if (filter.from === null || day === null) return true;
  return day >= (grain === 'week' ? mondayOf(filter.from) : filter.from) && day <= filter.to;
}

function isOfLevel(row, levels, wanted) {
  if (levels === 'own') return row.level === wanted;
  return levels !== 'sum' || wanted === 'all' || row.level === wanted;
}

/**
 * levels   'sum' (rows of the levels add up), 'own' (rows for 'all' and each level) or 'none'
 * has_day  whether the rows have a `day`
 */
export function rowsShown(rows, { levels, has_day, grain }, filter) {
  return rows.filter(
    (row) =>
      isOfLevel(row, levels, filter.level) && (!has_day || isInRange(row.day, grain, filter)),
  );
}
