// One answer on the page: its sentence, its chart, and what stands behind it.

import { drawChart, legendOf } from '../charts/index.js';
import { plain } from '../data/text.js';
import { element, sentence } from './dom.js';
import { pictureOf, save, saveCsv } from './download.js';
import { tableOf } from './table.js';

/** Widths on paper (A4), in CSS pixels: the page does not tell them before it is printed. */
const PRINT_PX = { wide: 676, narrow: 318 };

const WIDTH_MIN_PX = 200;

function legendItem({ label, colour, from, to }) {
  if (from !== undefined) return element('li', { class: 'ramp' }, from, element('span', { 'aria-hidden': 'true' }), to);
  return element('li', {}, element('span', { class: `key ${colour}`, 'aria-hidden': 'true' }), element('bdi', {}, label));
}

export class Card {
  /**
   * `view`   what it shows; `analysis` where it comes from
   * `page`   { source(): text under pictures, focus(what), is_printing }
   */
  constructor(view, analysis, page) {
    this.view = view;
    this.analysis = analysis;
    this.page = page;
    this.open = null;
    this.width = 0;
    this.heading = element('h3', { id: `${view.id}_title` });
    this.subtitle = element('p', { class: 'subtitle' }, view.subtitle);
    this.legend = element('ul', { class: 'legend' });
    this.picture = element('div', { class: 'chart' });
    this.note = element('p', { class: 'note' });
    this.panel = element('div', { class: 'panel', id: `${view.id}_panel` });
    this.tools = element('div', { class: 'tools' });
    this.node = element('section', {
      class: ['card', view.wide ? 'wide' : '', view.third ? 'third' : ''].join(' ').trim(), id: view.id, 'aria-labelledby': `${view.id}_title`,
    }, this.heading, this.subtitle, this.legend, this.picture, this.note, this.tools, this.panel);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.picture);
  }

  /** Shows a model, or that there is nothing to show (null). */
  update(model) {
    this.model = model;
    this.heading.replaceChildren(...sentence(model?.answer ?? [`Nothing to show: ${this.nothing()}`]));
    this.node.classList.toggle('empty', model === null);
    const notes = [model?.note, this.analysis.note || (this.analysis.truncated ? 'Rows were left out, so that the page stays small.' : '')];
    this.note.textContent = notes.filter((text) => text).join(' ');
    const legend = model === null ? [] : legendOf(model.chart);
    this.legend.replaceChildren(...legend.map(legendItem));
    this.draw();
    this.updateTools();
  }

  nothing() {
    const title = this.view.subtitle || this.analysis.title;
    return `${title.charAt(0).toLowerCase()}${title.slice(1)}`;
  }

  updateTools() {
    const names = this.model === null ? ['Definition', 'SQL'] : ['Definition', 'SQL', 'Table'];
    if (!names.includes(this.open)) this.open = null;
    const hasPicture = this.model !== null && this.picture.querySelector('svg') !== null;
    this.tools.replaceChildren(
      ...names.map((name) => this.toggle(name)),
      ...(this.model === null ? [] : [this.action('CSV', () => saveCsv(this.view.id, this.model.table))]),
      ...(hasPicture ? [this.action('PNG', () => this.savePicture())] : []),
      ...(this.model?.focuses?.length > 0 ? [this.picker()] : []));
    this.showPanel();
  }

  action(name, act) {
    return element('button', { type: 'button', 'aria-label': `${name}: ${this.label()}`, onclick: act }, name);
  }

  label() {
    return this.view.subtitle || this.analysis.title;
  }

  toggle(name) {
    const is_open = this.open === name;
    return element('button', {
      type: 'button', 'aria-expanded': String(is_open), 'aria-controls': this.panel.id,
      'aria-label': `${name}: ${this.label()}`,
      onclick: () => {
        this.open = is_open ? null : name;
        this.updateTools();
        [...this.tools.children].find((node) => node.textContent === name).focus();
      },
    }, name);
  }

  /** The way to a trend that needs no mouse. */
  picker() {
    const { focuses } = this.model;
    const options = focuses.map(({ label }, at) => element('option', { value: String(at) }, label));
    return element('select', {
      'aria-label': `Trend of one of: ${this.label()}`,
      onchange: (event) => this.page.focus(focuses[Number(event.target.value)].focus),
    }, element('option', { value: '', disabled: true, selected: true }, 'Trend of…'), options);
  }

  showPanel() {
    const content = {
      Definition: () => [element('p', { dir: 'auto' }, this.analysis.definition || 'This analysis has no definition.')],
      SQL: () => [element('pre', { tabindex: '0', role: 'region', 'aria-label': `SQL: ${this.label()}` }, element('code', {}, this.analysis.sql))],
      Table: () => [tableOf(this.model.table, this.label())],
    }[this.open];
    this.panel.replaceChildren(...(content?.() ?? []));
    this.panel.hidden = content === undefined;
  }

  availableWidth() {
    if (this.page.is_printing) return this.view.wide || this.view.third ? PRINT_PX.wide : PRINT_PX.narrow;
    const width = Math.floor(this.picture.clientWidth);
    // A window that is only being made can be one pixel wide; a smaller picture is scaled down.
    return width > 0 ? Math.max(width, WIDTH_MIN_PX) : 0;
  }

  fit() {
    const width = this.availableWidth();
    if (width > 0 && width !== this.width) this.draw();
  }

  draw() {
    this.width = this.availableWidth();
    this.picture.replaceChildren();
    if (!this.model || this.width <= 0) return;
    const { chart } = this.model;
    if (chart.kind === 'big') {
      this.picture.append(element('p', { class: 'big' }, chart.value));
      return;
    }
    if (chart.kind === 'table') {
      this.picture.append(tableOf(this.model.table, this.label()));
      return;
    }
    const drawn = drawChart(chart, this.width, `${this.label()}. ${plain(this.model.answer)}`);
    this.picture.append(drawn.svg);
    if (drawn.rowAt !== undefined) this.letPick(drawn);
  }

  letPick({ svg, rowAt }) {
    const rowOf = (event) => rowAt(event.clientY - svg.getBoundingClientRect().top);
    if (!this.model.chart.rows.some((row) => row.focus !== undefined)) return;
    svg.classList.add('can-pick');
    svg.addEventListener('click', (event) => {
      const focus = rowOf(event)?.focus;
      if (focus !== undefined) this.page.focus(focus);
    });
  }

  async savePicture() {
    const blob = await pictureOf(this.picture.querySelector('svg'), {
      answer: this.model.answer, subtitle: this.label(), legend: legendOf(this.model.chart), source: this.page.source(),
    });
    save(`${this.view.id}.png`, blob);
  }
}
