/** Follows what is written, for as long as the reader stays at the end. */

const NEAR = 48;

/** `button` leads back to the end and shows only away from it. */
export class Follower {
  #scroller;
  #button;
  #atEnd = true;
  #following = false;

  constructor(scroller, content, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    new ResizeObserver(() => this.#grown()).observe(content);
    button.addEventListener("click", () => this.toEnd());
  }

  toEnd() {
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: "instant" });
  }

  /** Whether something is being written. What was written last is still followed. */
  follow(is) {
    if (is) this.#following = true;
    else requestAnimationFrame(() => requestAnimationFrame(() => (this.#following = false)));
  }

  #grown() {
    if (this.#atEnd && this.#following) this.toEnd();
    this.#look();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.#button.hidden = this.#atEnd;
  }
}
