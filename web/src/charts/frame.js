// What all charts have in common.

import * as Plot from '@observablehq/plot';

import { heatPercent, isStrong } from '../data/shades.js';
import { number } from '../data/text.js';

export const colour = (name) => `var(--c-${name})`;
export const FONT_PX = 12;

/** The colour of a cell with this share of the most. */
export function heat(share) {
  return `color-mix(in oklab, var(--heat) ${heatPercent(share).toFixed(1)}%, var(--heat-none))`;
}

/** Ink that can be read on `heat(share)`. */
export const heatInk = (share) => (isStrong(share) ? 'var(--heat-ink)' : 'var(--heat-ink-low)');

const measure = { context: null, font: '' };

export function textWidth(text, px = FONT_PX) {
  measure.context ??= document.createElement('canvas').getContext('2d');
  if (measure.font === '') measure.font = getComputedStyle(document.body).fontFamily;
  measure.context.font = `${px}px ${measure.font}`;
  return measure.context.measureText(text).width;
}

function characters(text) {
  if (typeof Intl.Segmenter !== 'function') return Array.from(text);
  return Array.from(new Intl.Segmenter().segment(text), (part) => part.segment);
}

/** `text`, cut with … where it is wider than `width`; marks of isolation are closed again. */
export function fitted(text, width, px = FONT_PX) {
  if (textWidth(text, px) <= width) return text;
  const all = characters(text);
  const cut = (length) => {
    const start = all.slice(0, length).join('').trimEnd();
    const open = start.split('\u2068').length - start.split('\u2069').length;
    return `${start}…${'\u2069'.repeat(Math.max(open, 0))}`;
  };
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(cut(middle), px) <= width) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

/**
 * A chart as one picture with one text for those who cannot see it. Plot's own style element would
 * need a policy that allows inline styles, and its labels of groups have no role to stand on.
 */
export function draw(width, label, options) {
  const svg = Plot.plot({
    width,
    style: { fontSize: `${FONT_PX}px`, fontFamily: 'inherit', background: 'none', overflow: 'visible' },
    marginTop: 16, marginRight: 12, marginBottom: 28, marginLeft: 44,
    ...options,
  });
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const node of svg.querySelectorAll('[aria-label], [aria-description], [aria-hidden]')) {
    node.removeAttribute('aria-label');
    node.removeAttribute('aria-description');
    node.removeAttribute('aria-hidden');
  }
  svg.setAttribute('class', 'plot');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg;
}

/** How counts up to `most` stand on an axis: all in one unit, whole ones only. */
export function countFormat(most) {
  const [unit, letter] = most >= 1e6 ? [1e6, 'M'] : most >= 1e4 ? [1e3, 'k'] : [1, ''];
  return (value) => {
    if (!Number.isInteger(value) && most < 5) return '';
    return value === 0 ? '0' : `${number(value / unit)}${letter}`;
  };
}

/** Room for the numbers beside an axis. */
export function axisRoom(most) {
  return Math.max(28, Math.ceil(textWidth(countFormat(most)(Math.ceil(most)))) + 16);
}

export const tipStyle = { fill: 'var(--card)', stroke: 'var(--line)', fontSize: FONT_PX, textPadding: 8, lineHeight: 1.3 };
