// The whole page: banner, filters, cards by section, and the trend of what the reader picked.

import { dayText } from '../data/dates.js';
import { instant } from '../data/text.js';
import { parseState, stateText } from '../data/url_state.js';
import { bannerOf } from './banner.js';
import { Card } from './card.js';
import { element } from './dom.js';
import { Filters } from './filters.js';

const EMPTY = 'The warehouse holds no plays yet. Load logs with “sparkify etl”';

export class Page {
  /** `live`: what is said of a page that a server keeps new, or null. */
  constructor(report, root, live = null) {
    this.root = root;
    this.live = live;
    this.is_printing = false;
    this.cards = [];
    this.trend = null;
    this.trendPlace = element('div', { class: 'cards trend', hidden: true });
    this.state = parseState(location.hash);
    this.take(report);
    addEventListener('hashchange', () => this.show(parseState(location.hash)));
    addEventListener('beforeprint', () => this.print(true));
    addEventListener('afterprint', () => this.print(false));
  }

  /** Shows a report in place of the one before; what the reader had opened stays open. */
  take(report) {
    const opened = new Map(this.cards.map((card) => [card.view.id, card.open]));
    for (const card of this.cards) card.observer.disconnect();
    this.report = report;
    this.filters = new Filters(report.range, (change) => this.choose(change));
    this.cards = report.views().map((view) =>
      new Card(view, report.tables.get(view.analysis).analysis, this));
    for (const card of this.cards) card.open = opened.get(card.view.id) ?? null;
    const focused = document.activeElement?.id;
    const { scrollX, scrollY } = globalThis;
    this.root.replaceChildren(this.header(), this.filters.node, ...this.sections(), this.footer());
    this.show(this.state);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    scrollTo(scrollX, scrollY);
  }

  header() {
    const { document: doc } = this.report;
    return element('header', {},
      element('h1', {}, 'Sparkify'),
      element('p', { class: 'where' }, element('bdi', {}, doc.warehouse), ` · as of ${instant(doc.generated_at)} · ${doc.program}`),
      ...(this.live === null ? [] : [this.live.node]),
      bannerOf(doc));
  }

  sections() {
    // Without plays only users' own analyses can have something to show.
    const cards = this.cards.filter((card) => this.report.range !== null || card.analysis.is_custom);
    const names = [...new Set(cards.map((card) => card.view.section))];
    const empty = this.report.range === null ? [element('p', { class: 'empty-page', role: 'status' }, EMPTY + (this.live === null ? ', then make this page again.' : '; this page will show them.'))] : [];
    return [element('main', {}, ...empty, this.trendPlace, ...names.map((name) => element('div', { class: 'section' },
      element('h2', {}, name),
      element('div', { class: 'cards' }, cards.filter((card) => card.view.section === name).map((card) => card.node)))))];
  }

  footer() {
    return element('footer', {}, element('p', {},
      'All times are UTC. Each card tells its definition, its SQL and its rows. Made by sparkify; charts by Observable Plot.'));
  }

  source() {
    const { filter } = this.report.context(this.state);
    const level = filter.level === 'all' ? '' : `, ${filter.level} users`;
    return `sparkify · ${dayText(filter.from)} to ${dayText(filter.to)}${level} · UTC`;
  }

  choose(change) {
    const next = { ...this.state, ...change };
    const { range } = this.report;
    // The whole range is not written down: tomorrow's page shows tomorrow's whole.
    if (next.from === range?.first) next.from = null;
    if (next.to === range?.last) next.to = null;
    history.pushState(null, '', stateText(next) || location.pathname + location.search);
    this.show(next);
  }

  focus(what) {
    this.choose({ focus: what });
    if (what === null || this.trend === null) return;
    this.trend.node.scrollIntoView({ block: 'center' });
    this.trend.heading.setAttribute('tabindex', '-1');
    this.trend.heading.focus({ preventScroll: true });
  }

  show(state) {
    this.state = state;
    const context = this.report.context(state);
    this.filters.update(context.filter, context.whole && state.level === 'all');
    for (const card of this.cards) card.update(this.report.model(card.view, state));
    this.showTrend();
  }

  showTrend() {
    const found = this.report.trend(this.state);
    const parent = found === null ? null : this.cards.find((card) => card.view === found.view);
    const opened = this.trend?.open ?? null;
    this.trend?.observer.disconnect();
    this.trendPlace.hidden = found === null;
    this.trend = found === null ? null : new Card(
      { ...found.view, id: 'trend', wide: true, subtitle: this.trendSubtitle(found.view) }, found.table.analysis, this);
    if (this.trend === null) return;
    this.trend.open = opened;
    this.trendPlace.replaceChildren(this.trend.node);
    parent.node.closest('.section').querySelector('h2').after(this.trendPlace);
    this.trend.update(found.model);
    this.trend.node.append(element('button', {
      type: 'button', class: 'close', onclick: () => {
        this.focus(null);
        parent.heading.scrollIntoView({ block: 'center' });
      },
    }, 'Close the trend'));
  }

  trendSubtitle(view) {
    return { top_songs: 'Plays of one song over time', top_artists: 'Plays of one artist over time' }[view.id] ??
      'Plays of one user level over time';
  }

  print(is_printing) {
    this.is_printing = is_printing;
    document.documentElement.classList.toggle('printing', is_printing);
    for (const card of [...this.cards, ...(this.trend === null ? [] : [this.trend])]) card.draw();
  }
}
