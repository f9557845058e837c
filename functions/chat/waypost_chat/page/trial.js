/** Questions to one agent, to see how it answers. Each is a thread of its own. */

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h, icon } from "./dom.js";
import { Follower } from "./scroll.js";
import { welcome } from "./welcome.js";

const UNSAVED = "Your unsaved changes are not in it: save them first.";
const canHover = matchMedia("(hover: hover)").matches;

export class Trial {
  element;
  #agent = null;
  #label = h("label", { class: "unseen", for: "try-input" });
  #input = h("textarea", { id: "try-input", rows: 1, autocomplete: "off" });
  #note = h("p", { class: "note", hidden: true });
  #composer;
  #conversation;
  #follower;
  #unsaved;

  /** `unsaved()` says whether the form holds changes; `began()` is told of each new thread. */
  constructor({ unsaved, began }) {
    this.#unsaved = unsaved;
    const form = this.#form();
    this.#composer = new Composer(form, this.#note, {
      ask: (question) => this.#ask(question),
      stop: () => this.stop(),
    });
    this.#conversation = new Conversation({
      agent: () => this.#agent.id,
      began,
      busy: (is) => this.#busy(is),
      refused: (question) => this.#composer.restore(question),
      held: (question) => this.#composer.restore(question),
      noted: (text) => this.#composer.note(text),
      opened: () => {},
      empty: () => this.#empty(),
    });
    const { element } = this.#conversation;
    const end = h("button", { type: "button", class: "onward" }, icon("down"), "To the end");
    const scroller = h("div", { class: "scroller", tabindex: -1 }, element);
    const dock = h("div", { class: "dock" }, end, this.#note, form);
    this.element = h("div", { class: "part" }, scroller, dock);
    this.#follower = new Follower(scroller, element, end);
  }

  /** Shows it for the agent as it is stored now. */
  open(agent) {
    this.#agent = agent;
    this.#label.textContent = `Your question to ${agent.name}`;
    this.#input.placeholder = `Ask ${agent.name}`;
    if (!this.#conversation.element.querySelector(".exchange")) this.#conversation.begin();
    this.#composer.note(this.#unsaved() ? UNSAVED : "");
    if (canHover) this.#composer.focus();
  }

  stop() {
    return this.#conversation.stop();
  }

  /** Reads no further; what is being answered goes on. */
  leave() {
    if (this.#agent) this.#conversation.begin();
  }

  #ask(question) {
    if (!this.#conversation.busy) this.#conversation.threadId = null;
    const answered = this.#conversation.ask(question);
    this.#follower.toEnd();
    return answered;
  }

  #busy(is) {
    this.#composer.busy(is);
    this.#follower.follow(is);
  }

  #empty() {
    const { name, version, examples } = this.#agent;
    const about = `Version ${version} answers, whatever the router would choose.`;
    return welcome(examples, (text) => this.#ask(text), { title: `Ask ${name}`, about });
  }

  #form() {
    const send = h("button", { type: "submit", class: "send" });
    const box = h("div", { class: "box" }, this.#input, h("div", { class: "row end" }, send));
    return h("form", { class: "composer" }, this.#label, box);
  }
}
