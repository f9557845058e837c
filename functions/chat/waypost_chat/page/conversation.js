/** The open thread: its answers, the question that is being asked, and what is read again. */

import * as api from "./api.js";
import { Answer } from "./answer.js";
import { announce, h } from "./dom.js";
import { errorNotice } from "./notices.js";
import { LIVE, eventsOf } from "./replay.js";
import { events } from "./stream.js";

const POLL = 2000;
/** No run outlives its invocation, which lasts 15 minutes at most. */
const LONGEST_RUN = 16 * 60_000;

export class Conversation {
  threadId = null;
  element = h("div", {
    class: "log",
    role: "log",
    "aria-live": "off",
    "aria-label": "Conversation",
  });
  #reading = null;
  #opened = 0;
  #hooks;

  /**
   * `hooks`: `began(threadId)` when a run has started, `busy(is)`, `refused(question)` when a
   * question did not become a run, `opened(thread)` when one was read (null where it failed),
   * and `empty()`, which makes what is shown before the first question.
   */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get busy() {
    return this.#reading !== null;
  }

  /** A thread that does not exist yet. */
  begin() {
    this.#leave(null);
    this.element.replaceChildren(this.#hooks.empty());
  }

  async open(threadId) {
    const turn = this.#leave(threadId);
    this.element.setAttribute("aria-busy", "true");
    try {
      const thread = await api.thread(threadId);
      if (turn !== this.#opened) return;
      this.#show(thread);
      this.#hooks.opened(thread);
    } catch (error) {
      if (turn !== this.#opened) return;
      const again = ["Try again", () => this.open(threadId)];
      this.element.replaceChildren(errorNotice(error, "This thread could not be opened.", [again]));
      this.#hooks.opened(null);
    } finally {
      if (turn === this.#opened) this.element.removeAttribute("aria-busy");
    }
  }

  /** Stops reading; the run itself goes on. */
  stop() {
    this.#reading?.abort();
  }

  /** Asks, and resolves when there is nothing more to read. */
  async ask(question) {
    if (this.busy || !question.trim()) return;
    for (const old of this.element.querySelectorAll(".empty, .unsent")) old.remove();
    const answer = this.#answer(question);
    const reading = (this.#reading = new AbortController());
    this.#hooks.busy(true);
    try {
      await this.#read(answer, reading);
      if (!answer.ended) answer.cut();
    } catch (error) {
      this.#broke(answer, error, reading.signal);
    } finally {
      this.#release(reading);
    }
  }

  /** Lets the next question be asked. */
  #release(reading) {
    if (this.#reading === reading) this.#reading = null;
    this.#hooks.busy(this.busy);
  }

  async #read(answer, reading) {
    const { signal } = reading;
    const response = await api.ask(this.threadId, answer.question, signal);
    for await (const event of events(response)) {
      answer.apply(event);
      // The run is over with this event, whenever the stream's last bytes come.
      if (answer.ended) this.#release(reading);
      if (event.type !== "run.started" || signal.aborted) continue;
      this.threadId = answer.threadId;
      this.#hooks.began(answer.threadId);
    }
  }

  #broke(answer, error, signal) {
    if (signal.aborted) {
      answer.stopped();
    } else if (error instanceof api.ApiError || error instanceof api.Unreachable) {
      answer.refused(error);
      answer.element.classList.add("unsent");
      this.#hooks.refused(answer.question);
    } else {
      answer.cut();
    }
  }

  #answer(question) {
    const does = {
      again: (text) => this.ask(text),
      reload: () => this.open(this.threadId),
    };
    const answer = new Answer(question, does);
    this.element.append(answer.element);
    return answer;
  }

  #leave(threadId) {
    this.stop();
    this.threadId = threadId;
    return (this.#opened += 1);
  }

  #show({ runs, messages }) {
    const byId = new Map(messages.map((message) => [message.id, message]));
    this.element.replaceChildren();
    for (const run of runs) {
      const question = byId.get(run.user_message_id);
      if (question) this.#tell(this.#answer(question.text), run, byId.get(run.message_id));
    }
    announce("");
  }

  #tell(answer, run, message) {
    const live = LIVE.has(run.state);
    const lost = live && Date.now() - new Date(run.created_at) > LONGEST_RUN;
    for (const event of eventsOf(lost ? { ...run, state: "interrupted" } : run, message))
      answer.apply(event);
    if (!live || lost) return;
    answer.pending();
    setTimeout(() => this.#look(answer, run.id, this.#opened), POLL);
  }

  /** Whether a run that nobody streams is over by now. */
  async #look(answer, runId, turn) {
    if (turn !== this.#opened || !answer.element.isConnected) return;
    try {
      const { output, ...run } = await api.run(runId);
      if (turn !== this.#opened) return;
      const fresh = this.#answer(answer.question);
      answer.element.replaceWith(fresh.element);
      this.#tell(fresh, run, output);
    } catch {
      setTimeout(() => this.#look(answer, runId, turn), 2 * POLL);
    }
  }
}
