// How fresh the data is, and how much of it there is.

import { instant, number, percent, plural } from '../data/text.js';
import { element } from './dom.js';

function figure(label, value, more = '', isWarning = false) {
  return element('div', { class: isWarning ? 'figure warning' : 'figure' },
    element('dt', {}, label), element('dd', {}, value, more === '' ? null : element('small', {}, more)));
}

// Who may only read the tables of the star is told nothing of runs and rejects.
const UNTOLD = ['–', 'not for this user'];

function runText({ last_run: run, rejects }) {
  if (!run) return rejects === null ? UNTOLD : ['none yet', ''];
  return [instant(run.ended_at), `run ${run.run_id}, ${run.status}`];
}

function rejectsText(rejects) {
  if (rejects === null) return UNTOLD;
  return [number(rejects), rejects > 0 ? 'see etl_rejects' : '', rejects > 0];
}

export function bannerOf(document) {
  const { banner } = document;
  const rows = banner.rows ?? {};
  const [runAt, runMore] = runText(banner);
  const share = banner.plays > 0 ? percent(banner.matched / banner.plays) : '–';
  return element('dl', { class: 'banner' },
    figure('Data up to', instant(banner.last_event_at)),
    figure('Last run', runAt, runMore, (banner.last_run?.status ?? 'done') !== 'done'),
    figure('Plays', number(rows.songplays ?? 0)),
    figure('Users', number(rows.users ?? 0)),
    figure('Catalogue', plural(rows.songs ?? 0, 'song'), `${plural(rows.artists ?? 0, 'artist')}`),
    figure('Plays matched', share, `${number(banner.matched)} of ${number(banner.plays)}`),
    figure('Rejects', ...rejectsText(banner.rejects)));
}
