/** Idempotency keys: a request that is sent again has the key that it had. */

export class IdempotencyKeys {
  #request = "";
  #key = "";

  /** The key of a request that consists of these values: the last one's where it is the same. */
  keyFor(...values) {
    const request = JSON.stringify(values);
    if (request !== this.#request) this.#key = randomKey();
    this.#request = request;
    return this.#key;
  }

  /** The request was successful: the same one counts as new. */
  forget() {
    this.#request = "";
  }
}

/** 128 random bits; `randomUUID` is missing on pages over plain HTTP from another machine. */
function randomKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
