/** The tab to try an agent: questions to it alone, each in a thread of its own. */

import { AutoScroll } from "./auto_scroll.js";
import { Composer } from "./composer.js";
import { ConversationView } from "./conversation.js";
import { h, icon } from "./dom.js";
import { welcome } from "./welcome.js";

const UNSAVED = "Your unsaved changes are not included: save them first.";
const canHover = matchMedia("(hover: hover)").matches;

export class TryAgentTab {
  element;
  #agent = null;
  #label = h("label", { class: "visually-hidden", for: "try-input" });
  #input = h("textarea", { id: "try-input", rows: 1, autocomplete: "off" });
  #note = h("p", { class: "composer-note", hidden: true });
  #composer;
  #conversation;
  #autoScroll;
  #callbacks;

  /** `callbacks.hasUnsavedChanges()` of the form; `callbacks.runStarted()`. */
  constructor(callbacks) {
    this.#callbacks = callbacks;
    const form = this.#form();
    this.#composer = new Composer(form, this.#note, {
      ask: (question) => this.#ask(question),
      stop: () => this.stop(),
    });
    this.#conversation = new ConversationView({
      selectedAgent: () => this.#agent.id,
      runStarted: () => callbacks.runStarted(),
      setBusy: (busy) => this.#setBusy(busy),
      questionRejected: (question) => this.#composer.restoreQuestion(question),
      questionPostponed: (question) => this.#composer.restoreQuestion(question),
      showNote: (text) => this.#composer.showNote(text),
      threadOpened: () => {},
      welcome: () => this.#welcome(),
    });
    const { element } = this.#conversation;
    const toEnd = h(
      "button",
      { type: "button", class: "scroll-to-end" },
      icon("down"),
      "Scroll to the end",
    );
    const scroller = h("div", { class: "scroller", tabindex: -1 }, element);
    const dock = h("div", { class: "dock" }, toEnd, this.#note, form);
    this.element = h("div", { class: "panel" }, scroller, dock);
    this.#autoScroll = new AutoScroll(scroller, element, toEnd);
  }

  /** Shows the tab for the agent as it is stored now. */
  open(agent) {
    this.#agent = agent;
    this.#label.textContent = `Your question to ${agent.name}`;
    this.#input.placeholder = `Ask ${agent.name}`;
    if (!this.#conversation.element.querySelector(".exchange")) this.#conversation.startNew();
    this.#composer.showNote(this.#callbacks.hasUnsavedChanges() ? UNSAVED : "");
    if (canHover) this.#composer.focus();
  }

  stop() {
    return this.#conversation.stop();
  }

  /** Reads no further; the run goes on. */
  leave() {
    if (this.#agent) this.#conversation.startNew();
  }

  #ask(question) {
    if (!this.#conversation.busy) this.#conversation.threadId = null;
    const answered = this.#conversation.ask(question);
    this.#autoScroll.scrollToEnd();
    return answered;
  }

  #setBusy(busy) {
    this.#composer.setBusy(busy);
    this.#autoScroll.setStreaming(busy);
  }

  #welcome() {
    const { name, version, examples } = this.#agent;
    const text = `Version ${version} answers; the router is not asked.`;
    return welcome(examples, (question) => this.#ask(question), { title: `Ask ${name}`, text });
  }

  #form() {
    const send = h("button", { type: "submit", class: "send" });
    const actions = h("div", { class: "composer-actions end" }, send);
    const box = h("div", { class: "composer-box" }, this.#input, actions);
    return h("form", { class: "composer" }, this.#label, box);
  }
}
