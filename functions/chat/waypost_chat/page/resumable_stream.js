/** A run's events, each once and in order, over as many connections as that takes. */

import * as api from "./api.js";
import { backoffDelay, onResume, reconnectDelay } from "./backoff.js";
import { readEvents, SILENCE_TIMEOUT_MS, StreamError, withTimeout } from "./sse.js";

const TERMINAL_EVENTS = new Set(["run.completed", "run.failed", "run.cancelled"]);
const RETRYABLE_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Reconnections without a new event before the reader is asked. */
const MAX_RECONNECTS = 8;
/** How often a question is sent before it counts as not sent. */
const MAX_START_ATTEMPTS = 4;
/** Milliseconds without a byte after which a page that was out of sight reconnects. */
const STALE_AFTER_MS = 5000;

/** The run has ended, and there are no events after the last one read. */
class RunEnded extends Error {}

export class ResumableStream {
  runId = null;
  #resolveRunId;
  /** Resolves to the run's id as soon as it is known. */
  runIdKnown = new Promise((resolve) => {
    this.#resolveRunId = resolve;
  });
  #source;
  #lastSeq = 0;
  #ended = false;
  #failures = 0;
  #maxStartAttempts = MAX_START_ATTEMPTS;
  #lifetime = new AbortController();
  #connection = null;
  #lastChunkAt = 0;
  #reconnectNow = false;
  #wake = null;

  /**
   * `source.runId` names a run that exists already, else `source.start(signal)` starts one, and
   * attaches to the same one if called again. `source.reload()` shows what is stored where the run
   * cannot be streamed, and resolves to false while the run is live. `source.view` is told about
   * the connection: `showConnected()`, `showReconnecting()`, and `showDisconnected(retry, error)`
   * when only the reader can decide whether to go on.
   */
  constructor(source) {
    this.#source = source;
    this.#setRunId(source.runId);
    onResume((connectionsLost) => this.#resumed(connectionsLost), this.#lifetime.signal);
  }

  get left() {
    return this.#lifetime.signal.aborted;
  }

  /** Whether it is waiting before the next try. */
  get waiting() {
    return this.#wake !== null;
  }

  /** Reads no further; the run goes on. */
  leave() {
    this.#lifetime.abort();
    if (!this.#ended) this.#connection?.abort();
    this.retryNow();
  }

  /** Ends the wait before the next try. */
  retryNow() {
    this.#wake?.();
  }

  /** Does not send again what starts the run. */
  stopStarting() {
    this.#maxStartAttempts = 0;
  }

  /**
   * Ends after the run's last event, when left, or when `reload` has shown the rest. Throws
   * ApiError or NetworkError where no run was started.
   */
  async *events() {
    while (!this.left) {
      try {
        yield* this.#readConnection();
        if (this.#ended) return;
        throw new StreamError("The stream ended before the run.");
      } catch (error) {
        if (this.left || (await this.#handleFailure(error))) return;
      }
    }
  }

  async *#readConnection() {
    const connection = new AbortController();
    this.#connection = connection;
    try {
      const response = await this.#connect(connection.signal);
      this.#source.view.showConnected();
      for await (const event of readEvents(response, this.#chunkListener())) {
        if (event.seq <= this.#lastSeq) continue;
        if (event.seq > this.#lastSeq + 1) throw new StreamError("The stream lacks an event.");
        this.#accept(event);
        yield event;
        if (this.#ended) return;
      }
    } finally {
      if (!this.#ended) connection.abort();
    }
  }

  async #connect(signal) {
    this.#lastChunkAt = Date.now();
    const response = await (this.runId
      ? withTimeout(SILENCE_TIMEOUT_MS, api.streamEvents(this.runId, this.#lastSeq, signal))
      : this.#source.start(signal));
    this.#setRunId(response.headers.get("x-run-id"));
    if (response.status === 204) throw new RunEnded("There are no more events.");
    return response;
  }

  /** The first chunk only opens the stream; any later one shows that the connection works. */
  #chunkListener() {
    let chunks = 0;
    return () => {
      this.#lastChunkAt = Date.now();
      chunks += 1;
      if (chunks > 1) this.#failures = 0;
    };
  }

  #accept(event) {
    this.#setRunId(event.run_id);
    this.#lastSeq = event.seq;
    this.#ended = TERMINAL_EVENTS.has(event.type);
    this.#failures = 0;
  }

  #setRunId(runId) {
    if (this.runId || !runId) return;
    this.runId = runId;
    this.#resolveRunId(runId);
  }

  /** Resolves to whether this ends the reading; if not, it is time for the next try. */
  async #handleFailure(error) {
    if (!isExpected(error) || (!this.runId && error instanceof api.ApiError)) throw error;
    if (isRetryable(error)) return this.#waitToRetry(error);
    try {
      const shown = await this.#source.reload();
      return shown || (await this.#waitToRetry(new StreamError("The run is live.")));
    } catch (reloadError) {
      if (!isExpected(reloadError)) throw reloadError;
      return this.#waitToRetry(reloadError);
    }
  }

  async #waitToRetry(error) {
    if (this.#reconnectNow) {
      this.#reconnectNow = false;
      return this.left;
    }
    this.#failures += this.runId && !navigator.onLine ? 0 : 1;
    const failures = this.#failures;
    if (!this.runId && failures >= this.#maxStartAttempts) throw new api.NetworkError();
    const givesUp = !isRetryable(error) || failures > MAX_RECONNECTS;
    if (givesUp) this.#source.view.showDisconnected(() => this.#retryOnRequest(), error);
    else this.#source.view.showReconnecting();
    await this.#sleep(givesUp ? null : this.#delay(failures));
    return this.left;
  }

  #delay(failures) {
    return this.runId ? reconnectDelay(failures) : backoffDelay(failures);
  }

  /** Waits so many milliseconds, or forever where that is null, unless woken. */
  async #sleep(milliseconds) {
    let timer = 0;
    await new Promise((resolve) => {
      this.#wake = resolve;
      if (milliseconds !== null) timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    this.#wake = null;
  }

  #retryOnRequest() {
    this.#failures = 0;
    this.#source.view.showReconnecting();
    this.retryNow();
  }

  #resumed(connectionsLost) {
    if (this.#wake) {
      this.retryNow();
      return;
    }
    if (!connectionsLost && Date.now() - this.#lastChunkAt < STALE_AFTER_MS) return;
    this.#reconnectNow = true;
    this.#connection?.abort();
  }
}

function isRetryable(error) {
  if (error instanceof api.ApiError) return RETRYABLE_STATUSES.has(error.status);
  return !(error instanceof RunEnded);
}

/** Any other error is a mistake in the page. */
function isExpected(error) {
  const types = [api.ApiError, api.NetworkError, StreamError, RunEnded];
  return error.name === "AbortError" || types.some((type) => error instanceof type);
}
