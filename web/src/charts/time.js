// Charts over time and over hours: lines, columns, diverging columns, peaks.

import * as Plot from '@observablehq/plot';

import { firstOfMonth } from '../data/dates.js';
import { bucketName, dayName, hourName, number, percent, shown } from '../data/text.js';
import { axisRoom, colour, countFormat, draw, textWidth, tipStyle } from './frame.js';

const HEIGHT = 240;
// Beside a list of ten; on a phone nothing stands beside it.
const TALL = { height: 350, width_min: 450 };
const DASHES = [undefined, '6 3', '2 3', '8 3 2 3', '1 4', '10 4'];
const POINTS_MAX = 31;
const TICK_GAP_PX = 16;

/** The first of the days in each month; a month of few days at the start has none. */
function monthStarts(days) {
  const starts = days.filter((day, at) => at === 0 || firstOfMonth(day) !== firstOfMonth(days[at - 1]));
  return starts.length > 1 && starts[1] - starts[0] < 20 ? starts.slice(1) : starts;
}

/** Few counts get a line each, more of them about four. */
const yTicks = (most) => (most <= 4 ? Array.from({ length: Math.floor(most) + 1 }, (_, at) => at) : 4);

/** Ticks at whole days, thinned so that their texts have room: [day number, text]. */
function dayTicks(days, width, bucket) {
  if (days.length === 0) return [];
  const first = days[0];
  const last = days.at(-1);
  const isLong = last - first > 120;
  const places = isLong ? monthStarts(days) : days;
  const text = (day) => {
    if (!isLong) return dayName(day, 'short');
    const [, month, year] = dayName(day).replace(/^\S+ /, '').split(' ');
    return month === 'Jan' || day === places[0] ? `${month} ${year}` : month;
  };
  const widest = Math.max(...places.map((day) => textWidth(text(day)))) + TICK_GAP_PX;
  const room = Math.max(1, Math.floor(width / widest));
  const steps = isLong ? [1, 2, 3, 6, 12, 24, 60] : bucket === 'week' ? [1, 2, 4, 8] : [1, 2, 3, 4, 7, 14, 28];
  const step = steps.find((candidate) => places.length / candidate <= room) ?? steps.at(-1);
  return places.filter((_, at) => at % step === 0).map((day) => [day, text(day)]);
}

function tickOptions(chart, width) {
  if (chart.x !== 'day') return {};
  const ticks = new Map(dayTicks(chart.rows.map((row) => row.day), width, chart.bucket));
  return { ticks: [...ticks.keys()], tickFormat: (day) => ticks.get(Number(day)) ?? '' };
}

const xName = (chart, row) => {
  if (chart.x === 'day') return bucketName(row.day, chart.bucket ?? 'day');
  return chart.x === 'hour' ? `${hourName(row.hour)} UTC` : shown(row[chart.x]);
};

function tipTitle(chart, row) {
  const value = chart.percent ? percent : number;
  const lines = chart.series
    .filter(({ key }) => row[key] !== null)
    .map(({ key, label }) => `${label}: ${value(row[key])}`);
  return [xName(chart, row), ...lines].join('\n');
}

const grid = { stroke: 'var(--line)', strokeOpacity: 1 };

function yMost(chart, isStacked) {
  const values = chart.rows.map((row) => {
    const all = chart.series.map(({ key }) => row[key] ?? 0);
    return isStacked ? all.reduce((a, b) => a + b, 0) : Math.max(...all);
  });
  return Math.max(0, ...values);
}

export function lines(chart, width, label) {
  const most = yMost(chart, false);
  const format = chart.percent ? percent : countFormat(most);
  const left = chart.percent ? 52 : axisRoom(most);
  const ticks = chart.percent ? 4 : yTicks(most);
  const isNumeric = chart.x === 'day' || chart.rows.every((row) => typeof row[chart.x] === 'number');
  const drawn = chart.series.flatMap(({ key, colour: name, dash }, at) => [
    ...(chart.area ? [Plot.areaY(chart.rows, { x: chart.x, y: key, fill: colour(name), fillOpacity: 0.15 })] : []),
    Plot.lineY(chart.rows, { x: chart.x, y: key, stroke: colour(name), strokeWidth: 2, strokeDasharray: dash ?? DASHES[at] }),
    ...(chart.rows.length <= POINTS_MAX ? [Plot.dot(chart.rows.filter((row) => row[key] !== null), { x: chart.x, y: key, r: 3, fill: colour(name) })] : []),
  ]);
  return draw(width, label, {
    height: chart.is_tall && width >= TALL.width_min ? TALL.height : HEIGHT, marginLeft: left, marginRight: 24,
    x: { type: isNumeric ? 'linear' : 'point', label: null },
    y: { domain: [0, most > 0 ? most * 1.05 : 1], label: null },
    marks: [
      Plot.gridY({ ...grid, ticks }),
      Plot.axisY({ ticks, tickFormat: format, tickSize: 0, label: null }),
      Plot.axisX({ label: null, tickSize: 4, ...tickOptions(chart, width - left) }),
      ...drawn,
      Plot.ruleX(chart.rows, Plot.pointerX({ x: chart.x, stroke: 'var(--muted)' })),
      Plot.tip(chart.rows, Plot.pointerX({ x: chart.x, y: chart.series[0].key, title: (row) => tipTitle(chart, row), ...tipStyle })),
    ],
  });
}

function bandTicks(chart, width) {
  if (chart.x === 'hour') {
    const step = width < 500 ? 6 : 3;
    return { ticks: chart.rows.map((row) => row.hour).filter((hour) => hour % step === 0), tickFormat: hourName };
  }
  if (chart.x === 'weekday') return { tickFormat: (name) => name.slice(0, 3) };
  if (chart.x === 'day') return tickOptions(chart, width);
  const names = chart.rows.map((row) => row[chart.x]);
  const widest = Math.max(...names.map((name) => textWidth(shown(name)))) + TICK_GAP_PX;
  const step = Math.ceil((widest * names.length) / width);
  return { ticks: names.filter((_, at) => at % step === 0), tickFormat: shown };
}

/** A row for each x and series, so that Plot stacks them in the order of the series. */
function stackedParts(chart) {
  return chart.rows.flatMap((row) =>
    chart.series.map(({ key, colour: name }) => ({ x: row[chart.x], value: row[key], fill: colour(name), row })));
}

/** Lighter, but not transparent: the grid must not show through. */
const faded = (fill) => `color-mix(in oklab, ${fill} 55%, var(--card))`;

export function columns(chart, width, label) {
  const most = yMost(chart, true);
  const left = axisRoom(most);
  const parts = stackedParts(chart);
  const wholes = chart.rows.map((row) => ({ row, x: row[chart.x], sum: chart.series.reduce((sum, { key }) => sum + row[key], 0) }));
  const isMarked = (part) => chart.mark === undefined || part.x === chart.mark;
  return draw(width, label, {
    height: HEIGHT, marginLeft: left,
    x: { type: 'band', label: null, padding: chart.rows.length > 80 ? 0.05 : 0.2, domain: chart.rows.map((row) => row[chart.x]) },
    y: { domain: [0, most > 0 ? most * 1.05 : 1], label: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridY({ ...grid, ticks: yTicks(most) }),
      Plot.axisY({ ticks: yTicks(most), tickFormat: countFormat(most), tickSize: 0, label: null }),
      Plot.axisX({ label: null, tickSize: 4, ...bandTicks(chart, width - left) }),
      Plot.barY(parts, { x: 'x', y: 'value', fill: (part) => (isMarked(part) ? part.fill : faded(part.fill)) }),
      Plot.ruleY([0], { stroke: 'var(--muted)' }),
      Plot.tip(wholes, Plot.pointerX({ x: 'x', y: 'sum', title: ({ row }) => tipTitle(chart, row), ...tipStyle })),
    ],
  });
}

export function diverging(chart, width, label) {
  const { rows, bucket } = chart;
  const most = Math.max(1, ...rows.map((row) => Math.max(row.upgrades, row.downgrades)));
  const both = { x: 'day', bucket, series: [{ key: 'upgrades', label: 'Upgrades' }, { key: 'downgrades', label: 'Downgrades' }] };
  const ticks = most <= 2 ? yTicks(2 * most).map((tick) => tick - most) : 4;
  const left = axisRoom(most);
  return draw(width, label, {
    height: HEIGHT, marginLeft: left,
    x: { type: 'band', label: null, padding: rows.length > 80 ? 0.05 : 0.2, domain: rows.map((row) => row.day) },
    y: { domain: [-most * 1.1, most * 1.1], label: null },
    marks: [
      Plot.gridY({ ...grid, ticks }),
      Plot.axisY({ ticks, tickSize: 0, label: null, tickFormat: (value) => countFormat(most)(Math.abs(value)) }),
      Plot.axisX({ label: null, tickSize: 4, ...tickOptions({ rows, bucket, x: 'day' }, width - left) }),
      Plot.barY(rows, { x: 'day', y: 'upgrades', fill: colour('blue') }),
      Plot.barY(rows, { x: 'day', y: (row) => -row.downgrades, fill: colour('orange') }),
      Plot.ruleY([0], { stroke: 'var(--muted)' }),
      Plot.tip(rows, Plot.pointerX({ x: 'day', y: 'upgrades', title: (row) => tipTitle(both, row), ...tipStyle })),
    ],
  });
}

export function peaks(chart, width, label) {
  const most = Math.max(1, ...chart.rows.map((row) => row.most));
  const left = axisRoom(most);
  const both = { x: 'hour', series: [{ key: 'most', label: 'Most at once' }, { key: 'usual', label: chart.usual }] };
  return draw(width, label, {
    height: HEIGHT, marginLeft: left,
    x: { type: 'band', label: null, padding: 0.2 },
    y: { domain: [0, most * 1.05], label: null },
    marks: [
      Plot.gridY({ ...grid, ticks: yTicks(most) }),
      Plot.axisY({ ticks: yTicks(most), tickFormat: countFormat(most), tickSize: 0, label: null }),
      Plot.axisX({ label: null, tickSize: 4, ...bandTicks({ ...chart, x: 'hour' }, width - left) }),
      Plot.barY(chart.rows, { x: 'hour', y: 'most', fill: colour('sky') }),
      Plot.tickY(chart.rows, { x: 'hour', y: 'usual', stroke: colour('vermilion'), strokeWidth: 3 }),
      Plot.ruleY([0], { stroke: 'var(--muted)' }),
      Plot.tip(chart.rows, Plot.pointerX({ x: 'hour', y: 'most', title: (row) => tipTitle(both, row), ...tipStyle })),
    ],
  });
}
