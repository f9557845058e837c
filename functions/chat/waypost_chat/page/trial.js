/** Questions to one agent, to see how it answers. Each is a thread of its own. */

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h, icon } from "./dom.js";
import { Follower } from "./scroll.js";
import { welcome } from "./welcome.js";

const canHover = matchMedia("(hover: hover)").matches;

export class Trial {
  element;
  #conversation;
  #composer;
  #follower;
  #note = h("p", { class: "note", hidden: true });
  #about = h("span");
  #unsaved;

  /** `unsaved()` says whether the form holds changes; `began()` is told of each new thread. */
  constructor(agent, { unsaved, began }) {
    this.#unsaved = unsaved;
    const form = composerFor(agent);
    this.#composer = new Composer(form, this.#note, {
      ask: (question) => this.#ask(question),
      stop: () => this.stop(),
    });
    this.#conversation = new Conversation({
      agent: () => agent.id,
      began,
      busy: (is) => (this.#composer.busy(is), this.#follower.follow(is)),
      refused: (question) => this.#composer.restore(question),
      held: (question) => this.#composer.restore(question),
      noted: (text) => this.#composer.note(text),
      opened: () => {},
      empty: () => this.#empty(agent),
    });
    const end = h(
      "button",
      { type: "button", class: "onward", hidden: true },
      icon("down"),
      "To the end",
    );
    const scroller = h("div", { class: "scroller", tabindex: -1 }, this.#conversation.element);
    const dock = h("div", { class: "dock" }, end, this.#note, form);
    this.element = h("div", { class: "part" }, scroller, dock);
    this.#follower = new Follower(scroller, this.#conversation.element, end);
    this.#conversation.begin();
  }

  get busy() {
    return this.#conversation.busy;
  }

  /** Shown again: the form may have changed meanwhile. */
  opened(version) {
    const waiting = this.#unsaved();
    this.#about.textContent = `Version ${version} answers, and nothing but it.`;
    this.#composer.note(waiting ? "Your unsaved changes are not in it: save them first." : "");
    if (canHover) this.#composer.focus();
  }

  stop() {
    return this.#conversation.stop();
  }

  leave() {
    this.#conversation.begin();
  }

  #ask(question) {
    if (!this.busy) this.#conversation.threadId = null;
    const answered = this.#conversation.ask(question);
    this.#follower.toEnd();
    return answered;
  }

  #empty({ name, examples }) {
    const said = { title: `Ask ${name}`, about: this.#about };
    return welcome(examples, (text) => this.#ask(text), said);
  }
}

function composerFor({ name }) {
  const input = h("textarea", { id: "try-input", rows: 1, placeholder: `Ask ${name}` });
  const send = h("button", { type: "submit", class: "send" });
  const label = h("label", { class: "unseen", for: "try-input" }, `Your question to ${name}`);
  const row = h("div", { class: "row end" }, send);
  return h("form", { class: "composer" }, label, h("div", { class: "box" }, input, row));
}
