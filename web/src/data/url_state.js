// What the reader has chosen, as it stands in the URL after the #.

import { dayNumber, dayText } from './dates.js';

const LEVELS = new Set(['all', 'free', 'paid']);
const TEXT_MAX = 2000;

export const NOTHING_CHOSEN = { from: null, to: null, level: 'all', focus: null };

function focusOf(params) {
  const text = (name) => (params.has(name) ? params.get(name).slice(0, TEXT_MAX) : null);
  if (params.has('song')) return { kind: 'song', song: text('song'), artist: text('artist') };
  if (params.has('artist')) return { kind: 'artist', artist: text('artist') };
  return params.has('of') ? { kind: 'level', level: text('of') } : null;
}

/** Anything that makes no sense is as if it were not there. */
export function parseState(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const level = params.get('level');
  return {
    from: dayNumber(params.get('from')),
    to: dayNumber(params.get('to')),
    level: LEVELS.has(level) ? level : 'all',
    focus: focusOf(params),
  };
}

export function stateText({ from, to, level, focus }) {
  const params = new URLSearchParams();
  if (from !== null) params.set('from', dayText(from));
  if (to !== null) params.set('to', dayText(to));
  if (level !== 'all') params.set('level', level);
  if (focus?.kind === 'song') params.set('song', focus.song ?? '');
  if (focus?.kind === 'song' || focus?.kind === 'artist') params.set('artist', focus.artist ?? '');
  if (focus?.kind === 'level') params.set('of', focus.level);
  const text = params.toString();
  return text === '' ? '' : `#${text}`;
}
