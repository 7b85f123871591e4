// The bar with the date range and the user level.

import { dayNumber, dayText } from '../data/dates.js';
import { plural } from '../data/text.js';
import { element } from './dom.js';

const LEVELS = [['all', 'All'], ['free', 'Free'], ['paid', 'Paid']];

export class Filters {
  /** `choose` is given what the reader changed: { from }, { to }, { level } or all three. */
  constructor(range, choose) {
    this.range = range;
    const limits = range === null ? { disabled: true } : { min: dayText(range.first), max: dayText(range.last) };
    const date = (name) => element('input', {
      type: 'date', id: name, ...limits,
      onchange: (event) => choose({ [name]: dayNumber(event.target.value) }),
    });
    this.from = date('from');
    this.to = date('to');
    this.radios = LEVELS.map(([value]) => element('input', {
      type: 'radio', name: 'level', id: `level_${value}`, value, onchange: () => choose({ level: value }),
    }));
    this.reset = element('button', { type: 'button', onclick: () => choose({ from: null, to: null, level: 'all' }) }, 'Show all');
    this.summary = element('span', { class: 'summary', role: 'status' });
    this.node = element('form', { class: 'filters', 'aria-label': 'What is shown', onsubmit: (event) => event.preventDefault() },
      element('span', { class: 'pair' }, element('label', { for: 'from' }, 'From'), this.from),
      element('span', { class: 'pair' }, element('label', { for: 'to' }, 'to'), this.to),
      element('fieldset', {}, element('legend', { class: 'unseen' }, 'User level'),
        LEVELS.map(([value, label], at) => [this.radios[at], element('label', { for: `level_${value}` }, label)]).flat()),
      this.reset, this.summary);
  }

  update(filter, isAll) {
    if (filter.from !== null) {
      this.from.value = dayText(filter.from);
      this.to.value = dayText(filter.to);
    }
    for (const radio of this.radios) radio.checked = radio.value === filter.level;
    this.reset.hidden = isAll;
    this.summary.textContent = filter.from === null ? '' : `${plural(filter.to - filter.from + 1, 'day')}, UTC`;
  }
}
