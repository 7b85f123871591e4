// Charts of cells: weekday by hour, retention, the states as tiles.

import * as Plot from '@observablehq/plot';

import { mondayOf, WEEKDAYS } from '../data/dates.js';
import { dayName, hourName, number, percent, plural, short } from '../data/text.js';
import { draw, heat, heatInk, tipStyle } from './frame.js';

const LABELLED_CELL_PX = 34;

export function weekdayHour(chart, width, label) {
  const isNarrow = width < 560;
  const share = (cell) => (chart.most > 0 ? cell.plays / chart.most : 0);
  return draw(width, label, {
    height: 7 * (isNarrow ? 26 : 32) + 32, marginLeft: 44, marginTop: 4, marginRight: 4,
    x: { type: 'band', label: null, padding: 0.06 },
    y: { type: 'band', label: null, padding: 0.06, domain: WEEKDAYS },
    marks: [
      Plot.axisY({ label: null, tickSize: 0, tickFormat: (name) => name.slice(0, 3) }),
      Plot.axisX({ label: null, tickSize: 4, tickFormat: hourName, ticks: isNarrow ? [0, 6, 12, 18] : [0, 3, 6, 9, 12, 15, 18, 21] }),
      Plot.cell(chart.cells, { x: 'hour', y: 'name', fill: (cell) => heat(share(cell)), rx: 2 }),
      ...(isNarrow ? [] : [Plot.text(chart.cells, {
        x: 'hour', y: 'name', text: (cell) => (cell.plays > 0 ? short(cell.plays) : ''), fill: (cell) => heatInk(share(cell)), fontSize: width < 800 ? 10 : 11,
      })]),
      Plot.cell(chart.cells.filter((cell) => cell.plays === chart.most).slice(0, 1), { x: 'hour', y: 'name', fill: 'none', stroke: 'var(--ink)', strokeWidth: 2, rx: 2 }),
      Plot.tip(chart.cells, Plot.pointer({ x: 'hour', y: 'name', title: (cell) => `${cell.name} ${hourName(cell.hour)} UTC\n${plural(cell.plays, 'play')}`, ...tipStyle })),
    ],
    color: { type: 'identity' },
  });
}

export function retention(chart, width, label) {
  const starts = [...new Set(chart.cells.map((cell) => cell.start))];
  const name = (start) => dayName(start, 'short');
  const weeks = Math.max(...chart.cells.map((cell) => cell.week)) + 1;
  const left = 64;
  // A few weeks are not stretched over the whole card, and a phone shows those that fit.
  const shownWeeks = Math.min(weeks, Math.max(2, Math.floor((width - left) / 24)));
  const cells = chart.cells.filter((cell) => cell.week < shownWeeks);
  const cellWidth = Math.min(90, (width - left - 4) / shownWeeks);
  const hasText = cellWidth >= LABELLED_CELL_PX;
  const weekTicks = Array.from({ length: shownWeeks }, (_, week) => week).filter((week) => cellWidth >= 22 || week % 2 === 0);
  return draw(width, label, {
    height: starts.length * 28 + 52, marginLeft: left, marginTop: 44, marginBottom: 8,
    marginRight: Math.max(4, width - left - cellWidth * shownWeeks),
    x: { type: 'band', label: null, padding: 0.06, domain: Array.from({ length: shownWeeks }, (_, week) => week) },
    y: { type: 'band', label: null, padding: 0.06, domain: starts },
    color: { type: 'identity' },
    marks: [
      Plot.text(['Weeks after the first'], { frameAnchor: 'top-left', dy: -40, fill: 'var(--muted)', textAnchor: 'start' }),
      Plot.axisX({ anchor: 'top', label: null, tickSize: 0, ticks: weekTicks }),
      Plot.axisY({ label: null, tickSize: 0, tickFormat: (start) => name(mondayOf(start)) }),
      Plot.cell(cells, { x: 'week', y: 'start', fill: (cell) => heat(cell.share), rx: 2, strokeDasharray: '3 2', stroke: (cell) => (cell.over ? 'none' : 'var(--muted)') }),
      ...(hasText ? [Plot.text(cells, { x: 'week', y: 'start', text: (cell) => percent(cell.share).replace('under ', '<'), fill: (cell) => heatInk(cell.share), fontSize: 11 })] : []),
      Plot.tip(cells, Plot.pointer({ x: 'week', y: 'start', title: (cell) => `New in the week of ${name(cell.start)}: ${number(cell.size)}\n${cell.week === 0 ? 'Came that week' : `Came ${plural(cell.week, 'week')} later`}: ${number(cell.users)} (${percent(cell.share)})${cell.over ? '' : '\nThis week is not over'}`, ...tipStyle })),
    ],
  });
}

export function tiles(chart, width, label) {
  const across = Math.min(width, 520);
  const size = across / 11;
  const share = (tile) => (chart.most > 0 ? tile.plays / chart.most : 0);
  const side = (width - across) / 2;
  return draw(width, label, {
    height: size * 8 + 8, marginLeft: side, marginRight: side, marginTop: 4, marginBottom: 4,
    x: { type: 'band', axis: null, padding: 0.06 },
    y: { type: 'band', axis: null, padding: 0.06 },
    color: { type: 'identity' },
    marks: [
      Plot.cell(chart.tiles, { x: 'column', y: 'row', fill: (tile) => heat(share(tile)), rx: 3 }),
      Plot.text(chart.tiles, { x: 'column', y: 'row', text: 'state', fill: (tile) => heatInk(share(tile)), fontSize: size < 34 ? 11 : 12 }),
      Plot.tip(chart.tiles, Plot.pointer({ x: 'column', y: 'row', title: (tile) => `${tile.state}: ${plural(tile.plays, 'play')}`, ...tipStyle })),
    ],
  });
}
