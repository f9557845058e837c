/** The open thread: its answers, and the run that is being read. */

import { AnswerView } from "./answer.js";
import * as api from "./api.js";
import { h } from "./dom.js";
import { IdempotencyKeys } from "./idempotency_keys.js";
import { errorNotice } from "./notices.js";
import { LIVE_STATES, replayRun } from "./replay.js";
import { RunReader } from "./run_reader.js";

/** Error codes after which the thread is read again: it has changed elsewhere. */
const OUTDATED_CODES = new Set(["run_live", "not_continuable"]);

export class ConversationView {
  threadId = null;
  element = h("div", {
    class: "log",
    role: "log",
    "aria-live": "off",
    "aria-label": "Conversation",
  });
  #reader = null;
  #openCount = 0;
  #opening = null;
  #keys = new IdempotencyKeys();
  #callbacks;

  /**
   * `callbacks`: `selectedAgent()` is the id of the agent to ask, or null; `runStarted(threadId)`;
   * `setBusy(busy)`; `questionRejected(question, error)` when it did not become a run;
   * `questionPostponed(question)` when it has to wait for another; `showNote(text)`;
   * `threadOpened(thread)`, with null where that failed; and `welcome()`, which makes what is
   * shown before the first question.
   */
  constructor(callbacks) {
    this.#callbacks = callbacks;
  }

  get busy() {
    return this.#reader !== null;
  }

  /** Shows a thread that does not exist yet. */
  startNew() {
    this.#leave(null);
    this.element.removeAttribute("aria-busy");
    this.element.replaceChildren(this.#callbacks.welcome());
  }

  /** Reads a thread. One that is shown already stays where that fails. */
  open(threadId) {
    this.#opening = this.#open(threadId);
    return this.#opening;
  }

  async #open(threadId) {
    const shown = threadId === this.threadId && this.element.querySelector(".exchange") !== null;
    if (!shown) this.#leave(threadId);
    this.#openCount += 1;
    const open = this.#openCount;
    this.element.setAttribute("aria-busy", "true");
    try {
      const thread = await api.getThread(threadId);
      if (open !== this.#openCount) return;
      this.#show(thread);
      this.#callbacks.threadOpened(thread);
    } catch (error) {
      if (open === this.#openCount) this.#showOpenFailed(error, shown);
    } finally {
      if (open === this.#openCount) this.element.removeAttribute("aria-busy");
    }
  }

  /** Asks a question, and resolves when its answer has been read. `agentId` is null for the router. */
  async ask(question, agentId = this.#callbacks.selectedAgent()) {
    if (this.element.hasAttribute("aria-busy")) await this.#opening;
    if (this.busy) {
      this.#callbacks.questionPostponed(question);
      return;
    }
    this.#removeUnsent();
    const { threadId } = this;
    const key = this.#keys.keyFor(threadId, question, agentId);
    const start = (signal) => api.startRun(threadId, question, agentId, key, signal);
    await this.#read(this.#addAnswer(question), { start }, "Asking");
  }

  /** Asks for the run to be stopped; it is read until its last event. */
  stop() {
    return this.#reader?.stop();
  }

  async #continueRun(answer) {
    if (this.busy) return;
    this.#removeUnsent();
    const { runId } = answer;
    const key = this.#keys.keyFor("continue", runId);
    const start = (signal) => api.continueRun(runId, key, signal);
    await this.#read(answer, { start }, "Continuing");
  }

  /** Reads a run to its end. `source` has its `runId`, or a function that is to `start` it. */
  async #read(answer, source, activity) {
    const reader = new RunReader(answer, source, {
      started: () => this.#runStarted(answer),
      reload: () => this.#reload(reader),
    });
    this.#reader = reader;
    this.#callbacks.setBusy(true);
    answer.resume(activity);
    let failure = null;
    try {
      await reader.readToEnd();
    } catch (error) {
      failure = error;
    }
    this.#release(reader);
    if (failure) this.#handleStartFailure(answer, failure);
  }

  #runStarted({ threadId }) {
    this.#keys.forget();
    this.threadId = threadId;
    this.#callbacks.runStarted(threadId);
  }

  /** Lets the next question be asked. */
  #release(reader) {
    reader.leave();
    if (this.#reader === reader) this.#reader = null;
    this.#callbacks.setBusy(this.busy);
  }

  /** No run was started. Where another one is live, the thread is shown with it. */
  #handleStartFailure(answer, error) {
    if (answer.runId) this.#handleContinueFailure(answer, error);
    else if (error.code === "run_live") this.#postpone(answer);
    else if (answer.stopping && error instanceof api.NetworkError) answer.showStoppedEarly();
    else this.#reject(answer, error);
  }

  #handleContinueFailure(answer, error) {
    if (!OUTDATED_CODES.has(error.code)) {
      answer.showNotContinued(error);
      return;
    }
    this.#callbacks.showNote(error.message);
    this.open(answer.threadId);
  }

  #postpone(answer) {
    answer.element.remove();
    this.#callbacks.questionPostponed(answer.question);
    this.open(this.threadId);
  }

  #reject(answer, error) {
    answer.showRejected(error);
    answer.element.classList.add("unsent");
    this.#callbacks.questionRejected(answer.question, error);
  }

  /** Shows the stored thread in place of a run that cannot be streamed; false while it is live. */
  async #reload(reader) {
    const thread = await api.getThread(this.threadId);
    if (reader.left) return true;
    const run = thread.runs.find(({ id }) => id === reader.runId);
    if (!run) throw new api.ApiError(404, "run_not_found", "The run is no longer stored.", "");
    if (LIVE_STATES.has(run.state)) return false;
    this.#show(thread);
    return true;
  }

  #addAnswer(question) {
    const answer = new AnswerView(question, {
      ask: (text, agentId) => this.ask(text, agentId),
      continueRun: (one) => this.#continueRun(one),
    });
    this.element.append(answer.element);
    return answer;
  }

  /** Removes the welcome and whatever was not sent. */
  #removeUnsent() {
    for (const element of this.element.querySelectorAll(".welcome, .unsent")) element.remove();
  }

  #leave(threadId) {
    this.#reader?.leave();
    this.threadId = threadId;
    this.#openCount += 1;
  }

  #showOpenFailed(error, shown) {
    const retry = ["Try again", () => this.open(this.threadId)];
    const element = errorNotice(error, "This thread could not be opened.", [retry]);
    element.classList.add("unsent");
    this.#removeUnsent();
    if (!shown) this.element.replaceChildren();
    this.element.append(element);
    if (!shown) this.#callbacks.threadOpened(null);
  }

  #show({ runs, messages }) {
    this.#reader?.leave();
    const messagesById = new Map(messages.map((message) => [message.id, message]));
    const answersByRun = new Map();
    this.element.replaceChildren();
    for (const run of runs) {
      const question = messagesById.get(run.user_message_id);
      const answer =
        answersByRun.get(run.continues) ?? (question && this.#addAnswer(question.text));
      if (!answer) continue;
      answersByRun.set(run.id, answer);
      this.#showRun(answer, run, messagesById.get(run.message_id));
    }
  }

  #showRun(answer, run, message) {
    if (LIVE_STATES.has(run.state)) {
      this.#read(answer, { runId: run.id }, "Still being answered");
      return;
    }
    for (const event of replayRun(run, message)) answer.apply(event);
  }
}
