// Quantiles of counted values.

/**
 * The smallest value that at least the share `q` of all does not exceed (SQL's percentile_disc).
 * `counted` are rows with `value` and `count`; null where nothing was counted.
 */
export function quantile(counted, q) {
  const sorted = counted.filter((row) => row.count > 0).sort((a, b) => a.value - b.value);
  const all = sorted.reduce((sum, row) => sum + row.count, 0);
  let below = 0;
  for (const row of sorted) {
    below += row.count;
    // A share such as 0.9 has no exact binary form: 9 of 10 must not fail by its last bit.
    if (below >= q * all - 1e-9) return row.value;
  }
  return null;
}

const WIDTHS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1440];
const BINS_MAX = 30;
// The long tail of the rest would leave the bulk of them a bar or two.
const SHARE_IN_BINS = 0.97;

/** Bins of one width for a histogram; the last one (`open`) takes the few that are much longer. */
export function bins(counted) {
  const end = quantile(counted, SHARE_IN_BINS);
  if (end === null) return [];
  const width = WIDTHS.find((w) => (end + 1) / w <= BINS_MAX) ?? Math.ceil((end + 1) / BINS_MAX);
  const amount = Math.floor(end / width) + 1;
  const result = Array.from({ length: amount }, (_, at) => ({
    from: at * width, to: (at + 1) * width, count: 0, open: false,
  }));
  for (const row of counted) {
    const at = Math.min(Math.floor(row.value / width), amount - 1);
    result[at].count += row.count;
    if (row.value >= amount * width && row.count > 0) result[at].open = true;
  }
  return result;
}
