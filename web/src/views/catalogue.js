// What people listen to, and how much of it the catalogue knows.

import { filled, largest, ranked, sumBy, total } from '../data/aggregate.js';
import { bucketOf, bucketsBetween, coarser, dayText } from '../data/dates.js';
import { data, inBucket, isolated, number, percent, plural, say } from '../data/text.js';
import { column, LEVEL_SERIES } from './parts.js';

const SECTION = 'What they listen to';
const BARS_MAX = 10;
const FOCUSES_MAX = 30;

const songLabel = (row) => `${isolated(row.song)} · ${isolated(row.artist)}`;
const partly = ({ whole }) =>
  (whole ? '' : 'Counted among the most played of the whole period.');

function topSongs(rows, context) {
  const songs = ranked(sumBy(rows, ['song', 'artist'], ['plays']), 'plays', ['song', 'artist'])
    .filter((row) => row.plays > 0).slice(0, FOCUSES_MAX);
  if (songs.length === 0) return null;
  const [first] = songs;
  return {
    answer: say`“${data(first.song)}” by ${data(first.artist)} is played most: ${plural(first.plays, 'play')}`,
    note: partly(context),
    chart: {
      kind: 'ranking', colour: 'blue',
      rows: songs.slice(0, BARS_MAX).map((row) => ({
        label: songLabel(row), value: row.plays, text: number(row.plays), focus: songFocus(row),
      })),
    },
    table: {
      columns: [column('song', 'Song'), column('artist', 'Artist'), column('plays', 'Plays', 'integer')],
      rows: songs.map((row) => [row.song, row.artist, row.plays]),
    },
    focuses: songs.map((row) => ({ label: songLabel(row), focus: songFocus(row) })),
  };
}

const songFocus = (row) => ({ kind: 'song', song: row.song ?? '', artist: row.artist ?? '' });
const artistFocus = (row) => ({ kind: 'artist', artist: row.artist ?? '' });

function topArtists(rows, context) {
  const artists = ranked(sumBy(rows, ['artist'], ['plays']), 'plays', ['artist'])
    .filter((row) => row.plays > 0).slice(0, FOCUSES_MAX);
  if (artists.length === 0) return null;
  return {
    answer: say`${data(artists[0].artist)} is the most played artist: ${plural(artists[0].plays, 'play')}`,
    note: partly(context),
    chart: {
      kind: 'ranking', colour: 'green',
      rows: artists.slice(0, BARS_MAX).map((row) => ({
        label: isolated(row.artist), value: row.plays, text: number(row.plays), focus: artistFocus(row),
      })),
    },
    table: {
      columns: [column('artist', 'Artist'), column('plays', 'Plays', 'integer')],
      rows: artists.map((row) => [row.artist, row.plays]),
    },
    focuses: artists.map((row) => ({ label: isolated(row.artist), focus: artistFocus(row) })),
  };
}

function matchRate(rows, { filter, bucket }) {
  const plays = total(rows, 'plays');
  if (plays === 0) return null;
  const matched = total(rows, 'matched');
  const starts = bucketsBetween(filter.from, filter.to, bucket);
  const counts = filled(rows.map((row) => ({ ...row, day: bucketOf(row.day, bucket) })), 'day', starts, ['plays', 'matched'])
    .map((row) => ({ ...row, share: row.plays > 0 ? row.matched / row.plays : null }));
  return {
    answer: say`${percent(matched / plays)} of plays are of songs that the catalogue knows: ${number(matched)} of ${number(plays)}`,
    chart: {
      kind: 'lines', x: 'day', bucket, rows: counts, area: true, percent: true, is_tall: true,
      series: [{ key: 'share', label: 'Matched', colour: 'purple' }],
    },
    table: {
      columns: [column('from', 'From day (UTC)'), column('plays', 'Plays', 'integer'),
        column('matched', 'Matched', 'integer'), column('share', 'Share', 'share')],
      rows: counts.map((row) => [dayText(row.day), row.plays, row.matched, row.share]),
    },
  };
}

function unmatchedSongs(rows) {
  const songs = ranked(rows, 'plays', ['song', 'artist']);
  return {
    answer: say`“${data(songs[0].song)}” by ${data(songs[0].artist)} is the most played song that the catalogue lacks`,
    chart: {
      kind: 'ranking', colour: 'vermilion',
      rows: songs.slice(0, BARS_MAX).map((row) => ({
        label: songLabel(row), value: row.plays, text: `${number(row.plays)} · ${plural(row.users, 'user')}`,
      })),
    },
    table: {
      columns: [column('song', 'Song'), column('artist', 'Artist'), column('plays', 'Plays', 'integer'),
        column('users', 'Users', 'integer')],
      rows: songs.map((row) => [row.song, row.artist, row.plays, row.users]),
    },
  };
}

/** The trend of a song or an artist: `rows` are those of its list, already filtered. */
export function nameTrend(focus, rows, { filter, bucket, grain }) {
  const own = rows.filter((row) => (row.artist ?? '') === focus.artist &&
    (focus.kind === 'artist' || (row.song ?? '') === focus.song));
  const sum = total(own, 'plays');
  if (sum === 0) return null;
  const step = coarser(grain, bucket);
  const starts = bucketsBetween(filter.from, filter.to, step);
  const wide = own.map((row) => ({
    day: bucketOf(row.day, step),
    all: row.plays,
    paid: row.level === 'paid' ? row.plays : 0,
    free: row.level === 'free' ? row.plays : 0,
    other: row.level === 'paid' || row.level === 'free' ? 0 : row.plays,
  }));
  const counts = filled(wide, 'day', starts, ['all', 'paid', 'free', 'other']);
  const best = largest(counts, 'all');
  const series = LEVEL_SERIES.filter(({ key }) => total(counts, key) > 0);
  const name = focus.kind === 'song'
    ? say`“${data(focus.song)}” by ${data(focus.artist)}` : say`${data(focus.artist)}`;
  return {
    answer: say`${name}: ${plural(sum, 'play')}, most ${inBucket(best.day, step)} (${number(best.all)})`,
    chart: { kind: 'columns', x: 'day', bucket: step, rows: counts, series },
    table: {
      columns: [column('from', 'From day (UTC)'), ...series.map(({ key, label }) => column(key, label, 'integer'))],
      rows: counts.map((row) => [dayText(row.day), ...series.map(({ key }) => row[key])]),
    },
  };
}

const shared = { section: SECTION };
export const CATALOGUE = [
  { ...shared, id: 'top_songs', analysis: 'top_songs', subtitle: 'Most played songs', compute: topSongs },
  { ...shared, id: 'top_artists', analysis: 'top_artists', subtitle: 'Most played artists', compute: topArtists },
  { ...shared, id: 'match_rate', analysis: 'match_rate', subtitle: 'Share of plays whose song is in the catalogue', compute: matchRate },
  { ...shared, id: 'unmatched_songs', analysis: 'unmatched_songs', subtitle: 'Played, but not in the catalogue: what to add', compute: unmatchedSongs },
];
