/** The Agents section of the page: the list, the form for a new agent, or one agent's page. */

import { AgentEditor } from "./agent_editor.js";
import { AgentListView } from "./agent_list.js";
import { AgentPage } from "./agent_page.js";
import { agentSchema } from "./agent_schema.js";
import { findAgent, findDeletedAgent, listAgents, restoreAgent } from "./agents_api.js";
import { announce, h } from "./dom.js";
import { errorNotice, notice } from "./notices.js";
import { AGENTS_URL, agentUrl, sameForm } from "./urls.js";

const CONVERSATION = { name: "conversation" };

export class AgentsView {
  #main = document.getElementById("agents");
  #view = CONVERSATION;
  #loadCount = 0;
  #form = null;
  #page = null;
  #list = new AgentListView({ reload: () => this.#reloadList() });
  #callbacks;

  /**
   * `callbacks.setTitle(title, parentUrl)` names what is shown; `agentsChanged()` is called when
   * an agent was saved or deleted, `runStarted()` when one was tried; `navigate(url)` goes
   * elsewhere and `replaceUrl(url)` corrects the address.
   */
  constructor(callbacks) {
    this.#callbacks = callbacks;
  }

  get hasUnsavedChanges() {
    return Boolean(this.#form?.changed);
  }

  /** Whether going to `view` would lose unsaved changes. */
  wouldLoseChanges(view) {
    return this.hasUnsavedChanges && !sameForm(this.#view, view);
  }

  discardForm() {
    this.#form = null;
  }

  /** Shows the view, or nothing where it is not one of this section. */
  show(view) {
    const staysOnPage = this.#page && sameForm(this.#view, view);
    this.#view = view;
    if (view.name !== "list") this.#list.showNotice("");
    if (view.name === CONVERSATION.name) this.#clear();
    else if (staysOnPage) this.#page.open(view.tab, view.version);
    else this.#load();
  }

  stop() {
    return this.#page?.stop();
  }

  #clear() {
    this.#loadCount += 1;
    this.#page?.leave();
    this.#form = this.#page = null;
    this.#main.replaceChildren();
  }

  async #load() {
    this.#clear();
    const load = this.#loadCount;
    this.#main.setAttribute("aria-busy", "true");
    try {
      const render = await this.#prepare();
      if (load !== this.#loadCount) return;
      this.#main.focus();
      render();
    } catch (error) {
      if (load !== this.#loadCount) return;
      const retry = ["Try again", () => this.#load()];
      this.#showNotice(errorNotice(error, "This could not be opened.", [retry]));
    }
    this.#main.removeAttribute("aria-busy");
  }

  /** Fetches what the view needs, and resolves to a function that renders it. */
  async #prepare() {
    if (this.#view.name === "list") {
      const list = await listAgents(this.#list.includesDeleted);
      return () => this.#showList(list);
    }
    const [list, schema] = await Promise.all([listAgents(), agentSchema()]);
    const catalog = { ...list, schema };
    if (this.#view.name === "new") return () => this.#showNewAgent(catalog);
    const agent = findAgent(list, this.#view.id) ?? (await findDeletedAgent(this.#view.id));
    return () => (agent ? this.#showAgent(agent, catalog) : this.#showNotFound());
  }

  #showList(list) {
    this.#callbacks.setTitle("Agents");
    this.#list.show(list);
    this.#main.replaceChildren(this.#list.element);
  }

  async #reloadList() {
    this.#showList(await listAgents(this.#list.includesDeleted));
  }

  #showNewAgent(catalog) {
    this.#callbacks.setTitle("New agent", AGENTS_URL);
    if (!catalog.may_write) {
      this.#showNotice(notice("info", "Creating agents requires the admin role."));
      return;
    }
    this.#form = new AgentEditor(catalog, null, { saved: (agent) => this.#agentCreated(agent) });
    this.#main.replaceChildren(this.#form.element);
  }

  #showAgent(agent, catalog) {
    const { id, tab, version } = this.#view;
    if (id !== agent.id) this.#replaceAlias(agent);
    this.#callbacks.setTitle(agent.name, AGENTS_URL);
    this.#form = this.#page = new AgentPage(agent, catalog, {
      changed: (newer) => this.#agentChanged(newer),
      deleted: (last) => this.#agentDeleted(last),
      runStarted: () => this.#callbacks.runStarted(),
      restore: (last) => this.#restore(last),
      reload: () => this.#load(),
    });
    this.#main.replaceChildren(this.#page.element);
    this.#page.open(tab, version);
  }

  /** The address names the agent by an alias: it shows the agent's id from now on. */
  #replaceAlias({ id }) {
    const { tab, version } = this.#view;
    this.#view = { ...this.#view, id };
    this.#callbacks.replaceUrl(agentUrl(id, tab, version));
  }

  #showNotFound() {
    this.#callbacks.setTitle("Agent not found", AGENTS_URL);
    const showAll = ["All agents", () => this.#callbacks.navigate(AGENTS_URL)];
    const text = "It may have another id, or belong to another tenant.";
    this.#showNotice(notice("error", "Agent not found.", { text, actions: [showAll] }));
  }

  #agentCreated(agent) {
    this.#form = null;
    announce(`“${agent.name}” was created.`);
    this.#callbacks.agentsChanged();
    this.#callbacks.replaceUrl(agentUrl(agent.id));
    this.show({ name: "agent", id: agent.id, tab: "definition", version: null });
  }

  #agentChanged(agent) {
    this.#callbacks.setTitle(agent.name, AGENTS_URL);
    this.#callbacks.agentsChanged();
  }

  async #agentDeleted(agent) {
    this.#form = null;
    this.#callbacks.agentsChanged();
    const undo = ["Undo", () => this.#restore(agent)];
    this.#list.showNotice(`“${agent.name}” was deleted.`, [undo]);
    announce(`“${agent.name}” was deleted. It can be restored.`);
    await this.#callbacks.navigate(AGENTS_URL);
  }

  async #restore({ id, name }) {
    try {
      await restoreAgent(id);
    } catch (error) {
      this.#showNotice(errorNotice(error, `“${name}” was not restored.`));
      return;
    }
    this.#list.showNotice("");
    announce(`“${name}” was restored.`);
    this.#callbacks.agentsChanged();
    if (this.#view.id === id) this.#load();
    else this.#callbacks.navigate(agentUrl(id));
  }

  #showNotice(element) {
    const log = h("div", { class: "log" }, element);
    this.#main.replaceChildren(h("div", { class: "scroller" }, log));
  }
}
