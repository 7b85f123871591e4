// How values are written for people. Whatever comes from the logs passes through `shown`.

import { dayDate } from './dates.js';

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const dayFormats = {
  long: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  short: { day: 'numeric', month: 'short' },
};
const monthYear = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

// Controls would break lines; marks of direction would reach beyond their own text.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const DIRECTION_MARKS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;

/** Text of the logs on one line, without marks that turn what stands beside it. */
export function shown(value) {
  if (value === null || value === undefined || value === '') return '(none)';
  return String(value).replace(CONTROLS, ' ').replace(DIRECTION_MARKS, '');
}

/** The same for places that have no <bdi>: a direction of its own, closed at its end. */
export function isolated(value) {
  return `\u2068${shown(value)}\u2069`;
}

export function number(value) {
  return Number.isInteger(value) ? count.format(value) : decimal.format(value);
}

/** A count in at most four characters, for narrow cells. */
export function short(value) {
  if (value < 1000) return String(value);
  const [unit, letter] = value < 999_500 ? [1e3, 'k'] : [1e6, 'M'];
  const scaled = value / unit;
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${letter}`;
}

/** A share from 0 to 1; small ones keep two digits that say something. */
export function percent(share) {
  if (!Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value === 0) return '0%';
  if (value < 0.01) return 'under 0.01%';
  if (value < 1) return `${value.toFixed(2)}%`;
  if (value > 99 && value < 100) return `${(Math.floor(value * 10) / 10).toFixed(1)}%`;
  return `${Math.round(value)}%`;
}

export function plural(amount, one, many = `${one}s`) {
  return `${number(amount)} ${amount === 1 ? one : many}`;
}

export function dayName(day, style = 'long') {
  return new Intl.DateTimeFormat('en-GB', { ...dayFormats[style], timeZone: 'UTC' })
    .format(dayDate(day))
    .replace(',', '');
}

export function bucketName(start, bucket) {
  if (bucket === 'week') return `the week of ${dayName(start).replace(/^\S+ /, '')}`;
  return bucket === 'month' ? monthYear.format(dayDate(start)) : dayName(start);
}

/** When something was, within a sentence. */
export function inBucket(start, bucket) {
  return `${bucket === 'day' ? 'on' : 'in'} ${bucketName(start, bucket)}`;
}

export function hourName(hour) {
  return `${String(hour).padStart(2, '0')}:00`;
}

export function duration(minutes) {
  if (minutes < 120) return plural(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** An instant as the document gives it (ISO 8601, UTC) in words; '–' where there is none. */
export function instant(text) {
  const date = new Date(text ?? NaN);
  if (Number.isNaN(date.getTime())) return '–';
  const iso = date.toISOString();
  return `${dayName(Math.floor(date.getTime() / 86_400_000)).replace(/^\S+ /, '')}, ${iso.slice(11, 16)} UTC`;
}

/**
 * A sentence whose parts are ours (strings) or the logs' ({ data }): say`${data(song)} leads`.
 * The page writes the second kind into elements with a direction of their own.
 */
export function say(strings, ...values) {
  const parts = [];
  strings.forEach((text, at) => {
    if (text !== '') parts.push(text);
    if (at < values.length) parts.push(...[values[at]].flat().map((part) => (typeof part === 'number' ? number(part) : part)));
  });
  return parts;
}

export function data(value) {
  return { data: shown(value) };
}

export function plain(parts) {
  return parts.map((part) => (typeof part === 'string' ? part : part.data)).join('');
}

export function plainIsolated(parts) {
  return parts.map((part) => (typeof part === 'string' ? part : isolated(part.data))).join('');
}
