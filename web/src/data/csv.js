// Tables as CSV (RFC 4180) that no spreadsheet takes for formulas.

const FORMULA_STARTS = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;
// Without it Excel takes UTF-8 for something else.
const BYTE_ORDER_MARK = '\ufeff';

/** A number cannot be a formula, and -5 must stay a number; text that could be one gets a '. */
export function cell(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA_STARTS.test(String(value)) ? `'${value}` : String(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(names, rows) {
  const lines = [names, ...rows].map((values) => values.map(cell).join(','));
  return `${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n`;
}
