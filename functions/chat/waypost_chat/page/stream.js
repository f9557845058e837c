/** Server-Sent Events over `fetch`: a POST can stream too, and a cut can be told from an end. */

/** Heartbeats come every 15 seconds; when three are missing the connection is dead. */
export const LONGEST_SILENCE = 47_000;

/** The stream broke off, went silent or was not what it should be. */
export class Cut extends Error {}

/**
 * The events of a response, as the JSON of their data lines. `heard()` is called with each piece
 * that arrives, heartbeats too.
 *
 * Returns where the response ends, which is no sign that the run did: see whether the last event
 * was a terminal one. Throws Cut.
 */
export async function* events(response, heard) {
  const reader = response.body.getReader();
  const frames = new Frames();
  try {
    for (;;) {
      const { done, value } = await within(LONGEST_SILENCE, reader.read().catch(cut));
      if (done) return;
      heard();
      yield* frames.push(value);
    }
  } finally {
    drain(reader);
  }
}

/** Joins bytes to frames, wherever they were split, be it inside a character. */
export class Frames {
  #decoder = new TextDecoder();
  #rest = "";

  /** The events that these bytes complete. */
  push(bytes) {
    const blocks = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n\n");
    this.#rest = blocks.pop();
    return blocks.map(data).filter(Boolean).map(parsed);
  }
}

/** What `promise` resolves to. Throws Cut where that takes longer. */
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Cut("The stream went silent.")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Reads to the end what nobody wants any more: the connection then serves the next request. */
async function drain(reader) {
  try {
    while (!(await reader.read()).done);
  } catch {
    // It was broken off: so it is over, too.
  }
}

function cut(error) {
  throw new Cut(error.message);
}

/** The data of one frame; comments and fields of no use here are passed over. */
function data(block) {
  return block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line[5] === " " ? 6 : 5))
    .join("\n");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Cut("The stream holds an event that is not JSON.");
  }
}
