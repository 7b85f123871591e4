// The JSON document that the program puts into the page.

import { dayNumber } from './dates.js';

const FORMAT = 1;

/** { document } or { problem: a sentence for the reader }. */
export function readDocument(text) {
  let document;
  try {
    document = JSON.parse(text);
  } catch {
    return { problem: 'This page holds no data. It is made by: sparkify report --out report.html' };
  }
  if (document?.format !== FORMAT || !Array.isArray(document.analyses)) {
    return {
      problem: `This page reads data of format ${FORMAT}, but was given format ${document?.format}. ` +
        'Make it again with one version of sparkify.',
    };
  }
  return { document };
}

/** The rows of an analysis as objects; a `day` becomes its number, the rest stays as it came. */
export function rowsOf(analysis) {
  const names = analysis.columns.map((column) => column.name);
  return analysis.rows.map((values) => {
    const row = {};
    names.forEach((name, at) => {
      row[name] = name === 'day' ? dayNumber(values[at]) : values[at];
    });
    return row;
  });
}

/** Days from the first to the last one with data, as numbers; null for an empty warehouse. */
export function rangeOf(document) {
  const first = dayNumber(document.range?.first_day);
  const last = dayNumber(document.range?.last_day);
  return first === null || last === null || first > last ? null : { first, last };
}
