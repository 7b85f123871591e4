// Invented documents for the tests: a small simulation of listeners, counted into the analyses.
// Everything follows from the seed; no name, place or title is anybody's.

import { dayNumber, dayText, mondayOf } from '../../web/src/data/dates.js';

export const HOSTILE = {
  markup: '<img src=x onerror="window.hostile=1">',
  script: '</script><script>window.hostile=2</script>',
  formula: '=HYPERLINK("http://127.0.0.1/","free music")',
  right_to_left: 'أغنية الليل (ريمكس)',
  emoji: '👩‍👩‍👧‍👦 Family 🎧 Beats 🇩🇪',
  override: 'safe\u202Etxt.exe\u0007\tend',
  long: 'A title that goes on and on without an end in sight, as those of old records like to do (Remastered Album Version)',
};

const TITLES = [
  ...Object.values(HOSTILE),
  'Paper Lanterns', 'Ohne Ende', 'Ночной поезд', '夜の海', 'Último Tren', 'Glass Harbour', 'Slow Monday', 'Åska',
  'Seven Rivers', 'Kite', 'Nine to Never', 'Ember', 'Low Tide', 'Miles of Wire', 'Quiet Engines', 'Half Moon Street',
  'Tin Roof', 'Second Summer', 'Copper', 'Northbound', 'Salt', 'Violet Hour', 'Winterlude', 'Old Maps', 'Daylight Saving',
];
const ARTISTS = [
  'The Invented Ones', 'Ana Ficticia', 'Группа Пример', '架空バンド', HOSTILE.markup, 'DJ Nobody', HOSTILE.right_to_left,
  'Made-up Trio', 'No Such Orchestra', HOSTILE.formula, 'Imaginary Friends', 'Placeholder Quartet',
];
const PLACES = [
  'San Francisco-Oakland-Hayward, CA', 'New York-Newark-Jersey City, NY-NJ-PA', 'Chicago-Naperville-Elgin, IL-IN-WI',
  'Lansing-East Lansing, MI', 'Portland-South Portland, ME', 'Waterloo-Cedar Falls, IA', 'Atlanta-Sandy Springs-Roswell, GA',
  'Tampa-St. Petersburg-Clearwater, FL', 'Houston-The Woodlands-Sugar Land, TX', 'Seattle-Tacoma-Bellevue, WA',
  'Washington-Arlington-Alexandria, DC-VA-MD-WV', 'Anchorage, AK', 'Urban Honolulu, HI', 'Somewhere else',
];
const AGENTS = [
  ['Chrome', 'Windows', 'desktop'], ['Firefox', 'Linux', 'desktop'], ['Safari', 'macOS', 'desktop'],
  ['Chrome', 'macOS', 'desktop'], ['Safari', 'iOS', 'phone'], ['Safari', 'iOS', 'tablet'], ['Internet Explorer', 'Windows', 'desktop'],
];
const HOUR_WEIGHTS = [4, 3, 3, 2, 2, 2, 3, 4, 5, 6, 6, 7, 7, 8, 9, 10, 11, 10, 9, 8, 7, 6, 5, 5];
const DAY_WEIGHTS = [5, 5, 6, 6, 7, 4, 2];
const LAST_PLAY = { long_ago_days: 10, lately_days: 7 };

/** Numbers from 0 to 1 that follow from the seed alone (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function pickerOf(random) {
  return (values, weightOf = () => 1) => {
    let left = random() * values.reduce((sum, value, at) => sum + weightOf(value, at), 0);
    return values.find((value, at) => { left -= weightOf(value, at); return left < 0; }) ?? values.at(-1);
  };
}

const longTail = (_, at) => 1 / (at + 2);

function listenersOf(count, days, random, pick) {
  return Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    name: pick(['Alva', 'Bo', 'Chidi', 'Dalia', 'Ewa', 'Farid', '雪']) + ' ' + pick(['Moreau', 'Nwosu', 'Ito', 'Kowalski', 'حداد']),
    level: random() < 0.6 ? 'paid' : 'free',
    place: pick(PLACES, longTail), agent: pick(AGENTS, longTail),
    first: Math.floor(random() * random() * days), stays: 3 + Math.floor(random() * days),
    zeal: 0.1 + random() * 0.5,
  }));
}

/** Sessions with their plays: what the logs would tell. */
function simulate({ first_day, days, users, seed }) {
  const random = randomOf(seed);
  const pick = pickerOf(random);
  const start = dayNumber(first_day);
  const plays = [];
  const changes = [];
  let session = 0;
  const everyone = listenersOf(users, days, random, pick);
  for (let day = start; day < start + days; day += 1) {
    for (const user of everyone) {
      const age = day - start - user.first;
      if (age < 0 || age > user.stays) continue;
      if (random() > user.zeal * (DAY_WEIGHTS[day - mondayOf(day)] / 7) && age > 0) continue;
      if (random() < 0.02) {
        user.level = user.level === 'paid' ? 'free' : 'paid';
        changes.push({ day, upgrade: user.level === 'paid' });
      }
      session += 1;
      const length = 1 + Math.floor(random() ** 3 * 40);
      let minute = pick(HOUR_WEIGHTS.map((_, hour) => hour), (hour) => HOUR_WEIGHTS[hour]) * 60 + Math.floor(random() * 60);
      for (let play = 0; play < length && minute < 1440; play += 1) {
        const title = pick(TITLES, longTail);
        plays.push({
          session, day, minute, user, level: user.level, song: title,
          artist: ARTISTS[TITLES.indexOf(title) % ARTISTS.length], matched: random() < 0.08 ? 1 : 0,
        });
        minute += 3 + Math.floor(random() * 3);
      }
    }
  }
  return { plays, changes, start, last: start + days - 1, everyone };
}

/** Rows of counts by `keyOf`, in the order in which they came. */
function counted(items, keyOf, valueOf = () => [1]) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const id = JSON.stringify(key);
    const values = valueOf(item);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [key, [...values]]);
    else values.forEach((value, at) => { group[1][at] += value; });
  }
  return [...groups.values()].map(([key, values]) => [...key, ...values]);
}

function activeRows({ plays, start, last }) {
  const rows = [];
  for (const level of ['all', 'free', 'paid']) {
    const own = plays.filter((play) => level === 'all' || play.level === level);
    const distinct = (from, to) =>
      new Set(own.filter((play) => play.day >= from && play.day <= to).map((play) => play.user.id)).size;
    for (let day = start; day <= last; day += 1) {
      rows.push([dayText(day), level, distinct(day, day), distinct(day - 6, day), distinct(day - 29, day)]);
    }
  }
  return rows;
}

function sessionsOf(plays) {
  const sessions = new Map();
  for (const play of plays) {
    const known = sessions.get(play.session);
    if (known === undefined) sessions.set(play.session, { ...play, from: play.minute, to: play.minute });
    else known.to = play.minute;
  }
  return [...sessions.values()];
}

function peakRows(sessions, isByWeek) {
  const at = new Map();
  for (const session of sessions) {
    for (let minute = session.from; minute <= session.to; minute += 1) {
      const key = session.day * 1440 + minute;
      at.set(key, (at.get(key) ?? 0) + 1);
    }
  }
  const peaks = new Map();
  for (const [key, count] of at) {
    const day = Math.floor(key / 1440);
    const hour = (isByWeek ? mondayOf(day) : day) * 24 + (Math.floor(key / 60) % 24);
    peaks.set(hour, Math.max(peaks.get(hour) ?? 0, count));
  }
  return [...peaks].map(([hour, peak]) => [dayText(Math.floor(hour / 24)), hour % 24, peak]);
}

function retentionRows(plays) {
  const weeks = new Map();
  for (const play of plays) {
    const known = weeks.get(play.user.id) ?? new Set();
    weeks.set(play.user.id, known.add(mondayOf(play.day)));
  }
  const cohorts = new Map();
  for (const seen of weeks.values()) {
    const first = Math.min(...seen);
    const cohort = cohorts.get(first) ?? { size: 0, weeks: new Map() };
    cohort.size += 1;
    for (const week of seen) cohort.weeks.set((week - first) / 7, (cohort.weeks.get((week - first) / 7) ?? 0) + 1);
    cohorts.set(first, cohort);
  }
  return [...cohorts].sort(([a], [b]) => a - b).flatMap(([first, { size, weeks: own }]) =>
    [...own].sort(([a], [b]) => a - b).map(([week, users]) => [dayText(first), week, users, size]));
}

function riskRows({ plays, last, everyone }) {
  return everyone.flatMap((user) => {
    const own = plays.filter((play) => play.user === user);
    const lately = own.filter((play) => play.day > last - LAST_PLAY.lately_days).length;
    const before = own.length - lately;
    if (before < LAST_PLAY.long_ago_days || lately > before / 10) return [];
    const latest = own.at(-1);
    return [[String(user.id), user.name, latest.level, dayText(latest.day), before, lately]];
  }).slice(0, 50);
}

const analysis = (name, title, chart, levels, columns, rows) => ({
  name, title, chart, levels, rows, truncated: false, is_custom: false, note: '', x: '', y: '', series: '',
  day_unit: /^day/.test(columns) ? 'day' : '',
  definition: `${title}, as the tests' invented warehouse counts them. Times are UTC.`,
  sql: `select *\n  from reports.${name}\n where day >= '2018-11-01' -- <b>not markup</b> & no end: </script>\n order by 1;`,
  columns: columns.split(' ').map((text) => {
    const [column, type = 'text'] = text.split(':');
    return { name: column, type };
  }),
});

function analysesOf(world) {
  const { plays, changes } = world;
  const day = (play) => dayText(play.day);
  // A long range has weeks and months where there would be too many rows: as the program does it.
  const isLong = world.last - world.start + 1 > 120;
  const week = isLong ? (play) => dayText(mondayOf(play.day)) : day;
  const month = isLong ? (play) => `${day(play).slice(0, 7)}-01` : day;
  const by = (unit, made) => ({ ...made, day_unit: isLong ? unit : 'day' });
  const sessions = sessionsOf(plays);
  const unmatched = plays.filter((play) => play.matched === 0);
  const listeners = (song, artist) =>
    new Set(unmatched.filter((play) => play.song === song && play.artist === artist).map((play) => play.user.id)).size;
  return [
    analysis('plays_by_hour', 'Plays by hour', 'heatmap', 'sum', 'day:date level hour:integer plays:integer',
      counted(plays, (p) => [day(p), p.level, Math.floor(p.minute / 60)])),
    analysis('active_users', 'Active users', 'line', 'own', 'day:date level daily:integer weekly:integer monthly:integer',
      plays.length > 0 ? activeRows(world) : []),
    analysis('level_changes', 'Upgrades and downgrades', 'bars', 'none', 'day:date upgrades:integer downgrades:integer',
      counted(changes, (c) => [day(c)], (c) => (c.upgrade ? [1, 0] : [0, 1]))),
    by('week', analysis('top_songs', 'Top songs', 'top', 'sum', 'day:date level song artist plays:integer',
      counted(plays, (p) => [week(p), p.level, p.song, p.artist]))),
    by('week', analysis('top_artists', 'Top artists', 'top', 'sum', 'day:date level artist plays:integer',
      counted(plays, (p) => [week(p), p.level, p.artist]))),
    by('month', analysis('session_lengths', 'Session lengths', 'histogram', 'sum', 'day:date level minutes:integer sessions:integer',
      counted(sessions, (s) => [month(s), s.level, s.to - s.from]))),
    analysis('retention', 'Retention', 'retention', 'none', 'cohort:date week:integer users:integer cohort_users:integer',
      retentionRows(plays)),
    by('month', analysis('places', 'Places', 'map', 'sum', 'day:date level place plays:integer',
      counted(plays, (p) => [month(p), p.level, p.user.place]))),
    by('week', analysis('devices', 'Devices', 'bars', 'sum', 'day:date level browser system device plays:integer',
      counted(plays, (p) => [week(p), p.level, ...p.user.agent]))),
    by('week', analysis('concurrency', 'Concurrency', 'bars', 'none', 'day:date hour:integer peak:integer', peakRows(sessions, isLong))),
    analysis('match_rate', 'Match rate', 'line', 'sum', 'day:date level plays:integer matched:integer',
      counted(plays, (p) => [day(p), p.level], (p) => [1, p.matched])),
    analysis('unmatched_songs', 'Unmatched songs', 'top', 'none', 'song artist plays:integer users:integer',
      counted(unmatched, (p) => [p.song, p.artist]).sort((a, b) => b[2] - a[2]).slice(0, 50)
        .map(([song, artist, count]) => [song, artist, count, listeners(song, artist)])),
    analysis('users_at_risk', 'Users at risk', 'table', 'none',
      'user_id name level last_play:date plays_before:integer plays_lately:integer', riskRows(world)),
  ];
}

function ownAnalyses({ plays }) {
  const own = (...values) => ({ ...analysis(...values), is_custom: true });
  return [
    own('genres', 'Moods of the songs', 'bars', 'none', 'mood plays:integer',
      counted(plays, (p) => [p.song.length % 2 ? '<b>loud</b>' : 'quiet'])),
    own('by_place_line', 'Plays of the levels', 'line', 'sum', 'day:date level plays:integer', counted(plays, (p) => [dayText(p.day), p.level])),
    own('total', 'All plays', 'kpi', 'none', 'plays:integer', [[plays.length]]),
    own('anything', 'A table of anything', 'table', 'none', 'song seconds:decimal', TITLES.map((title, at) => [title, at + 0.25])),
  ];
}

/** A whole document. Without days it is that of an empty warehouse. */
export function documentOf({ first_day = '2018-11-01', days = 32, users = 90, seed = 7, own = true } = {}) {
  const world = days > 0 ? simulate({ first_day, days, users, seed })
    : { plays: [], changes: [], start: 0, last: 0, everyone: [] };
  const { plays, last } = world;
  const latest = plays.at(-1);
  return {
    format: 1, generated_at: '2018-12-16T02:00:00Z', program: 'sparkify 0.1.0', warehouse: 'duckdb:sparkify.db', live: false,
    banner: {
      last_run: days > 0 ? { run_id: 3, ended_at: '2018-12-16T01:30:00Z', status: 'done' } : null,
      last_event_at: latest === undefined ? null : `${dayText(latest.day)}T${String(Math.floor(latest.minute / 60)).padStart(2, '0')}:00:00Z`,
      rows: { songplays: plays.length, users: world.everyone.length, songs: 71, artists: 69, time: plays.length },
      rejects: days > 0 ? 2 : 0, plays: plays.length, matched: plays.filter((play) => play.matched === 1).length,
    },
    range: days > 0 ? { first_day, last_day: dayText(last) } : null,
    analyses: [...analysesOf(world), ...(own ? ownAnalyses(world) : [])],
  };
}

/** The page with a document in it, as the program makes it. */
export function pageWith(page, document) {
  const json = JSON.stringify(document).replace(/[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return page.replace('__SPARKIFY_REPORT_DATA__', () => json);
}
