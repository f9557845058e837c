/** An agent's form with its buttons: saving, discarding, and what to do when saving fails. */

import { sameDefinition } from "./agent_definition.js";
import { AgentForm } from "./agent_form.js";
import { createAgent, listAgents, restoreAgent, saveAgent } from "./agents_api.js";
import { ApiError } from "./api.js";
import { announce, h } from "./dom.js";
import { conflictNotice, deletedNotice } from "./edit_conflict.js";
import { fieldErrors } from "./field_errors.js";
import { formatAge } from "./format.js";
import { errorNotice, notice } from "./notices.js";

const NOT_SAVED = "The agent was not saved.";

export class AgentEditor {
  element;
  #form;
  #agent;
  #callbacks;
  #notices = h("div", { class: "form-notices" });
  #state = h("span", { class: "state", role: "status" });
  #saveButton = h("button", { type: "submit", class: "primary", form: "agent-form" }, "Save");
  #discardButton = h("button", { type: "button" }, "Discard changes");
  #saving = false;

  /**
   * `catalog` is the API's list of agents, with `allowed` and `may_write`, and the `schema` of
   * their fields; `agent` is null for a new one. `callbacks.saved(agent)` is called with what was
   * stored.
   */
  constructor(catalog, agent, callbacks) {
    this.#agent = agent;
    this.#callbacks = callbacks;
    const editable = catalog.may_write;
    this.#form = new AgentForm(catalog, agent, { readOnly: !editable });
    this.#form.element.id = "agent-form";
    const log = h("div", { class: "log" }, this.#notices, this.#form.element);
    const bar = h("div", { class: "save-bar" }, this.#state, this.#discardButton, this.#saveButton);
    this.element = h(
      "div",
      { class: "panel" },
      h("div", { class: "scroller" }, log),
      editable && h("div", { class: "dock" }, bar),
    );
    if (editable) this.#addListeners();
    else this.#notices.append(notice("info", "Read only: changes require the admin role."));
    this.#updateState();
  }

  get changed() {
    return this.#form.changed;
  }

  /** Shows another version of the agent; unsaved changes are lost. */
  setAgent(agent) {
    this.#agent = agent;
    this.#form.setAgent(agent);
    this.#notices.replaceChildren();
    this.#updateState();
  }

  #addListeners() {
    const form = this.#form.element;
    for (const event of ["input", "change"])
      form.addEventListener(event, () => this.#updateState());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save(this.#agent?.version);
    });
    this.#discardButton.addEventListener("click", () => {
      this.setAgent(this.#agent);
      this.#saveButton.focus();
      announce("Your changes were discarded.");
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (this.changed) form.requestSubmit();
    });
  }

  /** Saves the form as the successor of `version`. */
  async #save(version) {
    if (this.#saving) return;
    this.#notices.replaceChildren();
    this.#form.clearErrors();
    const missing = this.#form.missingFields();
    if (missing.length > 0) {
      this.#form.showErrors(missing);
      return;
    }
    this.#setSaving(true);
    try {
      this.#saved(await this.#send(this.#form.definition(), version));
    } catch (error) {
      this.#handleSaveError(error);
    } finally {
      this.#setSaving(false);
    }
  }

  #send(definition, version) {
    if (!this.#agent) return createAgent(definition);
    return saveAgent(this.#agent.id, definition, version);
  }

  #setSaving(saving) {
    this.#saving = saving;
    this.#saveButton.toggleAttribute("aria-disabled", saving);
    if (saving) this.#state.textContent = "Saving…";
    else if (this.changed) this.#updateState();
  }

  #handleSaveError(error) {
    if (error.code === "version_conflict") {
      this.#showConflict();
      return;
    }
    const errors = error instanceof ApiError ? fieldErrors(error) : [];
    const notShown = this.#form.showErrors(errors);
    if (errors.length > 0 && notShown.length === 0) return;
    this.#showNotice(errorNotice(error, NOT_SAVED));
  }

  /** Somebody else has saved first: shows their version, and keeps the form as it is. */
  async #showConflict() {
    const { id } = this.#agent;
    try {
      const theirs = (await listAgents(true)).agents.find((agent) => agent.id === id);
      if (theirs.deleted) this.#showNotice(deletedNotice(theirs, () => this.#restoreAndSave()));
      else this.#compare(theirs);
    } catch (error) {
      this.#showNotice(errorNotice(error, `${NOT_SAVED} It has been changed in the meantime.`));
    }
  }

  /** It may be the same definition: the response to an earlier save was lost. */
  #compare(theirs) {
    const mine = { ...this.#agent, ...this.#form.definition() };
    if (sameDefinition(theirs, mine)) {
      this.#saved(theirs);
      return;
    }
    const actions = {
      load: () => this.#load(theirs),
      overwrite: () => this.#save(theirs.version),
    };
    this.#showNotice(conflictNotice(this.#agent, theirs, mine, actions));
  }

  async #restoreAndSave() {
    try {
      const { version } = await restoreAgent(this.#agent.id);
      await this.#save(version);
    } catch (error) {
      this.#showNotice(errorNotice(error, "The agent was not restored."));
    }
  }

  #saved(agent) {
    this.setAgent(agent);
    this.#updateState(`Saved as version ${agent.version}`);
    this.#callbacks.saved(agent);
  }

  #load(theirs) {
    this.setAgent(theirs);
    this.#callbacks.saved(theirs);
    announce(`Version ${theirs.version} is shown.`);
  }

  #showNotice(element) {
    this.#notices.replaceChildren(element);
    element.scrollIntoView({ block: "nearest" });
    element.tabIndex = -1;
    element.focus();
  }

  /** Shows `message`, else whether there are unsaved changes, else the version. */
  #updateState(message = "") {
    const { changed } = this;
    const state = changed ? "Unsaved changes" : this.#agent && versionText(this.#agent);
    this.#state.textContent = message || state || "";
    this.#discardButton.hidden = !changed || !this.#agent;
    this.#saveButton.classList.toggle("idle", !changed);
  }
}

function versionText({ id, version, source, created_by: who, created_at: createdAt }) {
  const origin = source === "file" ? "from a file" : `saved by ${who ?? "an unknown user"}`;
  return `${id}, version ${version}, ${origin}, ${formatAge(createdAt)}`;
}
