// Where the page begins: reads the document that the program put in, and shows it.

import { readDocument } from './data/document.js';
import { Live } from './ui/live.js';
import { Page } from './ui/page.js';
import { element } from './ui/dom.js';
import { Report } from './views/index.js';

function start() {
  const root = document.getElementById('page');
  const { document: data, problem } = readDocument(document.getElementById('report-data').textContent);
  if (problem !== undefined) {
    root.replaceChildren(element('main', {}, element('h1', {}, 'Sparkify'), element('p', { role: 'alert' }, problem)));
    return;
  }
  if (!data.live) {
    new Page(new Report(data), root);
    return;
  }
  const live = new Live(data.version);
  const page = new Page(new Report(data), root, live);
  live.follow({
    take: (newer) => page.take(new Report(newer)),
    is_busy: () => document.activeElement?.type === 'date',
  });
}

start();
