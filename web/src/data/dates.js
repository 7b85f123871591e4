// Days as whole numbers since 1970-01-01 (UTC). The page knows no time zone but UTC.

const MS_A_DAY = 86_400_000;
const DAY_TEXT = /^\d{4}-\d{2}-\d{2}$/;

export const WEEKDAYS = [
  'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday',
];

/** The number of the day that `text` (YYYY-MM-DD) names; null where it names none. */
export function dayNumber(text) {
  if (!DAY_TEXT.test(text ?? '')) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms)) return null;
  const number = ms / MS_A_DAY;
  // 31 February is no day, though some parsers take it for one of March.
  return dayText(number) === text ? number : null;
}

export function dayText(number) {
  return new Date(number * MS_A_DAY).toISOString().slice(0, 10);
}

export function dayDate(number) {
  return new Date(number * MS_A_DAY);
}

/** 0 is Monday, as in WEEKDAYS. 1970-01-01 was a Thursday. */
export function weekday(number) {
  return (((number + 3) % 7) + 7) % 7;
}

export function mondayOf(number) {
  return number - weekday(number);
}

export function firstOfMonth(number) {
  return dayNumber(`${dayText(number).slice(0, 7)}-01`);
}

/** What one bar of a chart over time covers, so that a screen can hold them all. */
export function bucketFor(days) {
  if (days <= 62) return 'day';
  return days <= 740 ? 'week' : 'month';
}

const UNITS = ['day', 'week', 'month'];

/** The coarser of two: rows of weeks cannot be shown by day. */
export function coarser(a, b) {
  return UNITS[Math.max(UNITS.indexOf(a), UNITS.indexOf(b))];
}

export function bucketOf(number, bucket) {
  if (bucket === 'week') return mondayOf(number);
  return bucket === 'month' ? firstOfMonth(number) : number;
}

/** The starts of all buckets from day `from` to day `to`, both included. */
export function bucketsBetween(from, to, bucket) {
  const starts = [];
  for (let day = from; day <= to; day += 1) {
    const start = bucketOf(day, bucket);
    if (starts[starts.length - 1] !== start) starts.push(start);
  }
  return starts;
}
