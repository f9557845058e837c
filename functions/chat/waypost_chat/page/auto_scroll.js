/** Keeps the end of a growing text in view, as long as the reader has not scrolled away. */

const NEAR_END_PX = 48;

/** `button` scrolls back to the end, and is shown only away from it. */
export class AutoScroll {
  #scroller;
  #button;
  #atEnd = true;
  #streaming = false;

  constructor(scroller, content, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#updatePosition(), { passive: true });
    new ResizeObserver(() => this.#contentResized()).observe(content);
    button.addEventListener("click", () => this.scrollToEnd());
  }

  scrollToEnd() {
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: "instant" });
  }

  /** Whether text is being written; what is drawn in the next frame still counts. */
  setStreaming(streaming) {
    if (streaming) {
      this.#streaming = true;
      return;
    }
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.#streaming = false;
      }),
    );
  }

  #contentResized() {
    if (this.#atEnd && this.#streaming) this.scrollToEnd();
    this.#updatePosition();
  }

  #updatePosition() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#button.hidden = this.#atEnd;
  }
}
