// Keeps a page new that a server gave: asks which version there is, fetches it, says what it knows.

import { readDocument } from '../data/document.js';
import { element } from './dom.js';

const ASK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 20_000;

async function fetched(name) {
  const response = await fetch(name, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.text();
}

export class Live {
  /** `version`: of the data that the page has. */
  constructor(version) {
    this.version = version;
    this.node = element('p', { class: 'live', role: 'status' });
    this.say('Live: newer data is shown as soon as a run lands.');
  }

  say(text, isTrouble = false) {
    this.node.classList.toggle('warning', isTrouble);
    // Only what is new is read out.
    if (this.node.textContent !== text) this.node.textContent = text;
  }

  /** Gives every newer document to `show`. A page that nobody sees asks nothing. */
  follow(show) {
    const ask = async () => {
      clearTimeout(this.timer);
      if (document.hidden || this.is_asking) return;
      this.is_asking = true;
      await this.ask(show);
      this.is_asking = false;
      this.timer = setTimeout(ask, ASK_EVERY_MS);
    };
    document.addEventListener('visibilitychange', ask);
    this.timer = setTimeout(ask, ASK_EVERY_MS);
  }

  async ask(show) {
    try {
      let problem;
      const { version, trouble } = JSON.parse(await fetched('state.json'));
      if (version !== this.version) problem = this.take(await fetched('report.json'), show);
      if (problem !== undefined) this.say(problem, true);
      else if (trouble === null) this.say('Live: newer data is shown as soon as a run lands.');
      else this.say(`What is shown is no longer new: ${trouble}`, true);
    } catch {
      this.say('What is shown is no longer new: the server does not answer. Start “sparkify serve” again and open the address that it prints.', true);
    }
  }

  /** What is wrong with the document, if anything. */
  take(text, show) {
    const { document: newer, problem } = readDocument(text);
    if (problem !== undefined) return problem;
    this.version = newer.version;
    show(newer);
    return undefined;
  }
}
