/** A run's events, each once and in its order, over as many connections as that takes. */

import * as api from "./api.js";
import { delay, onReturn, patientDelay } from "./patience.js";
import { Cut, LONGEST_SILENCE, events, within } from "./stream.js";

const LAST = new Set(["run.completed", "run.failed", "run.cancelled"]);
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** How often to reconnect with nothing gained before waiting for the reader's word. */
const TRIES = 8;
/** How often a question is sent before it counts as not sent. */
const ASKS = 4;
/** After this many milliseconds without a byte, a page that was out of sight connects anew. */
const QUIET = 5000;

/** The run is over, and nothing follows what was read. */
class Over extends Error {}

export class Following {
  runId = null;
  #resolve;
  /** Resolves to the run's id as soon as that is known. */
  known = new Promise((resolve) => (this.#resolve = resolve));
  #source;
  #seq = 0;
  #over = false;
  #tries = 0;
  #asks = ASKS;
  #life = new AbortController();
  #connection = null;
  #heard = 0;
  #hurry = false;
  #wake = null;

  /**
   * `runId` names a run that goes on already; otherwise `begin(signal)` sends what begins one, and
   * sends the same if called again. `reread()` shows what is stored where the run cannot be
   * followed, and resolves to false while that is still to come. `shows` is told of the
   * connection: `connected()`, `reconnecting()`, and `unreached(again, error)` when only the
   * reader can say whether to go on.
   */
  constructor(source) {
    this.#source = source;
    this.#is(source.runId);
    onReturn((lost) => this.#returned(lost), this.#life.signal);
  }

  get left() {
    return this.#life.signal.aborted;
  }

  /** Whether there is no connection right now. */
  get waiting() {
    return this.#wake !== null;
  }

  /** Reads no further; the run goes on. */
  leave() {
    this.#life.abort();
    if (!this.#over) this.#connection?.abort();
    this.hurry();
  }

  /** Tries at once what would be tried some time. */
  hurry() {
    this.#wake?.();
  }

  /** Whatever begins the run is not sent again. */
  askNoMore() {
    this.#asks = 0;
  }

  /**
   * Ends after the run's last event, when left, or when `reread` has shown the rest. Throws what
   * kept the run from beginning: ApiError or Unreachable.
   */
  async *events() {
    while (!this.left) {
      try {
        yield* this.#connected();
        if (this.#over) return;
        throw new Cut("The stream ended before the run.");
      } catch (error) {
        if (this.left || (await this.#settled(error))) return;
      }
    }
  }

  async *#connected() {
    const connection = (this.#connection = new AbortController());
    try {
      const response = await this.#open(connection.signal);
      this.#source.shows.connected();
      for await (const event of events(response, this.#listener())) {
        if (event.seq <= this.#seq) continue;
        if (event.seq > this.#seq + 1) throw new Cut("The stream lacks an event.");
        this.#take(event);
        yield event;
        if (this.#over) return;
      }
    } finally {
      if (!this.#over) connection.abort();
    }
  }

  async #open(signal) {
    this.#heard = Date.now();
    const response = await (this.runId
      ? within(LONGEST_SILENCE, api.following(this.runId, this.#seq, signal))
      : this.#source.begin(signal));
    this.#is(response.headers.get("x-run-id"));
    if (response.status === 204) throw new Over("Nothing follows.");
    return response;
  }

  /** The first piece is the stream's opening; whatever comes after it shows that the line holds. */
  #listener() {
    let pieces = 0;
    return () => {
      this.#heard = Date.now();
      if ((pieces += 1) > 1) this.#tries = 0;
    };
  }

  #take(event) {
    this.#is(event.run_id);
    this.#seq = event.seq;
    this.#over = LAST.has(event.type);
    this.#tries = 0;
  }

  #is(runId) {
    if (this.runId || !runId) return;
    this.runId = runId;
    this.#resolve(runId);
  }

  /** Whether a failure is the end of reading. If not, it is time for another try. */
  async #settled(error) {
    if (!foreseen(error) || (!this.runId && error instanceof api.ApiError)) throw error;
    if (passes(error)) return this.#pause(error);
    try {
      return (await this.#source.reread()) || (await this.#pause(new Cut("It goes on.")));
    } catch (other) {
      if (!foreseen(other)) throw other;
      return this.#pause(other);
    }
  }

  async #pause(error) {
    if (this.#hurry) return this.#hurried();
    const inVain = (this.#tries += this.runId && !navigator.onLine ? 0 : 1);
    if (!this.runId && inVain >= this.#asks) throw new api.Unreachable("Waypost cannot be reached.");
    const hopeless = !passes(error) || inVain > TRIES;
    if (hopeless) this.#source.shows.unreached(() => this.#again(), error);
    else this.#source.shows.reconnecting();
    await this.#sleep(hopeless ? null : this.#delay(inVain));
    return this.left;
  }

  #hurried() {
    this.#hurry = false;
    return this.left;
  }

  #delay(tries) {
    return this.runId ? patientDelay(tries) : delay(tries);
  }

  /** Waits so many milliseconds, or for as long as it takes, unless woken. */
  async #sleep(milliseconds) {
    let timer = 0;
    await new Promise((resolve) => {
      this.#wake = resolve;
      if (milliseconds !== null) timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    this.#wake = null;
  }

  #again() {
    this.#tries = 0;
    this.#source.shows.reconnecting();
    this.hurry();
  }

  #returned(lost) {
    if (this.#wake) return this.hurry();
    if (!lost && Date.now() - this.#heard < QUIET) return;
    this.#hurry = true;
    this.#connection?.abort();
  }
}

function passes(error) {
  if (error instanceof api.ApiError) return PASSING.has(error.status);
  return !(error instanceof Over);
}

/** Anything else is a mistake of this page. */
function foreseen(error) {
  const kinds = [api.ApiError, api.Unreachable, Cut, Over];
  return error.name === "AbortError" || kinds.some((kind) => error instanceof kind);
}
