// Files that the reader takes away: CSV, and the chart as a picture.

import { csv } from '../data/csv.js';
import { plainIsolated } from '../data/text.js';

const SCALE = 2;
const PADDING = 20;
const TITLE_PX = 18;
const SMALL_PX = 12;
// What a picture outside the page needs to be told, since the page's rules do not reach it.
const INLINED = [
  'fill', 'fill-opacity', 'stroke', 'stroke-opacity', 'stroke-width', 'stroke-dasharray',
  'font-family', 'font-size', 'font-weight', 'font-variant-numeric', 'text-anchor', 'paint-order', 'direction', 'unicode-bidi',
];

export function save(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveCsv(name, table) {
  const text = csv(table.columns.map((column) => column.name), table.rows);
  save(`${name}.csv`, new Blob([text], { type: 'text/csv;charset=utf-8' }));
}

/** A copy of the picture with all that the page's style sheet gives it written into it. */
function standalone(svg) {
  const copy = svg.cloneNode(true);
  const from = [svg, ...svg.querySelectorAll('*')];
  const to = [copy, ...copy.querySelectorAll('*')];
  from.forEach((node, at) => {
    const style = getComputedStyle(node);
    for (const name of INLINED) to[at].style.setProperty(name, style.getPropertyValue(name));
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return new XMLSerializer().serializeToString(copy);
}

async function imageOf(svg) {
  const url = URL.createObjectURL(new Blob([standalone(svg)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A word that is wider than a line, in pieces that are not. */
function piecesOf(context, word, width) {
  if (context.measureText(word).width <= width) return [word];
  const pieces = [''];
  for (const character of Array.from(word)) {
    const longer = pieces.at(-1) + character;
    if (context.measureText(longer).width <= width) pieces[pieces.length - 1] = longer;
    else pieces.push(character);
  }
  return pieces;
}

function linesOf(context, text, width) {
  const lines = [];
  for (const word of text.split(' ').flatMap((part) => piecesOf(context, part, width))) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function drawRamp(context, { from, to }, y, colourOf) {
  const start = PADDING + context.measureText(from).width + 6;
  const gradient = context.createLinearGradient(start, 0, start + 90, 0);
  gradient.addColorStop(0, colourOf('--heat-none'));
  gradient.addColorStop(1, colourOf('--heat'));
  context.fillStyle = gradient;
  context.fillRect(start, y + 1, 90, 11);
  context.fillStyle = colourOf('--ink');
  context.fillText(from, PADDING, y);
  context.fillText(to, start + 96, y);
}

function drawLegend(context, legend, y, colourOf) {
  let x = PADDING;
  for (const { label, colour, from, to } of legend) {
    if (from !== undefined) {
      drawRamp(context, { from, to }, y, colourOf);
      continue;
    }
    context.fillStyle = colourOf(`--c-${colour}`);
    context.fillRect(x, y + 1, 11, 11);
    context.fillStyle = colourOf('--ink');
    context.fillText(label, x + 16, y);
    x += 16 + context.measureText(label).width + 18;
  }
}

/** The chart with its title, legend and source: a picture that can stand alone in a slide. */
export async function pictureOf(svg, { answer, subtitle, legend, source }) {
  const style = getComputedStyle(document.documentElement);
  const colourOf = (name) => style.getPropertyValue(name).trim();
  const family = getComputedStyle(document.body).fontFamily;
  const box = svg.getBoundingClientRect();
  const image = await imageOf(svg);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const titleFont = `600 ${TITLE_PX}px ${family}`;
  context.font = titleFont;
  const title = linesOf(context, plainIsolated(answer), box.width);
  const legendTop = PADDING + title.length * (TITLE_PX + 6) + SMALL_PX + 12;
  const chartTop = legendTop + (legend.length > 0 ? SMALL_PX + 12 : 0);
  const width = box.width + 2 * PADDING;
  const height = chartTop + box.height + SMALL_PX + 2 * PADDING;
  canvas.width = Math.round(width * SCALE);
  canvas.height = Math.round(height * SCALE);
  context.scale(SCALE, SCALE);
  context.textBaseline = 'top';
  context.fillStyle = colourOf('--card');
  context.fillRect(0, 0, width, height);
  context.fillStyle = colourOf('--ink');
  context.font = titleFont;
  title.forEach((line, at) => context.fillText(line, PADDING, PADDING + at * (TITLE_PX + 6)));
  context.font = `${SMALL_PX}px ${family}`;
  context.fillStyle = colourOf('--muted');
  context.fillText(subtitle, PADDING, PADDING + title.length * (TITLE_PX + 6));
  context.fillText(source, PADDING, chartTop + box.height + PADDING);
  drawLegend(context, legend, legendTop, colourOf);
  context.drawImage(image, PADDING, chartTop, box.width, box.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); });
}
