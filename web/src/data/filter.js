// Which rows are shown: the date range and the user level.

import { bucketOf } from './dates.js';

const GRAINS = new Set(['day', 'week', 'month']);

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

/** What a row's `day` stands for: long ranges have weeks and months in some analyses. */
export function grainOf(analysis) {
  return GRAINS.has(analysis.day_unit) ? analysis.day_unit : 'day';
}

/** A week or a month belongs to the range as soon as one of its days does. */
function isInRange(day, grain, filter) {
  if (filter.from === null || day === null) return true;
  return day >= bucketOf(filter.from, grain) && day <= filter.to;
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
