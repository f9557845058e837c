/** The button and list to choose who answers: the router, or one agent. */

import { agentName, rememberNames } from "./agent_names.js";
import { listAgents } from "./agents_api.js";
import { Combobox } from "./combobox.js";
import { errorNotice } from "./notices.js";
import { assignToThread, selectAgent, selectedAgent } from "./selected_agents.js";

const AUTOMATIC = {
  value: null,
  name: "Automatic",
  description: "Waypost decides which agent can answer the question.",
};
const canHover = matchMedia("(hover: hover)").matches;

export class AgentPicker {
  #root = document.getElementById("agent-picker");
  #button = document.getElementById("agent-picker-button");
  #panel = document.getElementById("agent-picker-panel");
  #search = document.getElementById("agent-search");
  #error = document.getElementById("agent-picker-error");
  #combobox = new Combobox(this.#search, document.getElementById("agent-options"), (agentId) =>
    this.#select(agentId),
  );
  #agents = null;
  #threadId = null;
  #callbacks;

  /** `callbacks.showNote(text)` shows a message beside the question. */
  constructor(callbacks) {
    this.#callbacks = callbacks;
    this.#button.addEventListener("click", () => this.#setOpen(this.#panel.hidden));
    this.#root.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#root.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.#root.contains(relatedTarget)) this.#setOpen(false);
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!this.#root.contains(target)) this.#setOpen(false);
    });
    this.selectThread(null);
  }

  /** The id of the selected agent; null for the router's choice. */
  get agentId() {
    return selectedAgent(this.#threadId);
  }

  /** Shows the agent of the thread that is open now; null is a thread that does not exist yet. */
  selectThread(threadId) {
    this.#threadId = threadId;
    this.#dropDeletedAgent();
  }

  /** The thread that did not exist yet has its id. */
  threadCreated(threadId) {
    assignToThread(threadId);
    this.selectThread(threadId);
  }

  /** Reads the list of agents. */
  async refresh() {
    try {
      this.#setAgents((await listAgents()).agents);
    } catch (error) {
      const retry = ["Try again", () => this.refresh()];
      const element = errorNotice(error, "The agents could not be listed.", [retry]);
      this.#error.replaceChildren(element);
    }
  }

  #setAgents(agents) {
    rememberNames(agents);
    this.#agents = agents;
    this.#error.replaceChildren();
    this.#dropDeletedAgent();
    if (!this.#panel.hidden) this.#combobox.updateItems(this.#items());
  }

  /** Goes back to the router where the selected agent does not exist any more. */
  #dropDeletedAgent() {
    const deleted = this.agentId !== null && this.#agents?.every(({ id }) => id !== this.agentId);
    if (deleted) {
      const name = agentName(this.agentId);
      selectAgent(this.#threadId, null);
      this.#callbacks.showNote(`The agent “${name}” no longer exists. The router decides again.`);
    }
    this.#renderButton();
  }

  #renderButton() {
    const name = this.agentId ? agentName(this.agentId) : AUTOMATIC.name;
    this.#button.querySelector(".name").textContent = name;
    this.#button.setAttribute("aria-label", `Agent: ${name}`);
    this.#button.classList.toggle("selected", this.agentId !== null);
  }

  #select(agentId) {
    selectAgent(this.#threadId, agentId);
    this.#renderButton();
    this.#setOpen(false);
    (canHover ? document.getElementById("input") : this.#button).focus();
  }

  #handleKey(event) {
    if (this.#panel.hidden) {
      this.#handleKeyWhenClosed(event);
      return;
    }
    if (event.key === "Escape") {
      this.#setOpen(false);
      this.#button.focus();
    } else if (event.target !== this.#search || !this.#combobox.handleKey(event)) return;
    event.preventDefault();
  }

  #handleKeyWhenClosed(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.#setOpen(true);
  }

  #setOpen(open) {
    if (open !== this.#panel.hidden) return;
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.#search.value = "";
    this.#combobox.show(this.#items(), this.agentId);
    this.refresh();
    if (canHover) this.#search.focus();
  }

  #items() {
    const agents = (this.#agents ?? []).map(({ id, name, description, routed }) => ({
      value: id,
      name,
      description,
      tag: !routed && "not routed",
    }));
    return [AUTOMATIC, ...agents];
  }
}
