/** Server-sent events over `fetch`, which unlike EventSource can POST and report a broken stream. */

/** Heartbeats come every 15 seconds; after three missing ones the connection is dead. */
export const SILENCE_TIMEOUT_MS = 47_000;

/** The stream broke off, went silent or was malformed. */
export class StreamError extends Error {}

/**
 * Yields the events of a response, parsed from their data lines. `onChunk()` is called with each
 * chunk that arrives, heartbeats too.
 *
 * Returns when the response ends, which need not be the end of the run. Throws StreamError.
 */
export async function* readEvents(response, onChunk) {
  const reader = response.body.getReader();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await withTimeout(
        SILENCE_TIMEOUT_MS,
        reader.read().catch(throwStreamError),
      );
      if (done) return;
      onChunk();
      yield* parser.push(value);
    }
  } finally {
    drain(reader);
  }
}

/** Parses events from bytes, wherever those were split. */
class EventParser {
  #decoder = new TextDecoder();
  #incomplete = "";

  /** The events that these bytes complete. */
  push(bytes) {
    const text = this.#incomplete + this.#decoder.decode(bytes, { stream: true });
    const frames = text.split("\n\n");
    this.#incomplete = frames.pop();
    return frames.map(dataOf).filter(Boolean).map(parseJson);
  }
}

/** What `promise` resolves to. Throws StreamError where that takes longer. */
export function withTimeout(milliseconds, promise) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new StreamError("The stream went silent.")), milliseconds);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

/** Reads the rest, so that the connection can be used for the next request. */
async function drain(reader) {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The connection was lost: there is nothing to reuse.
  }
}

function throwStreamError(error) {
  throw new StreamError(error.message);
}

/** The data of one frame; comments and other fields are ignored. */
function dataOf(frame) {
  return frame
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line[5] === " " ? 6 : 5))
    .join("\n");
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new StreamError("The stream has an event that is not JSON.");
  }
}
