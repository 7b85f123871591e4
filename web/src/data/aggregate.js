// Sums over rows.

const SEPARATOR = '\u001f';

/** One row for each combination of `keys`, in the order of their first rows; `values` added up. */
export function sumBy(rows, keys, values) {
  const groups = new Map();
  for (const row of rows) {
    const id = keys.map((key) => JSON.stringify(row[key] ?? null)).join(SEPARATOR);
    let group = groups.get(id);
    if (group === undefined) {
      group = {};
      for (const key of keys) group[key] = row[key];
      for (const value of values) group[value] = 0;
      groups.set(id, group);
    }
    for (const value of values) group[value] += row[value] ?? 0;
  }
  return [...groups.values()];
}

export function total(rows, value) {
  return rows.reduce((sum, row) => sum + (row[value] ?? 0), 0);
}

/** The row with the largest value, the first of several; null for no rows. */
export function largest(rows, value) {
  return rows.reduce((best, row) => (best === null || row[value] > best[value] ? row : best), null);
}

/** Largest first; equal ones by `names`, so that the order never depends on the rows' order. */
export function ranked(rows, value, names) {
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return [...rows].sort((a, b) => {
    if (a[value] !== b[value]) return b[value] - a[value];
    for (const name of names) {
      const order = compare(String(a[name] ?? ''), String(b[name] ?? ''));
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** The sum of `value` at each of `positions`, zero where no row stands. */
export function filled(rows, key, positions, values) {
  const sums = new Map(sumBy(rows, [key], values).map((row) => [row[key], row]));
  return positions.map((position) => {
    const row = { [key]: position };
    for (const value of values) row[value] = sums.get(position)?.[value] ?? 0;
    return row;
  });
}
