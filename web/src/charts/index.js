// Which function draws which kind of chart.

import { plural } from '../data/text.js';
import { histogram, ranking } from './bars.js';
import { retention, tiles, weekdayHour } from './cells.js';
import { columns, diverging, lines, peaks } from './time.js';

const DRAW = { lines, columns, diverging, peaks, histogram, retention, tiles, heat: weekdayHour };

/** { svg, rowAt? }: rowAt gives the row at a height, where rows can be picked. Null for no picture. */
export function drawChart(chart, width, label) {
  if (chart.kind === 'ranking') return ranking(chart, width, label);
  const draw = DRAW[chart.kind];
  return draw === undefined ? null : { svg: draw(chart, width, label) };
}

const RAMPS = {
  heat: (chart) => ({ from: '0', to: plural(chart.most, 'play') }),
  tiles: (chart) => ({ from: '0', to: plural(chart.most, 'play') }),
  retention: () => ({ from: '0%', to: '100%' }),
};

/** What the colours of a chart mean: [{ label, colour }], or one ramp [{ from, to }]. */
export function legendOf(chart) {
  if (RAMPS[chart.kind] !== undefined) return [RAMPS[chart.kind](chart)];
  if (chart.pair !== undefined) {
    return [{ label: chart.pair[0], colour: 'sky' }, { label: chart.pair[1], colour: 'vermilion' }];
  }
  if (chart.kind === 'diverging') {
    return [{ label: 'Upgrades', colour: 'blue' }, { label: 'Downgrades', colour: 'orange' }];
  }
  if (chart.kind === 'peaks') {
    return [{ label: 'Most at once', colour: 'sky' }, { label: chart.usual, colour: 'vermilion' }];
  }
  const hasSeries = chart.kind === 'lines' || chart.kind === 'columns';
  return hasSeries && (chart.series.length > 1) ? chart.series : [];
}
