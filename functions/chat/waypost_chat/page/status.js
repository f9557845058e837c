/** What is going on with an answer that is not finished, in one line. */

import { h } from "./dom.js";

/** What the run does; while it is being stopped that; while it cannot be read that. */
export class Status {
  element = h("p", { class: "status" });
  #doing = "";
  #stopping = "";
  #connection = "";

  /** Afresh, with nothing in the way. */
  begin(doing) {
    this.#stopping = this.#connection = "";
    this.doing(doing);
  }

  doing(text) {
    this.#doing = text;
    this.#show();
  }

  stopping(text) {
    this.#stopping = text;
    this.#show();
  }

  /** Empty where the connection stands. */
  connection(text) {
    this.#connection = text;
    this.#show();
  }

  hide() {
    this.element.hidden = true;
  }

  #show() {
    this.element.textContent = this.#connection || this.#stopping || this.#doing;
    this.element.classList.toggle("waits", this.#connection !== "");
    this.element.hidden = false;
  }
}
