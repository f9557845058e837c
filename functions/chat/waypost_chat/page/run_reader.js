/** Reads one run onto its answer: to its end, or until it is stopped or left. */

import { cancelRun } from "./api.js";
import { ResumableStream } from "./resumable_stream.js";

export class RunReader {
  #answer;
  #stream;
  #callbacks;

  /**
   * `source` has the `runId` of a run that exists already, or `start(signal)`. `started()` is
   * called when a run was started; `reload()` shows what is stored, and resolves to whether it
   * could.
   */
  constructor(answer, source, { started, reload }) {
    this.#answer = answer;
    this.#callbacks = { started: source.runId ? () => {} : started, reload };
    this.#stream = new ResumableStream({ ...source, reload, view: answer });
  }

  get runId() {
    return this.#stream.runId;
  }

  get left() {
    return this.#stream.left;
  }

  /** Reads no further; the run goes on. */
  leave() {
    this.#stream.leave();
  }

  /** Throws ApiError or NetworkError where no run was started. */
  async readToEnd() {
    for await (const event of this.#stream.events()) {
      if (this.left || (await this.#reloadedAfterCrash(event))) return;
      this.#answer.apply(event);
      if (event.type === "run.started") this.#callbacks.started();
      if (event.type === "run.completed") this.#answer.announceAnswer();
    }
  }

  /** Cancels the run, and reads it to its end. A second call gives up a run without an id. */
  async stop() {
    const unknown = this.runId === null;
    if (unknown && (this.#answer.stopping || this.#stream.waiting)) this.#giveUp();
    else if (!this.#answer.stopping) await this.#cancel();
  }

  #giveUp() {
    this.leave();
    this.#answer.showStoppedEarly();
  }

  async #cancel() {
    this.#answer.showStopping();
    this.#stream.stopStarting();
    try {
      await cancelRun(await this.#stream.runIdKnown);
      this.#stream.retryNow();
    } catch (error) {
      if (!this.#answer.ended && !this.left) this.#answer.showStopFailed(error, () => this.stop());
    }
  }

  /**
   * After a crash more may have been streamed than was stored, and an answer is continued from
   * what was stored: so that is shown.
   */
  async #reloadedAfterCrash({ type, code }) {
    if (type !== "run.failed" || code !== "interrupted") return false;
    return this.#callbacks.reload().catch(() => false);
  }
}
