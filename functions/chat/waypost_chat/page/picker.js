/** Who is to answer: the router's choice, or one agent by name. */

import { learn, nameOf } from "./names.js";
import { errorNotice } from "./notices.js";
import { Options } from "./options.js";
import { begun, pick, pickedIn } from "./picks.js";
import * as registry from "./registry.js";

const AUTOMATIC = {
  value: null,
  name: "Automatic",
  about: "Waypost decides which agent can answer the question.",
};
const canHover = matchMedia("(hover: hover)").matches;

export class Picker {
  #root = document.getElementById("picker");
  #button = document.getElementById("pick");
  #panel = document.getElementById("picking");
  #search = document.getElementById("agent-search");
  #problem = document.getElementById("agents-problem");
  #options = new Options(this.#search, document.getElementById("agent-options"), (agentId) =>
    this.#pick(agentId),
  );
  #agents = null;
  #threadId = null;
  #noted;

  /** `noted(text)` says a word beside the question. */
  constructor({ noted }) {
    this.#noted = noted;
    this.#button.addEventListener("click", () => this.#set(this.#panel.hidden));
    this.#root.addEventListener("keydown", (event) => this.#key(event));
    this.#root.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.#root.contains(relatedTarget)) this.#set(false);
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!this.#root.contains(target)) this.#set(false);
    });
    this.select(null);
  }

  /** The id of the agent that is to answer; null for the router's choice. */
  get agent() {
    return pickedIn(this.#threadId);
  }

  /** The thread that is open now; null for one that is not there yet. */
  select(threadId) {
    this.#threadId = threadId;
    this.#check();
  }

  /** The thread that was not there yet has its id. */
  began(threadId) {
    begun(threadId);
    this.select(threadId);
  }

  /** Reads which agents there are. */
  async refresh() {
    try {
      this.know((await registry.agents()).agents);
    } catch (error) {
      const again = ["Try again", () => this.refresh()];
      const said = errorNotice(error, "The agents could not be listed.", [again]);
      this.#problem.replaceChildren(said);
    }
  }

  know(agents) {
    learn(agents);
    this.#agents = agents;
    this.#problem.replaceChildren();
    this.#check();
    if (!this.#panel.hidden) this.#options.renew(this.#items());
  }

  /** Says so where the agent that was picked is there no more. */
  #check() {
    const gone = this.agent !== null && this.#agents?.every(({ id }) => id !== this.agent);
    if (gone) {
      const name = nameOf(this.agent);
      pick(this.#threadId, null);
      this.#noted(`The agent “${name}” is no longer there. Waypost chooses one again.`);
    }
    this.#show();
  }

  #show() {
    const name = this.agent ? nameOf(this.agent) : AUTOMATIC.name;
    this.#button.querySelector(".name").textContent = name;
    this.#button.setAttribute("aria-label", `Agent: ${name}`);
    this.#button.classList.toggle("picked", this.agent !== null);
  }

  #pick(agentId) {
    pick(this.#threadId, agentId);
    this.#show();
    this.#set(false);
    (canHover ? document.getElementById("input") : this.#button).focus();
  }

  #key(event) {
    if (this.#panel.hidden) return this.#opening(event);
    if (event.key === "Escape") {
      this.#set(false);
      this.#button.focus();
    } else if (event.target !== this.#search || !this.#options.key(event)) return;
    event.preventDefault();
  }

  #opening(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.#set(true);
  }

  #set(open) {
    if (open !== this.#panel.hidden) return;
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.#search.value = "";
    this.#options.show(this.#items(), this.agent);
    this.refresh();
    if (canHover) this.#search.focus();
  }

  #items() {
    const known = (this.#agents ?? []).map(({ id, name, description, routed }) => ({
      value: id,
      name,
      about: description,
      tag: !routed && "only when picked",
    }));
    return [AUTOMATIC, ...known];
  }
}
