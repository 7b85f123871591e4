// All views, and how one gets its rows.

import { bucketFor } from '../data/dates.js';
import { rangeOf, rowsOf } from '../data/document.js';
import { filterOf, grainOf, isWhole, rowsShown } from '../data/filter.js';
import { CATALOGUE, nameTrend } from './catalogue.js';
import { customView } from './custom.js';
import { LISTENING, levelTrend } from './listening.js';
import { SURROUNDINGS } from './surroundings.js';
import { USERS } from './users.js';

export const BUILT_IN = [...LISTENING, ...CATALOGUE, ...USERS, ...SURROUNDINGS];

/** The document, its rows read once. */
export class Report {
  constructor(document) {
    this.document = document;
    this.range = rangeOf(document);
    this.tables = new Map();
    for (const analysis of document.analyses) {
      const rows = rowsOf(analysis);
      const has = (name) => analysis.columns.some((column) => column.name === name);
      const has_day = has('day');
      this.tables.set(analysis.name, {
        analysis, rows, has_day, levels: has('level') ? analysis.levels : 'none',
        grain: grainOf(analysis),
      });
    }
  }

  /** Views in the order of the page; those whose analysis the document lacks are left out. */
  views() {
    const known = new Set(BUILT_IN.map((view) => view.analysis));
    const built = BUILT_IN.filter((view) =>
      this.tables.has(view.analysis) && !this.tables.get(view.analysis).analysis.is_custom);
    const own = this.document.analyses
      .filter((analysis) => analysis.is_custom || !known.has(analysis.name))
      .map(customView);
    return [...built, ...own];
  }

  context(state) {
    const filter = filterOf(state, this.range);
    const days = filter.from === null ? 0 : filter.to - filter.from + 1;
    return { filter, range: this.range, bucket: bucketFor(days), whole: isWhole(filter, this.range) };
  }

  /** What a view shows: { answer, chart, table, ... }, or null where there is nothing to show. */
  model(view, state) {
    const table = this.tables.get(view.analysis);
    const context = { ...this.context(state), grain: table.grain };
    if (!table.analysis.is_custom && this.range === null) return null;
    const rows = rowsShown(table.rows, table, context.filter);
    const model = rows.length === 0 ? null : view.compute(rows, context);
    if (model === null || context.whole || table.grain === 'day') return model;
    return { ...model, note: `${model.note ?? ''} By whole ${table.grain}s, as this analysis is for long ranges.`.trim() };
  }

  /** The same for the trend of what the reader picked: { model, view, table }, or null. */
  trend(state) {
    const { focus } = state;
    if (focus === null || this.range === null) return null;
    const id = { song: 'top_songs', artist: 'top_artists', level: 'levels' }[focus.kind];
    const view = BUILT_IN.find((candidate) => candidate.id === id);
    const table = this.tables.get(view.analysis);
    if (table === undefined) return null;
    const context = { ...this.context(state), grain: table.grain };
    // The trend of a level is not one of another level.
    const filter = focus.kind === 'level' ? { ...context.filter, level: 'all' } : context.filter;
    const rows = rowsShown(table.rows, table, filter);
    const model = focus.kind === 'level'
      ? levelTrend(focus.level, rows, context) : nameTrend(focus, rows, context);
    return { model, view, table };
  }
}
