/** What is happening with an unfinished answer, in one line. */

import { h } from "./dom.js";

/** Shows the state of the connection, else that the run is being stopped, else its activity. */
export class StatusLine {
  element = h("p", { class: "status-line" });
  #activity = "";
  #stopping = "";
  #connection = "";

  reset(activity) {
    this.#stopping = this.#connection = "";
    this.setActivity(activity);
  }

  setActivity(text) {
    this.#activity = text;
    this.#render();
  }

  setStopping(text) {
    this.#stopping = text;
    this.#render();
  }

  /** Empty while connected. */
  setConnection(text) {
    this.#connection = text;
    this.#render();
  }

  hide() {
    this.element.hidden = true;
  }

  #render() {
    this.element.textContent = this.#connection || this.#stopping || this.#activity;
    this.element.classList.toggle("disconnected", this.#connection !== "");
    this.element.hidden = false;
  }
}
