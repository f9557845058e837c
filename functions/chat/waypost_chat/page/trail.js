/** The way that back and forward go along, and a gate on it where something could be lost. */

export class Trail {
  #at = history.state?.at ?? 0;
  #moved;
  #gate;

  /**
   * `moved()` is called when the address is another one. `gate()` is called before, and resolves
   * to whether the reader wants to leave; null where nothing stands against it.
   */
  constructor({ moved, gate }) {
    this.#moved = moved;
    this.#gate = gate;
    history.replaceState({ at: this.#at }, "");
    addEventListener("popstate", () => this.#popped());
  }

  /** Goes to an address, if that is still wanted. */
  async to(address) {
    const asking = this.#gate(address);
    if (asking && !(await asking)) return;
    this.push(address);
    this.#moved();
  }

  /** What is shown has an address of its own now. */
  push(address) {
    history.pushState({ at: (this.#at += 1) }, "", address);
  }

  /** What is shown is to be found under another address. */
  replace(address) {
    history.replaceState({ at: this.#at }, "", address);
  }

  /** A link inside the page makes an entry without a number: it comes after the one it was on. */
  async #popped() {
    if (history.state?.at === undefined) history.replaceState({ at: this.#at + 1 }, "");
    const step = history.state.at - this.#at;
    if (step === 0) return;
    const asking = this.#gate(location.hash);
    if (!asking) return this.#arrived(step);
    history.go(-step);
    if (await asking) history.go(step);
  }

  #arrived(step) {
    this.#at += step;
    this.#moved();
  }
}
