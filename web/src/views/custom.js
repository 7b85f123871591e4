// Analyses from users' own files: their columns are not known before.

import { ranked, sumBy, total } from '../data/aggregate.js';
import { dayText } from '../data/dates.js';
import { data, isolated, number, plural, say, shown } from '../data/text.js';
import { column } from './parts.js';

const BARS_MAX = 20;
const SERIES_MAX = 6;
const COLOURS = ['blue', 'orange', 'ink', 'vermilion', 'sky', 'green'];
const NUMERIC = new Set(['integer', 'decimal']);

/** Which columns are drawn: as the file says, else the first that fits. */
export function axesOf(analysis) {
  const { columns } = analysis;
  const named = (name) => columns.find((candidate) => candidate.name === name)?.name;
  const y = named(analysis.y) ?? columns.findLast?.((c) => NUMERIC.has(c.type))?.name ??
    [...columns].reverse().find((c) => NUMERIC.has(c.type))?.name;
  const x = named(analysis.x) ?? named('day') ??
    columns.find((c) => c.name !== y && c.name !== 'level')?.name;
  return { x, y, series: named(analysis.series) };
}

function tableOf(analysis, rows) {
  const names = analysis.columns.map((candidate) => candidate.name);
  return {
    columns: analysis.columns.map(({ name, type }) => column(name, name.replaceAll('_', ' '), type)),
    rows: rows.map((row) => names.map((name) =>
      name === 'day' && row.day !== null ? dayText(row.day) : row[name])),
  };
}

function seriesOf(sums, series, y) {
  if (series === undefined) return [{ key: y, label: y.replaceAll('_', ' '), colour: 'blue' }];
  const most = ranked(sumBy(sums, [series], [y]), y, [series]).slice(0, SERIES_MAX);
  return most.map((row, at) => ({ key: `s${at}`, value: row[series], label: shown(row[series]), colour: COLOURS[at] }));
}

/** One row for each x, with a value for each series. */
function spread(sums, { x, y, series }, names) {
  const at = new Map();
  for (const row of sums) {
    if (!at.has(row[x])) at.set(row[x], { [x]: row[x] });
    const name = series === undefined ? y : names.find(({ value }) => value === row[series])?.key;
    if (name !== undefined) at.get(row[x])[name] = row[y];
  }
  return [...at.values()].map((row) => Object.fromEntries(
    [[x, row[x]], ...names.map(({ key }) => [key, row[key] ?? 0])]));
}

function lineOf(analysis, rows) {
  const axes = axesOf(analysis);
  if (axes.x === undefined || axes.y === undefined) return null;
  const keys = axes.series === undefined ? [axes.x] : [axes.x, axes.series];
  const sums = sumBy(rows, keys, [axes.y]);
  const series = seriesOf(sums, axes.series, axes.y);
  const points = spread(sums, axes, series);
  const isDay = axes.x === 'day';
  if (isDay || points.every((row) => typeof row[axes.x] === 'number')) points.sort((a, b) => a[axes.x] - b[axes.x]);
  return {
    kind: 'lines', x: isDay ? 'day' : 'other', series,
    rows: points.map((row) => ({ ...row, ...(isDay ? {} : { other: row[axes.x] }) })),
  };
}

function barsOf(analysis, rows) {
  const axes = axesOf(analysis);
  if (axes.x === undefined || axes.y === undefined) return null;
  if (axes.x === 'day' || axes.series !== undefined) {
    const line = lineOf(analysis, rows);
    return { ...line, kind: 'columns', bucket: 'day' };
  }
  const order = ranked(sumBy(rows, [axes.x], [axes.y]), axes.y, [axes.x]).slice(0, BARS_MAX);
  return {
    kind: 'ranking', colour: 'purple',
    rows: order.map((row) => ({ label: isolated(row[axes.x]), value: row[axes.y], text: number(row[axes.y]) })),
  };
}

function kpiOf(analysis, rows) {
  const { y } = axesOf(analysis);
  return y === undefined ? null : { kind: 'big', value: number(total(rows, y)), label: y.replaceAll('_', ' ') };
}

const CHARTS = { line: lineOf, bars: barsOf, top: barsOf, histogram: barsOf, kpi: kpiOf };

function answerOf(analysis, chart) {
  if (chart?.kind === 'ranking' && chart.rows.length > 0) {
    return say`${data(analysis.title)}: ${data(chart.rows[0].label)} leads with ${chart.rows[0].text}`;
  }
  return chart?.kind === 'big' ? say`${data(analysis.title)}: ${chart.value}` : say`${data(analysis.title)}`;
}

/** A view of an analysis that this page has none for. */
export function customView(analysis) {
  return {
    id: `own_${analysis.name}`,
    analysis: analysis.name,
    section: 'Your own',
    subtitle: '',
    wide: analysis.chart === 'line' || analysis.chart === 'table',
    compute(rows) {
      const chart = CHARTS[analysis.chart]?.(analysis, rows) ?? { kind: 'table' };
      return {
        answer: answerOf(analysis, chart),
        note: chart.kind === 'table' ? plural(rows.length, 'row') : '',
        chart,
        table: tableOf(analysis, rows),
      };
    },
  };
}
