/** Server-Sent Events over `fetch`: a POST can stream too, and a cut can be told from an end. */

/** Heartbeats come every 15 seconds; when three are missing the connection is dead. */
export const LONGEST_SILENCE = 47_000;

/** The stream broke off, went silent or was not what it should be. */
export class Cut extends Error {}

/**
 * The events of a response, as the JSON of their data lines.
 *
 * Returns where the response ends, which is no sign that the run did: see whether the last event
 * was a terminal one. Throws Cut after `silence` milliseconds without a byte.
 */
export async function* events(response, silence = LONGEST_SILENCE) {
  const reader = response.body.getReader();
  const frames = new Frames();
  try {
    for (;;) {
      const { done, value } = await within(silence, reader.read());
      if (done) return;
      yield* frames.push(value);
    }
  } finally {
    reader.cancel().catch(() => {});
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

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Cut("The stream went silent.")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
