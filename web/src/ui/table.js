// A card's data as a table, a page at a time.

import { number, percent, shown } from '../data/text.js';
import { element } from './dom.js';

const ROWS_A_PAGE = 20;

function written(value, type) {
  if (value === null || value === undefined) return '–';
  if (type === 'share') return percent(value);
  return typeof value === 'number' ? number(value) : shown(value);
}

function rowOf(values, columns) {
  return element('tr', {}, values.map((value, at) => {
    const { type } = columns[at];
    const isNumber = typeof value === 'number' || type === 'integer' || type === 'share';
    return element('td', { class: isNumber ? 'number' : null, dir: isNumber ? null : 'auto' }, written(value, type));
  }));
}

/** `table`: { columns, rows }. Only one page of rows is ever in the document. */
export function tableOf(table, label) {
  const pages = Math.max(1, Math.ceil(table.rows.length / ROWS_A_PAGE));
  const body = element('tbody');
  const place = element('span', { role: 'status' });
  let page = 0;
  const turn = (step) => {
    page = Math.min(Math.max(page + step, 0), pages - 1);
    const first = page * ROWS_A_PAGE;
    const rows = table.rows.slice(first, first + ROWS_A_PAGE);
    body.replaceChildren(...rows.map((values) => rowOf(values, table.columns)));
    place.textContent = `Rows ${number(first + 1)} to ${number(first + rows.length)} of ${number(table.rows.length)}`;
    back.disabled = page === 0;
    next.disabled = page === pages - 1;
  };
  const back = element('button', { type: 'button', onclick: () => turn(-1) }, 'Previous');
  const next = element('button', { type: 'button', onclick: () => turn(1) }, 'Next');
  turn(0);
  const heads = table.columns.map((column) =>
    element('th', { scope: 'col', class: column.type === 'integer' || column.type === 'share' ? 'number' : null }, column.label));
  return element('div', {},
    element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Table: ${label}` },
      element('table', {}, element('thead', {}, element('tr', {}, heads)), body)),
    pages > 1 ? element('p', { class: 'pages' }, back, next, place) : null);
}
