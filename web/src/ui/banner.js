// How fresh the data is, and how much of it there is.

import { instant, number, percent, plural } from '../data/text.js';
import { element } from './dom.js';

function figure(label, value, more = '', isWarning = false) {
  return element('div', { class: isWarning ? 'figure warning' : 'figure' },
    element('dt', {}, label), element('dd', {}, value, more === '' ? null : element('small', {}, more)));
}

function runText(run) {
  if (!run) return ['none yet', ''];
  return [instant(run.ended_at), `run ${run.run_id}, ${run.status}`];
}

export function bannerOf(document) {
  const { banner } = document;
  const rows = banner.rows ?? {};
  const [runAt, runMore] = runText(banner.last_run);
  const share = banner.plays > 0 ? percent(banner.matched / banner.plays) : '–';
  return element('dl', { class: 'banner' },
    figure('Data up to', instant(banner.last_event_at)),
    figure('Last run', runAt, runMore, (banner.last_run?.status ?? 'done') !== 'done'),
    figure('Plays', number(rows.songplays ?? 0)),
    figure('Users', number(rows.users ?? 0)),
    figure('Catalogue', plural(rows.songs ?? 0, 'song'), `${plural(rows.artists ?? 0, 'artist')}`),
    figure('Plays matched', share, `${number(banner.matched)} of ${number(banner.plays)}`),
    figure('Rejects', number(banner.rejects), banner.rejects > 0 ? 'see etl_rejects' : '', banner.rejects > 0));
}
