/** One run, read onto its answer: to its end, or until somebody stops it. */

import * as api from "./api.js";
import { Following } from "./following.js";

export class Reading {
  #answer;
  #following;
  #began;
  #reread;

  /**
   * `source` is the `runId` of a run that goes on, or what is to `begin(signal)` one. `began()` is
   * called when it has. `reread(reading)` shows what is stored and resolves to whether it did.
   */
  constructor(answer, source, { began, reread }) {
    this.#answer = answer;
    this.#began = source.runId ? () => {} : began;
    this.#reread = () => reread(this);
    this.#following = new Following({ ...source, reread: this.#reread, shows: answer });
  }

  get runId() {
    return this.#following.runId;
  }

  get left() {
    return this.#following.left;
  }

  /** Reads no further; the run goes on. */
  leave() {
    this.#following.leave();
  }

  /** Throws what kept the run from beginning: ApiError or Unreachable. */
  async toItsEnd() {
    for await (const event of this.#following.events()) {
      if (this.left || (await this.#foundDead(event))) return;
      this.#answer.apply(event);
      if (event.type === "run.started") this.#began();
      if (event.type === "run.completed") this.#answer.readAloud();
    }
  }

  /** Has the run stopped, and reads on until it says so. */
  async stop() {
    const unknown = this.runId === null;
    if (unknown && (this.#answer.stopping || this.#following.waiting)) this.#giveUp();
    else if (!this.#answer.stopping) await this.#cancel();
  }

  /** Nobody can tell whether there is a run that could be stopped. */
  #giveUp() {
    this.leave();
    this.#answer.stopped();
  }

  async #cancel() {
    this.#answer.stop();
    this.#following.askNoMore();
    try {
      await api.cancel(await this.#following.known);
      this.#following.hurry();
    } catch (error) {
      if (!this.#answer.ended && !this.left) this.#answer.notStopped(error, () => this.stop());
    }
  }

  /**
   * Whether this says that the run's function died, and what is stored is shown. More may have
   * been said than was stored, and an answer is carried on from what was.
   */
  async #foundDead({ type, code }) {
    if (type !== "run.failed" || code !== "interrupted") return false;
    return this.#reread().catch(() => false);
  }
}
