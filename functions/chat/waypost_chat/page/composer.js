/** The form for a question. Enter sends, Shift+Enter makes a new line. */

import { announce, icon } from "./dom.js";

export class Composer {
  #input;
  #button;
  #note;
  #busy = false;
  #callbacks;

  /** `note` is the element for a short message. `callbacks.ask(question)`, `callbacks.stop()`. */
  constructor(form, note, callbacks) {
    this.#input = form.querySelector("textarea");
    this.#button = form.querySelector(".send");
    this.#note = note;
    this.#callbacks = callbacks;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#busy) callbacks.stop();
      else this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.#busy) this.#submit();
    });
    this.#input.addEventListener("input", () => this.#resize());
    this.setBusy(false);
  }

  /** While a run is read the button stops it. */
  setBusy(busy) {
    this.#busy = busy;
    this.#button.setAttribute("aria-label", busy ? "Stop" : "Send");
    this.#button.title = busy ? "Stop (Esc)" : "Send (Enter)";
    this.#button.classList.toggle("busy", busy);
    this.#button.replaceChildren(icon(busy ? "stop" : "send"));
  }

  focus() {
    this.#input.focus();
  }

  /** Puts a question back, unless another is being typed. */
  restoreQuestion(question) {
    if (!this.#input.value) this.#input.value = question;
    this.#resize();
  }

  /** Puts a question back before what is being typed, with a note on the reason. */
  returnQuestion(question, reason) {
    this.#input.value = [question, this.#input.value].filter(Boolean).join("\n\n");
    this.#resize();
    this.showNote(reason);
  }

  /** Shows a message until the next question; an empty `text` hides it. */
  showNote(text) {
    this.#note.textContent = text;
    this.#note.hidden = !text;
    if (text) announce(text);
  }

  #submit() {
    const question = this.#input.value;
    if (!question.trim()) return;
    this.showNote("");
    this.#input.value = "";
    this.#resize();
    this.#callbacks.ask(question);
  }

  /** As high as its text, up to the maximum height of the style sheet. */
  #resize() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}
