/** Names for requests, so that one that is sent again counts as the same. */

/** Remembers the key of the last thing that was tried until that is `done`. */
export class Keys {
  #tried = "";
  #key = "";

  /** What is tried again has the key that it had. */
  of(...what) {
    const tried = JSON.stringify(what);
    if (tried !== this.#tried) this.#key = unique();
    this.#tried = tried;
    return this.#key;
  }

  done() {
    this.#tried = "";
  }
}

/** 128 random bits. `randomUUID` is missing where the page came over plain HTTP from another machine. */
function unique() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
