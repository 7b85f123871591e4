// Keeps a page new that a server gave: asks which version there is, fetches it, says what it knows.

import { readDocument } from '../data/document.js';
import { element } from './dom.js';

const ASK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 20_000;
const NEW = 'Live: newer data is shown soon after a run lands.';

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
    this.say(NEW);
  }

  say(text, isTrouble = false) {
    this.node.classList.toggle('warning', isTrouble);
    // Only what is new is read out.
    if (this.node.textContent !== text) this.node.textContent = text;
  }

  /**
   * Gives every newer document to `page.take`. A page that nobody sees asks nothing, and nothing is
   * taken away from under somebody who types (`page.is_busy`).
   */
  follow(page) {
    const ask = async () => {
      clearTimeout(this.timer);
      if (document.hidden || this.is_asking) return;
      this.is_asking = true;
      this.tell(await this.ask(page));
      this.is_asking = false;
      this.timer = setTimeout(ask, ASK_EVERY_MS);
    };
    document.addEventListener('visibilitychange', ask);
    this.timer = setTimeout(ask, ASK_EVERY_MS);
  }

  tell(trouble) {
    if (trouble === null) this.say(NEW);
    else this.say(`What is shown is no longer new: ${trouble}`, true);
  }

  /** What is wrong, or null. */
  async ask(page) {
    let state;
    let text = null;
    try {
      state = JSON.parse(await fetched('state.json'));
      if (state.version !== this.version && !page.is_busy()) text = await fetched('report.json');
    } catch {
      return 'the server does not answer. If it has ended, start “sparkify serve” again and open the address that it prints.';
    }
    if (text === null) return state.trouble;
    const { document: newer, problem } = readDocument(text);
    if (problem !== undefined) return problem;
    page.take(newer);
    this.version = newer.version;
    return state.trouble;
  }
}
