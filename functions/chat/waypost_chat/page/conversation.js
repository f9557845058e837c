/** The open thread: its answers, and the run that is being read. */

import * as api from "./api.js";
import { Answer } from "./answer.js";
import { h } from "./dom.js";
import { Following } from "./following.js";
import { Keys } from "./keys.js";
import { errorNotice } from "./notices.js";
import { LIVE, eventsOf } from "./replay.js";

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
  #keys = new Keys();
  #hooks;

  /**
   * `hooks`: `began(threadId)` when a run has started, `busy(is)`, `refused(question)` when a
   * question did not become a run, `held(question)` when it has to wait for another,
   * `noted(text)`, `opened(thread)` when one was read (null where it failed), and `empty()`, which
   * makes what is shown before the first question.
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

  /** Reads a thread. One that is shown already stays where that fails. */
  async open(threadId) {
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
    if (this.busy || !question.trim()) return;
    this.#clear();
    const { threadId } = this;
    const key = this.#keys.of(threadId, question);
    const begin = (signal) => api.ask(threadId, question, key, signal);
    await this.#follow(this.#answer(question), { begin }, "Asking");
  }

  /** Stops the run that is being read; it is read on until it says so. */
  async stop() {
    if (!this.#reading) return;
    const { answer, following } = this.#reading;
    if (!following.runId && (answer.stopping || following.waiting)) {
      following.leave();
      answer.stopped();
    } else if (!answer.stopping) {
      answer.stop();
      following.askNoMore();
      await this.#cancel(answer, following);
    }
  }

  async #cancel(answer, following) {
    try {
      await api.cancel(await following.known);
      following.hurry();
    } catch (error) {
      if (!answer.ended && !following.left) answer.notStopped(error, () => this.stop());
    }
  }

  async #goOn(answer) {
    if (this.busy) return;
    this.#clear();
    const { runId } = answer;
    const key = this.#keys.of("continue", runId);
    const begin = (signal) => api.goOn(runId, key, signal);
    await this.#follow(answer, { begin }, "Continuing");
  }

  /** Reads a run to its end. `source` is its `runId`, or what is to `begin` it. */
  async #follow(answer, source, doing) {
    const reread = () => this.#reread(following);
    const following = new Following({ ...source, reread, shows: answer });
    this.#reading = { answer, following };
    this.#hooks.busy(true);
    answer.goesOn(doing);
    let problem = null;
    try {
      await this.#read(answer, following);
    } catch (error) {
      problem = error;
    }
    this.#release(following);
    if (problem) this.#refused(answer, problem);
  }

  async #read(answer, following) {
    const known = following.runId;
    for await (const event of following.events()) {
      if (following.left || (await this.#foundDead(event, following))) return;
      answer.apply(event);
      if (event.type === "run.started" && !known) this.#began(answer);
      if (event.type === "run.completed") answer.readAloud();
    }
  }

  /**
   * Whether this says that the run's function died, and what is stored is shown. More may have
   * been said than was stored, and an answer is carried on from what was.
   */
  async #foundDead({ type, code }, following) {
    if (type !== "run.failed" || code !== "interrupted") return false;
    return this.#reread(following).catch(() => false);
  }

  #began({ threadId }) {
    this.#keys.done();
    this.threadId = threadId;
    this.#hooks.began(threadId);
  }

  /** Lets the next question be asked. */
  #release(following) {
    following.leave();
    if (this.#reading?.following === following) this.#reading = null;
    this.#hooks.busy(this.busy);
  }

  #refused(answer, error) {
    const { code, message } = error;
    if (answer.stopping && error instanceof api.Unreachable && !answer.runId) {
      answer.stopped();
    } else if (answer.runId && ["run_live", "not_continuable"].includes(code)) {
      this.#hooks.noted(message);
      this.open(answer.threadId);
    } else if (answer.runId) {
      answer.notContinued(error);
    } else if (code === "run_live") {
      answer.element.remove();
      this.#hooks.held(answer.question);
      this.open(this.threadId);
    } else {
      answer.refused(error);
      answer.element.classList.add("unsent");
      this.#hooks.refused(answer.question);
    }
  }

  /** Whether what is stored could be shown in place of a run that cannot be followed. */
  async #reread(following) {
    const thread = await api.thread(this.threadId);
    if (following.left) return true;
    const run = thread.runs.find(({ id }) => id === following.runId);
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
    this.#reading?.following.leave();
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
    this.#reading?.following.leave();
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
    if (LIVE.has(run.state))
      return this.#follow(answer, { runId: run.id }, "Still being answered");
    for (const event of eventsOf(run, message)) answer.apply(event);
  }
}
