/** Where a question is written. Enter sends, Shift+Enter makes a new line. */

import { announce, icon } from "./dom.js";

export class Composer {
  #input;
  #send;
  #note;
  #busy = false;

  /** `note` is where a word is said. `does.ask(question)` and `does.stop()`. */
  constructor(form, note, does) {
    this.#input = form.querySelector("textarea");
    this.#send = form.querySelector(".send");
    this.#note = note;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#busy) does.stop();
      else this.#ask(does);
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.#busy) this.#ask(does);
    });
    this.#input.addEventListener("input", () => this.#fit());
    this.busy(false);
  }

  busy(is) {
    this.#busy = is;
    const label = is ? "Stop" : "Send";
    this.#send.setAttribute("aria-label", label);
    this.#send.title = is ? "Stop (Esc)" : "Send (Enter)";
    this.#send.classList.toggle("stops", is);
    this.#send.replaceChildren(icon(is ? "stop" : "send"));
  }

  focus() {
    this.#input.focus();
  }

  /** Puts a question back, unless another is being written. */
  restore(question) {
    if (!this.#input.value) this.#input.value = question;
    this.#fit();
  }

  /** Puts a question back before whatever is being written, and says why. */
  hold(question, why) {
    this.#input.value = [question, this.#input.value].filter(Boolean).join("\n\n");
    this.#fit();
    this.note(why);
  }

  /** A word on what was wanted here, until the next question; none where `text` is empty. */
  note(text) {
    this.#note.textContent = text;
    this.#note.hidden = !text;
    if (text) announce(text);
  }

  #ask(does) {
    const question = this.#input.value;
    if (!question.trim()) return;
    this.note("");
    this.#input.value = "";
    this.#fit();
    does.ask(question);
  }

  /** As high as its text, up to what the style allows. */
  #fit() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}
