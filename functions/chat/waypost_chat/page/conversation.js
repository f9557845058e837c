/** The open thread: its answers, and the run that is being read. */

import * as api from "./api.js";
import { Answer } from "./answer.js";
import { h } from "./dom.js";
import { Keys } from "./keys.js";
import { errorNotice } from "./notices.js";
import { Reading } from "./reading.js";
import { LIVE, eventsOf } from "./replay.js";

/** Refusals that say that the thread is not as it is shown here. */
const GONE_ON = new Set(["run_live", "not_continuable"]);

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
  #opening = null;
  #keys = new Keys();
  #hooks;

  /**
   * `hooks`: `agent()` says which one is to answer, or null; `began(threadId)` when a run has
   * started, `busy(is)`, `refused(question, error)` when a question did not become a run,
   * `held(question)` when it has to wait for another, `noted(text)`, `opened(thread)` when one was
   * read (null where it failed), and `empty()`, which makes what is shown before the first
   * question.
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
    this.element.removeAttribute("aria-busy");
    this.element.replaceChildren(this.#hooks.empty());
  }

  /** Reads a thread. One that is shown already stays where that fails. */
  open(threadId) {
    return (this.#opening = this.#open(threadId));
  }

  async #open(threadId) {
    const shown = threadId === this.threadId && this.element.querySelector(".exchange") !== null;
    const turn = shown ? (this.#opened += 1) : this.#leave(threadId);
    this.element.setAttribute("aria-busy", "true");
    try {
      const thread = await api.thread(threadId);
      if (turn !== this.#opened) return;
      this.#show(thread);
      this.#hooks.opened(thread);
    } catch (error) {
      if (turn === this.#opened) this.#notOpened(error, shown);
    } finally {
      if (turn === this.#opened) this.element.removeAttribute("aria-busy");
    }
  }

  /** Asks, and resolves when there is nothing more to read. */
  async ask(question) {
    if (this.element.hasAttribute("aria-busy")) await this.#opening;
    if (this.busy) return this.#hooks.held(question);
    this.#clear();
    const { threadId } = this;
    const agent = this.#hooks.agent();
    const key = this.#keys.of(threadId, question, agent);
    const begin = (signal) => api.ask(threadId, question, agent, key, signal);
    await this.#read(this.#answer(question), { begin }, "Asking");
  }

  /** Stops the run that is being read; it is read on until it says so. */
  stop() {
    return this.#reading?.stop();
  }

  async #goOn(answer) {
    if (this.busy) return;
    this.#clear();
    const { runId } = answer;
    const key = this.#keys.of("continue", runId);
    const begin = (signal) => api.goOn(runId, key, signal);
    await this.#read(answer, { begin }, "Continuing");
  }

  /** Reads a run to its end. `source` is its `runId`, or what is to `begin` it. */
  async #read(answer, source, doing) {
    const began = () => this.#began(answer);
    const reread = (reading) => this.#reread(reading);
    const reading = (this.#reading = new Reading(answer, source, { began, reread }));
    this.#hooks.busy(true);
    answer.goesOn(doing);
    let problem = null;
    try {
      await reading.toItsEnd();
    } catch (error) {
      problem = error;
    }
    this.#release(reading);
    if (problem) this.#refused(answer, problem);
  }

  #began({ threadId }) {
    this.#keys.done();
    this.threadId = threadId;
    this.#hooks.began(threadId);
  }

  /** Lets the next question be asked. */
  #release(reading) {
    reading.leave();
    if (this.#reading === reading) this.#reading = null;
    this.#hooks.busy(this.busy);
  }

  /** No run began. Where another one is in the way, the thread as it is now shows it. */
  #refused(answer, error) {
    if (answer.runId) this.#notContinued(answer, error);
    else if (error.code === "run_live") this.#held(answer);
    else if (answer.stopping && error instanceof api.Unreachable) answer.stopped();
    else this.#notAsked(answer, error);
  }

  #notContinued(answer, error) {
    if (!GONE_ON.has(error.code)) return answer.notContinued(error);
    this.#hooks.noted(error.message);
    this.open(answer.threadId);
  }

  #held(answer) {
    answer.element.remove();
    this.#hooks.held(answer.question);
    this.open(this.threadId);
  }

  #notAsked(answer, error) {
    answer.refused(error);
    answer.element.classList.add("unsent");
    this.#hooks.refused(answer.question, error);
  }

  /** Whether what is stored could be shown in place of a run that cannot be followed. */
  async #reread(reading) {
    const thread = await api.thread(this.threadId);
    if (reading.left) return true;
    const run = thread.runs.find(({ id }) => id === reading.runId);
    if (!run) throw new api.ApiError(404, "run_not_found", "The run is no longer kept.", "");
    if (LIVE.has(run.state)) return false;
    this.#show(thread);
    return true;
  }

  #answer(question) {
    const does = { again: (text) => this.ask(text), goOn: (answer) => this.#goOn(answer) };
    const answer = new Answer(question, does);
    this.element.append(answer.element);
    return answer;
  }

  /** Takes away what was never asked. */
  #clear() {
    for (const old of this.element.querySelectorAll(".empty, .unsent")) old.remove();
  }

  #leave(threadId) {
    this.#reading?.leave();
    this.threadId = threadId;
    return (this.#opened += 1);
  }

  #notOpened(error, shown) {
    const again = ["Try again", () => this.open(this.threadId)];
    const said = errorNotice(error, "This thread could not be opened.", [again]);
    said.classList.add("unsent");
    this.#clear();
    if (!shown) this.element.replaceChildren();
    this.element.append(said);
    if (!shown) this.#hooks.opened(null);
  }

  #show({ runs, messages }) {
    this.#reading?.leave();
    const byId = new Map(messages.map((message) => [message.id, message]));
    const answers = new Map();
    this.element.replaceChildren();
    for (const run of runs) {
      const question = byId.get(run.user_message_id);
      const answer = answers.get(run.continues) ?? (question && this.#answer(question.text));
      if (!answer) continue;
      answers.set(run.id, answer);
      this.#tell(answer, run, byId.get(run.message_id));
    }
  }

  #tell(answer, run, message) {
    if (LIVE.has(run.state)) {
      this.#read(answer, { runId: run.id }, "Still being answered");
      return;
    }
    for (const event of eventsOf(run, message)) answer.apply(event);
  }
}
