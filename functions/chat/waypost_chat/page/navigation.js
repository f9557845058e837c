/** Navigation within the page through the browser's history, with a check for unsaved changes. */

export class Navigation {
  /** The position of the current history entry, kept in its state. */
  #position = history.state?.position ?? 0;
  #navigated;
  #confirmLeaving;

  /**
   * `navigated()` is called when the address has changed. `confirmLeaving(url)` is called before;
   * it returns null, or a promise of whether the reader leaves.
   */
  constructor({ navigated, confirmLeaving }) {
    this.#navigated = navigated;
    this.#confirmLeaving = confirmLeaving;
    history.replaceState({ position: this.#position }, "");
    addEventListener("popstate", () => this.#handlePopState());
  }

  /** Goes to an address, unless the reader decides to stay. */
  async go(url) {
    const confirmation = this.#confirmLeaving(url);
    if (confirmation && !(await confirmation)) return;
    this.push(url);
    this.#navigated();
  }

  /** Adds a history entry for what is shown already. */
  push(url) {
    this.#position += 1;
    history.pushState({ position: this.#position }, "", url);
  }

  /** Corrects the address of what is shown. */
  replace(url) {
    history.replaceState({ position: this.#position }, "", url);
  }

  /** A link within the page makes an entry without a position: it follows the current one. */
  async #handlePopState() {
    if (history.state?.position === undefined)
      history.replaceState({ position: this.#position + 1 }, "");
    const offset = history.state.position - this.#position;
    if (offset === 0) return;
    const confirmation = this.#confirmLeaving(location.hash);
    if (!confirmation) {
      this.#position += offset;
      this.#navigated();
      return;
    }
    history.go(-offset);
    if (await confirmation) history.go(offset);
  }
}
