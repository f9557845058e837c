/** One agent's page: its definition, a tab to try it, its versions. */

import { AgentEditor } from "./agent_editor.js";
import { deleteAgent, rollBackAgent } from "./agents_api.js";
import { confirmDialog } from "./confirm.js";
import { h, iconButton } from "./dom.js";
import { errorNotice, notice } from "./notices.js";
import { TryAgentTab } from "./try_agent.js";
import { agentUrl } from "./urls.js";
import { VersionHistory } from "./version_history.js";

const TAB_LABELS = { definition: "Definition", try: "Try it", versions: "Versions" };

export class AgentPage {
  agent;
  element = h("div", { class: "agent-page" });
  #mayWrite;
  #callbacks;
  #tabs;
  #openTab = "definition";
  #links = new Map();
  #notices = h("div", { class: "notices" });

  /**
   * `catalog` as in `AgentEditor`. `callbacks.changed(agent)` is called with every new version,
   * `deleted(agent)` when it was deleted, `runStarted()` when it was tried; `restore(agent)` and
   * `reload()` are done outside.
   */
  constructor(agent, catalog, callbacks) {
    this.agent = agent;
    this.#callbacks = callbacks;
    this.#mayWrite = catalog.may_write;
    const editable = this.#mayWrite && !agent.deleted;
    const definition = new AgentEditor({ ...catalog, may_write: editable }, agent, {
      saved: (newer) => this.#setAgent(newer),
    });
    const tryAgent = new TryAgentTab({
      hasUnsavedChanges: () => this.changed,
      runStarted: () => callbacks.runStarted(),
    });
    const versions = new VersionHistory(agent, {
      mayWrite: this.#mayWrite,
      rollBack: (version) => this.#rollBack(version),
    });
    this.#tabs = { definition, try: tryAgent, versions };
    this.element.append(this.#tabBar(editable), this.#notices);
    for (const tab of Object.values(this.#tabs)) this.element.append(tab.element);
    if (agent.deleted) this.#showDeleted();
  }

  get changed() {
    return this.#tabs.definition.changed;
  }

  /** Shows a tab; the versions with one of them open, if `version` is given. */
  open(tab, version) {
    this.#openTab = this.#links.has(tab) ? tab : "definition";
    for (const [name, { element }] of Object.entries(this.#tabs)) {
      const open = name === this.#openTab;
      element.hidden = !open;
      if (open) this.#links.get(name)?.setAttribute("aria-current", "page");
      else this.#links.get(name)?.removeAttribute("aria-current");
    }
    if (this.#openTab === "try") this.#tabs.try.open(this.agent);
    if (this.#openTab === "versions") this.#tabs.versions.open(this.agent, version);
  }

  /** Stops the run that is being read. */
  stop() {
    return this.#tabs.try.stop();
  }

  /** Reads no further; the run goes on. */
  leave() {
    this.#tabs.try.leave();
  }

  #tabBar(editable) {
    const tabs = Object.keys(TAB_LABELS).filter((tab) => tab !== "try" || !this.agent.deleted);
    const nav = h(
      "nav",
      { class: "tabs", "aria-label": "This agent" },
      tabs.map((tab) => this.#tabLink(tab)),
    );
    const label = `Delete “${this.agent.name}”`;
    const deleteButton = editable && iconButton("bin", label, () => this.#delete());
    return h("div", { class: "tab-bar" }, nav, deleteButton);
  }

  #tabLink(tab) {
    const href = agentUrl(this.agent.id, tab === "definition" ? null : tab);
    const link = h("a", { href }, TAB_LABELS[tab]);
    this.#links.set(tab, link);
    return link;
  }

  #setAgent(agent) {
    this.agent = agent;
    this.#notices.replaceChildren();
    this.#callbacks.changed(agent);
  }

  async #delete() {
    const { id, name, version } = this.agent;
    const confirmed = await confirmDialog({
      title: `Delete “${name}”?`,
      text: "Nobody can ask it any more. Its versions are kept, and it can be restored.",
      confirmLabel: "Delete",
    });
    if (!confirmed) return;
    await this.#attempt("The agent was not deleted.", async () => {
      await deleteAgent(id, version);
      this.#callbacks.deleted(this.agent);
    });
  }

  async #rollBack(version) {
    if (this.changed && !(await confirmDiscard(version))) return;
    await this.#attempt("The agent was not rolled back.", async () => {
      const agent = await rollBackAgent(this.agent.id, version, this.agent.version);
      if (this.agent.deleted) {
        this.#callbacks.reload();
        return;
      }
      this.#tabs.definition.setAgent(agent);
      this.#setAgent(agent);
      const text = `Rolled back: version ${agent.version} has the content of version ${version}.`;
      this.#notices.replaceChildren(notice("info", text));
      if (this.#openTab === "versions") this.#tabs.versions.open(agent, null);
    });
  }

  #showDeleted() {
    const restore = ["Restore", () => this.#callbacks.restore(this.agent)];
    const title = `This agent was deleted in version ${this.agent.version}.`;
    const actions = this.#mayWrite ? [restore] : [];
    this.#notices.replaceChildren(notice("info", title, { actions }));
  }

  async #attempt(failureTitle, action) {
    try {
      await action();
    } catch (error) {
      const reload = ["Reload", () => this.#callbacks.reload()];
      const actions = error.code === "version_conflict" ? [reload] : [];
      this.#notices.replaceChildren(errorNotice(error, failureTitle, actions));
    }
  }
}

function confirmDiscard(version) {
  return confirmDialog({
    title: "Discard your changes?",
    text: `The form has unsaved changes. Version ${version} replaces them.`,
    confirmLabel: "Discard and roll back",
    cancelLabel: "Keep editing",
  });
}
