// Ranked bars with their names above them, and the histogram of session lengths.

import * as Plot from '@observablehq/plot';

import { duration, number, plural } from '../data/text.js';
import { axisRoom, colour, countFormat, draw, fitted, textWidth, tipStyle } from './frame.js';

const ROW_PX = 36;

/** Names stand above their bars: there, long ones have the whole width, on a phone too. */
export function ranking(chart, width, label) {
  const rows = chart.rows.map((row, at) => ({
    ...row, at, name: fitted(row.label, width - textWidth(row.text) - 16),
  }));
  const most = Math.max(...rows.map((row) => Math.max(row.value, row.second ?? 0)), 0);
  const bar = chart.pair === undefined ? chart.colour : 'sky';
  const svg = draw(width, label, {
    height: rows.length * ROW_PX + 2, marginLeft: 0, marginRight: 0, marginTop: 0, marginBottom: 2,
    x: { axis: null, domain: [0, most > 0 ? most : 1] },
    y: { type: 'band', axis: null, padding: 0, domain: rows.map((row) => row.at) },
    marks: [
      Plot.barX(rows, { x1: 0, x2: most > 0 ? most : 1, y: 'at', insetTop: 21, insetBottom: 5, fill: 'var(--track)', rx: 2 }),
      Plot.barX(rows, { x1: 0, x2: 'value', y: 'at', insetTop: 21, insetBottom: 5, fill: colour(bar), rx: 2 }),
      ...(chart.pair === undefined ? [] : [Plot.barX(rows, { x1: 0, x2: 'second', y: 'at', insetTop: 23, insetBottom: 7, fill: colour('vermilion') })]),
      Plot.text(rows, { x: 0, y: 'at', text: 'name', textAnchor: 'start', dy: -7, fill: 'var(--ink)', className: 'names' }),
      Plot.text(rows, { y: 'at', text: 'text', frameAnchor: 'right', dy: -7, fill: 'var(--muted)', fontVariant: 'tabular-nums' }),
    ],
  });
  return { svg, rowAt: (y) => chart.rows[Math.floor(y / ROW_PX)] };
}

function markOf(value, text, width, dy) {
  const isRight = textWidth(text) + 12 > width.right - width.at(value) && width.at(value) > width.right / 2;
  return [
    Plot.ruleX([value], { stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '4 3' }),
    Plot.text([text], { x: value, frameAnchor: 'top', text: (name) => name, dy, dx: isRight ? -5 : 5,
      textAnchor: isRight ? 'end' : 'start', fill: 'var(--ink)', stroke: 'var(--card)', strokeWidth: 4 }),
  ];
}

export function histogram(chart, width, label) {
  const { bins, median, p90 } = chart;
  const end = bins.at(-1).to;
  const most = Math.max(...bins.map((bin) => bin.count), 1);
  const left = axisRoom(most);
  const at = (value) => left + (Math.min(value, end) / end) * (width - left - 12);
  const place = { at, right: width - 12 };
  return draw(width, label, {
    height: 260, marginTop: 40, marginLeft: left, marginBottom: 40,
    x: { domain: [0, end], label: null },
    y: { domain: [0, most * 1.05], label: null },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 4 }),
      Plot.axisY({ ticks: 4, tickFormat: countFormat(most), tickSize: 0, label: null }),
      Plot.axisX({ ticks: width < 500 ? 4 : 8, tickSize: 4, label: 'minutes', labelAnchor: 'center', labelArrow: 'none', tickFormat: (value) => (Number.isInteger(value) ? number(value) : '') }),
      Plot.rectY(bins, { x1: 'from', x2: 'to', y: 'count', insetLeft: 0.5, insetRight: 0.5, fill: colour('sky') }),
      Plot.ruleY([0], { stroke: 'var(--muted)' }),
      ...markOf(Math.min(median, end), `median ${duration(median)}`, place, -36),
      ...markOf(Math.min(p90, end), `p90 ${duration(p90)}`, place, -18),
      Plot.tip(bins, Plot.pointerX({ x: (bin) => (bin.from + bin.to) / 2, y: 'count', title: (bin) => `${bin.name}\n${plural(bin.count, 'session')}`, ...tipStyle })),
    ],
  });
}
