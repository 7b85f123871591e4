// The titles of the cards against small rows whose answers can be seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { plain } from '../../../web/src/data/text.js';
import { NOTHING_CHOSEN, parseState } from '../../../web/src/data/url_state.js';
import { Report } from '../../../web/src/views/index.js';

/** A document of one analysis; `columns` as "name name:type". */
function reportOf(name, levels, columns, rows, { range = ['2018-11-01', '2018-11-15'], ...more } = {}) {
  return new Report({
    format: 1,
    range: { first_day: range[0], last_day: range[1] },
    analyses: [{
      name, title: name, levels, rows, is_custom: false,
      columns: columns.split(' ').map((text) => ({ name: text.split(':')[0], type: text.split(':')[1] ?? 'text' })), ...more,
    }],
  });
}

function modelOf(report, id, hash = '') {
  return report.model(report.views().find((view) => view.id === id), hash === '' ? NOTHING_CHOSEN : parseState(hash));
}

const answerOf = (...values) => plain(modelOf(...values).answer);

const HOURS = reportOf('plays_by_hour', 'sum', 'day level hour plays', [
  ['2018-11-01', 'paid', 16, 40], ['2018-11-08', 'paid', 16, 36], ['2018-11-08', 'free', 3, 50],
  ['2018-11-09', 'free', 16, 30], ['2018-11-10', 'paid', 9, 1],
]);

test('plays by hour answer for the busiest hour, day of the week, and day', () => {
  assert.equal(answerOf(HOURS, 'weekday_hour'), 'Thursday 16:00 UTC is the busiest hour: 76 plays');
  assert.equal(answerOf(HOURS, 'by_hour'), '16:00 UTC is the busiest hour of the day: 106 plays');
  assert.equal(answerOf(HOURS, 'by_weekday'), 'Thursday is the busiest day of the week: 126 plays');
  assert.equal(answerOf(HOURS, 'plays_a_day'), 'Thu 8 Nov 2018 was the busiest day: 86 of 157 plays');
  assert.equal(answerOf(HOURS, 'levels'), '49% of plays are by paying users: 77 paid, 80 free');
});

test('answers follow the level and the range', () => {
  assert.equal(answerOf(HOURS, 'weekday_hour', '#level=free'), 'Thursday 03:00 UTC is the busiest hour: 50 plays');
  assert.equal(answerOf(HOURS, 'plays_a_day', '#from=2018-11-09&to=2018-11-10'), 'Fri 9 Nov 2018 was the busiest day: 30 of 31 plays');
  assert.equal(answerOf(HOURS, 'plays_a_day', '#from=2018-11-10&to=2018-11-10'), '1 play on Sat 10 Nov 2018');
  assert.equal(answerOf(HOURS, 'levels', '#level=paid'), 'All 77 plays are by paying users');
  assert.equal(modelOf(HOURS, 'plays_a_day', '#from=2018-11-12'), null, 'a range without plays shows nothing');
});

test('days without plays are zero, not left out', () => {
  const { table } = modelOf(HOURS, 'plays_a_day');
  assert.equal(table.rows.length, 15);
  assert.deepEqual(table.rows[1], ['2018-11-02', 0]);
});

const SONGS = reportOf('top_songs', 'sum', 'day level song artist plays', [
  ['2018-11-02', 'paid', "You're The One", 'Dwight Yoakam', 15], ['2018-11-03', 'free', "You're The One", 'Dwight Yoakam', 6],
  ['2018-11-03', 'free', "You're The One", 'Somebody Else', 8], ['2018-11-03', 'paid', 'Undo', 'Björk', 20],
]);

test('the top song is summed over days and levels, one for each artist', () => {
  assert.equal(answerOf(SONGS, 'top_songs'), "“You're The One” by Dwight Yoakam is played most: 21 plays");
  assert.equal(answerOf(SONGS, 'top_songs', '#level=paid'), '“Undo” by Björk is played most: 20 plays');
  assert.deepEqual(modelOf(SONGS, 'top_songs').table.rows.map((row) => row[2]), [21, 20, 8]);
});

test('the trend of a song has its days and levels, and follows the filter', () => {
  const hash = "#song=You're The One&artist=Dwight Yoakam";
  const { model } = SONGS.trend(parseState(hash));
  assert.equal(plain(model.answer), "“You're The One” by Dwight Yoakam: 21 plays, most on Fri 2 Nov 2018 (15)");
  assert.deepEqual(model.table.rows[2], ['2018-11-03', 0, 6]);
  assert.equal(plain(SONGS.trend(parseState(`${hash}&level=free`)).model.answer),
    "“You're The One” by Dwight Yoakam: 6 plays, most on Sat 3 Nov 2018 (6)");
  assert.equal(SONGS.trend(parseState('#song=nothing&artist=nobody')).model, null);
});

test('the trend of a level is its own, whatever level is filtered', () => {
  const { model } = HOURS.trend(parseState('#of=free&level=paid'));
  assert.match(plain(model.answer), /^Users of the level “free” played 80 songs, 51% of all/);
});

test('active users take the rows of the chosen level: they cannot be added up', () => {
  const report = reportOf('active_users', 'own', 'day level daily weekly monthly', [
    ['2018-11-01', 'all', 4, 4, 4], ['2018-11-02', 'all', 2, 5, 5],
    ['2018-11-01', 'free', 3, 3, 3], ['2018-11-02', 'free', 1, 3, 4],
  ], { range: ['2018-11-01', '2018-11-02'] });
  assert.equal(answerOf(report, 'active_users'), 'On an average day 3 people listen; 5 did in the 30 days to Fri 2 Nov 2018');
  assert.equal(answerOf(report, 'active_users', '#level=free'), 'On an average day 2 people listen; 4 did in the 30 days to Fri 2 Nov 2018');
  assert.equal(answerOf(report, 'stickiness'), 'On an average day 70% of a month’s listeners come');
});

test('session lengths have the median and the 90th percentile of all sessions', () => {
  const report = reportOf('session_lengths', 'sum', 'day level minutes sessions',
    [['2018-11-01', 'free', 0, 4], ['2018-11-02', 'paid', 30, 3], ['2018-11-02', 'paid', 125, 2], ['2018-11-02', 'paid', 200, 1]]);
  assert.equal(answerOf(report, 'session_lengths'), 'Half of 10 sessions last 30 minutes or less, nine in ten 2 h 5 min or less');
});

test('who comes back is counted over cohorts whose second week is over', () => {
  const report = reportOf('retention', 'none', 'cohort week users cohort_users', [
    ['2018-10-22', 0, 10, 10], ['2018-10-22', 1, 5, 10], ['2018-10-29', 0, 10, 10],
    // Of this one nobody came back in the week that is under way: that says nothing yet.
    ['2018-11-05', 0, 80, 80],
  ]);
  assert.equal(answerOf(report, 'retention'), '25% of new listeners come back in the week after their first');
  const rows = modelOf(report, 'retention').table.rows;
  assert.deepEqual(rows.find((row) => row[0] === '2018-10-29' && row[2] === 1).slice(3), [0, 0], 'nobody came: a zero');
  assert.equal(rows.some((row) => row[0] === '2018-11-05' && row[2] === 1), false, 'not over: no number');
  assert.equal(answerOf(reportOf('retention', 'none', 'cohort week users cohort_users', [['2018-11-12', 0, 1, 1]]), 'retention'),
    'Too early to say who comes back: no cohort has had a full second week');
});

test('changes of level tell what is left of them', () => {
  const of = (up, down) => answerOf(reportOf('level_changes', 'none', 'day upgrades downgrades', [['2018-11-03', up, down]]), 'level_changes');
  assert.equal(of(5, 2), '5 upgrades and 2 downgrades: 3 more pay');
  assert.equal(of(1, 4), '1 upgrade and 4 downgrades: 3 fewer pay');
  assert.equal(of(1, 1), '1 upgrade and 1 downgrade: as many pay as before');
});

test('places are counted for their first state', () => {
  const report = reportOf('places', 'sum', 'day level place plays', [
    ['2018-11-01', 'free', 'New York-Newark-Jersey City, NY-NJ-PA', 5], ['2018-11-02', 'paid', 'Albany, NY', 4],
    ['2018-11-02', 'paid', 'Trenton, NJ', 8], ['2018-11-02', 'paid', 'Elsewhere', 2],
  ]);
  assert.equal(answerOf(report, 'places'), 'Most plays come from Trenton, NJ: 8');
  assert.equal(answerOf(report, 'states'), 'NY is the state with most plays: 9 of 17');
  assert.match(modelOf(report, 'states').note, /2 plays elsewhere/);
});

test('how many sessions ran at once: the most, and those of the middle day', () => {
  const report = reportOf('concurrency', 'none', 'day hour peak',
    [['2018-11-01', 16, 2], ['2018-11-02', 16, 7], ['2018-11-02', 4, 1]], { range: ['2018-11-01', '2018-11-03'] });
  assert.equal(answerOf(report, 'concurrency'), 'At most 7 sessions ran at once: on Fri 2 Nov 2018, at 16:00 UTC');
  const { rows } = modelOf(report, 'concurrency').table;
  assert.deepEqual(rows[16], [16, 7, 2]);
  assert.deepEqual(rows[4], [4, 1, 0], 'two of three days had none');
});

test('the match rate of the real logs is small, but not nothing', () => {
  const report = reportOf('match_rate', 'sum', 'day level plays matched', [['2018-11-01', 'paid', 2364, 1], ['2018-11-02', 'free', 677, 0]]);
  assert.equal(answerOf(report, 'match_rate'), '0.03% of plays are of songs that the catalogue knows: 1 of 3,041');
});

test('lists of a long range are by week: so is a song’s trend', () => {
  const report = reportOf('top_songs', 'sum', 'day level song artist plays',
    [['2018-01-01', 'paid', 's', 'a', 3], ['2018-01-08', 'paid', 's', 'a', 4]], { range: ['2018-01-03', '2018-12-31'], day_unit: 'week' });
  const { model } = report.trend(parseState('#song=s&artist=a&from=2018-01-04&to=2018-01-10'));
  assert.deepEqual(model.table.rows, [['2018-01-01', 3], ['2018-01-08', 4]]);
});

test('an analysis of the user’s own is drawn by its kind', () => {
  const own = (chart, columns, rows, more) => {
    const report = reportOf('mine', 'sum', columns, rows, { is_custom: true, chart, title: 'Mine', ...more });
    return modelOf(report, 'own_mine', '#level=paid');
  };
  const rows = [['x', 'paid', 3], ['y', 'paid', 1], ['y', 'paid', 9], ['x', 'free', 100]];
  const bars = own('bars', 'kind level plays:integer', rows);
  assert.equal(plain(bars.answer), 'Mine: y leads with 10');
  assert.deepEqual(bars.chart.rows.map((row) => row.value), [10, 3]);
  assert.equal(own('kpi', 'kind level plays:integer', rows).chart.value, '13');
  assert.equal(own('table', 'kind level plays:integer', rows).chart.kind, 'table');
  const line = own('line', 'month:integer level kind plays:integer other:integer',
    [[2, 'paid', 'b', 4, 0], [1, 'paid', 'a', 2, 0], [1, 'paid', 'b', 7, 0]], { x: 'month', y: 'plays', series: 'kind' });
  assert.deepEqual(line.chart.series.map((series) => series.label), ['b', 'a']);
  assert.deepEqual(line.chart.rows.map((row) => [row.month, row.s0, row.s1]), [[1, 7, 2], [2, 4, 0]]);
  assert.equal(own('line', 'a level', [['x', 'paid']]).chart.kind, 'table', 'nothing to draw: a table');
  assert.equal(own('kpi', 'plays:integer', [[7]]).chart.value, '7', 'without a column of levels the filter does not matter');
});

test('no plays at all show nothing, and break nothing', () => {
  const report = new Report({ format: 1, range: null, analyses: [
    { name: 'plays_by_hour', levels: 'sum', rows: [], columns: [{ name: 'day' }], is_custom: false },
    { name: 'users_at_risk', levels: 'none', rows: [], columns: [], is_custom: false },
  ] });
  for (const view of report.views()) assert.equal(report.model(view, NOTHING_CHOSEN), null);
  assert.equal(report.trend(parseState('#of=paid')), null);
});
